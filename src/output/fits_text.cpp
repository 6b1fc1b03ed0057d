// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/fits_text.hpp"

#include <algorithm>
#include <string>

#include "model/device_names.hpp"
#include "output/json.hpp"
#include "output/json_values.hpp"
#include "output/text.hpp"
#include "output/why_text.hpp"
#include "output/why_words.hpp"

namespace ttmem::output {

namespace {

using analysis::Fit;
using analysis::TensorQuestion;
using api::Json;
using api::or_null;
using monitor::exact_bytes;
using monitor::human_bytes;
using monitor::Lines;
using monitor::Style;

constexpr size_t kNameColumns = 16;  // of the figures

std::string place_text(const api::Model& model, const Fit& fit, api::MemoryKind kind, bool on_empty_board) {
    const api::Allocator& allocator = model.allocators[fit.allocator];
    const std::string where = kind_name(kind) + " of ";
    if (on_empty_board) {
        return where + "an empty " + model.devices[fit.device].board;
    }
    const std::string devices = (allocator.devices.size() == 1 ? "device " : "devices ") +
                                api::DeviceNames(model).labels(allocator.devices, monitor::kUnknown);
    const std::optional<int>& pid = model.processes[allocator.process].pid;
    return where + devices + " (process " + (pid ? std::to_string(*pid) : monitor::kUnknown) + ")";
}

Json answer_json(const api::Model& model, const Fit& fit, bool on_empty_board) {
    const api::Allocator& allocator = model.allocators[fit.allocator];
    const bool has_process = !on_empty_board;
    return {{"fits", fit.address.has_value()},
            {"pid", has_process ? or_null(model.processes[allocator.process].pid) : Json(nullptr)},
            {"devices", has_process ? Json(allocator.devices) : Json(nullptr)},
            {"board", on_empty_board ? Json(model.devices[fit.device].board) : Json(nullptr)},
            {"banks", fit.banks.banks},
            {"bank_bytes", fit.banks.bank_bytes},
            {"wanted_bytes_per_bank", fit.wanted_bytes_per_bank},
            {"taken_bytes_per_bank", fit.taken_bytes_per_bank},
            {"taken_bytes", fit.taken_bytes},
            {"free_bytes_per_bank", fit.free_bytes_per_bank},
            {"largest_free_bytes_per_bank", fit.largest_free_bytes_per_bank},
            {"address", has_process ? or_null(fit.address) : Json(nullptr)},
            {"why", fit.address ? Json(nullptr) : why_json(model, fit.why)}};
}

}  // namespace

Lines fits_text(const api::Model& model, const TensorQuestion& question, const std::vector<Fit>& fits,
                bool on_empty_board, size_t width) {
    Lines lines;
    for (const Fit& fit : fits) {
        if (!lines.empty()) {
            lines.emplace_back("");
        }
        const std::string place = place_text(model, fit, question.kind, on_empty_board);
        add_wrapped(lines, (fit.address ? "Fits into " : "Does not fit into ") + place + ": " + to_text(question),
                    width, 0, fit.address ? Style::kGood : Style::kError);
        lines.emplace_back("");
        add_figure(lines, "takes",
                   exact_bytes(fit.taken_bytes_per_bank) + " in each of " + std::to_string(fit.banks.banks) + " banks",
                   kNameColumns);
        add_figure(lines, "", exact_bytes(fit.taken_bytes) + " together", kNameColumns);
        add_figure(lines, "free in a bank",
                   exact_bytes(fit.free_bytes_per_bank) + " of " + exact_bytes(fit.banks.bank_bytes), kNameColumns);
        add_figure(lines, "largest hole", exact_bytes(fit.largest_free_bytes_per_bank), kNameColumns);
        if (fit.address && !on_empty_board) {
            add_figure(lines, "would lie at", std::to_string(*fit.address), kNameColumns);
        }
        if (fit.address) {
            continue;
        }
        lines.emplace_back("");
        add_wrapped(lines, why_sentence(model, fit.why), width, 0, Style::kPlain);
        for (const analysis::Advice& advice : fit.why.advice) {
            add_wrapped(lines, "- " + advice_sentence(model, fit.why, advice), width, 0, Style::kPlain);
        }
    }
    const bool in_l1 = question.kind == api::MemoryKind::kL1;
    if (in_l1 && std::any_of(fits.begin(), fits.end(), [](const Fit& fit) { return fit.address.has_value(); })) {
        lines.emplace_back("");
        add_wrapped(lines,
                    "Circular buffers of the next program need room in L1 too: `ttmem l1` says how near they are.",
                    width, 0, Style::kDim);
    }
    return lines;
}

Json fits_json(const api::Model& model, const TensorQuestion& question, const std::vector<Fit>& fits,
               bool on_empty_board) {
    Json json{{"schema", api::kSchema},
              {"fits", !fits.empty() && std::all_of(fits.begin(), fits.end(),
                                                    [](const Fit& fit) { return fit.address.has_value(); })},
              {"kind", to_string(question.kind)}};
    Json tensor{
        {"shape", question.shape},
        {"data_type", question.data_type},
        {"layout", question.tiled ? "tile" : "row_major"},
        {"sharding", question.shard ? Json(to_string(question.shard->sharding)) : Json(nullptr)},
        {"shard_shape",
         question.shard ? Json(std::vector<uint64_t>{question.shard->height, question.shard->width}) : Json(nullptr)}};
    if (!fits.empty()) {
        const analysis::TensorSize& size = fits.front().size;
        tensor["padded_shape"] = size.padded_shape;
        tensor["page_bytes"] = size.page_bytes;
        tensor["pages"] = size.pages;
        tensor["shards"] = size.shards > 0 ? Json(size.shards) : Json(nullptr);
    }
    json["tensor"] = std::move(tensor);
    json["answers"] = Json::array();
    for (const Fit& fit : fits) {
        json["answers"].push_back(answer_json(model, fit, on_empty_board));
    }
    return json;
}

}  // namespace ttmem::output
