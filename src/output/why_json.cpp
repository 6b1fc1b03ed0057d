// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "base/saturate.hpp"
#include "output/json.hpp"
#include "output/json_values.hpp"
#include "output/l1_json.hpp"
#include "output/why_course.hpp"
#include "output/why_text.hpp"
#include "output/why_words.hpp"

namespace ttmem::output {

namespace {

using analysis::Why;
using api::Json;
using api::or_null;
using api::text_or_null;

Json holder_json(const analysis::HeldBy& holder) {
    return {{"scope", text_or_null(holder.scope)},
            {"operation", text_or_null(holder.operation)},
            {"place", text_or_null(holder.place)},
            {"tensor", text_or_null(holder.tensor)},
            {"buffers", holder.buffers > 0 ? Json(holder.buffers) : Json(nullptr)},
            {"bytes", holder.bytes}};
}

Json bank_json(const analysis::BankMap& bank) {
    Json free = Json::array();
    for (const api::FreeBlock& block : bank.free) {
        free.push_back({{"address", block.address}, {"bytes", block.bytes}});
    }
    return {{"base_address", bank.base_address},
            {"bytes", bank.bytes},
            {"top_down", bank.top_down},
            {"free", std::move(free)}};
}

Json peak_json(const analysis::ShownPeak& peak) {
    return {{"bytes", peak.bytes},
            {"shown_bytes", peak.shown_bytes},
            {"left_out_bytes", peak.left_out_bytes},
            {"still_held", peak.still_held}};
}

Json advice_json(const api::Model& model, const Why& why, const analysis::Advice& advice) {
    Json buffers = nullptr;
    if (!advice.buffers.empty()) {
        buffers = Json::array();
        for (const api::BufferIndex index : advice.buffers) {
            buffers.push_back(model.buffers[index].id);
        }
    }
    return {{"action", analysis::to_string(advice.action)},
            {"sentence", advice_sentence(model, why, advice)},
            {"bytes", advice.bytes},
            {"option", text_or_null(advice.option)},
            {"buffers", std::move(buffers)}};
}

}  // namespace

Json why_json(const api::Model& model, const Why& why) {
    const api::Failure* failure = why.failure ? &model.failures[*why.failure] : nullptr;
    const api::Bytes free = why.free_bytes_per_bank && why.banks
                                ? api::Bytes(saturating_product(*why.free_bytes_per_bank, *why.banks))
                                : std::nullopt;
    Json json{
        {"schema", api::kSchema},
        {"verdict", analysis::to_string(why.verdict)},
        {"sentence", why_sentence(model, why)},
        {"time_ns", failure != nullptr ? failure->time_ns : model.time_ns},
        {"pid", why.process ? or_null(model.processes[*why.process].pid) : Json(nullptr)},
        {"state", why.process ? Json(to_string(model.processes[*why.process].state)) : Json(nullptr)},
        {"number", failure != nullptr ? Json(failure->number) : Json(nullptr)},
        {"devices", why.devices},
        {"kind", why.kind ? Json(to_string(*why.kind)) : Json(nullptr)},
        {"scope", failure != nullptr ? api::scope_or_null(failure->context, model) : Json(nullptr)},
        {"operation", failure != nullptr ? text_or_null(failure->operation) : Json(nullptr)},
        {"stack", failure != nullptr ? api::stack_or_null(failure->context, model) : Json(nullptr)},
        {"handled", failure != nullptr ? or_null(failure->handled) : Json(nullptr)},
        {"exception", failure != nullptr ? text_or_null(failure->exception) : Json(nullptr)},
        {"wanted_bytes", or_null(why.wanted_bytes)},
        {"wanted_bytes_per_bank", or_null(why.wanted_bytes_per_bank)},
        {"banks", or_null(why.banks)},
        {"free_bytes", or_null(free)},
        {"free_bytes_per_bank", or_null(why.free_bytes_per_bank)},
        {"largest_free_bytes_per_bank", or_null(why.largest_free_bytes_per_bank)},
        {"limit_bytes", or_null(why.limit_bytes)},
        {"missing_bytes", or_null(why.missing_bytes)},
        {"cores", failure != nullptr && !failure->cores.empty() ? api::cores_json(failure->cores) : Json(nullptr)},
        {"holders_known", why.holders_known},
        {"holders_then", (why.failure || why.peak) && why.holders_known ? Json(why.holders_then) : Json(nullptr)},
        {"holders_changed", why.failure && why.living ? Json(why.changed) : Json(nullptr)},
        {"fits_now", why.failure && why.living ? Json(why.fits_now) : Json(nullptr)}};
    json["bank"] = why.bank ? bank_json(*why.bank) : Json(nullptr);
    json["holders"] = Json::array();
    for (const analysis::HeldBy& holder : why.holders) {
        json["holders"].push_back(holder_json(holder));
    }
    json["categories"] = categories_json(why);
    json["course"] = course_json(why);
    json["advice"] = Json::array();
    for (const analysis::Advice& advice : why.advice) {
        json["advice"].push_back(advice_json(model, why, advice));
    }
    json["peak"] = why.peak ? peak_json(*why.peak) : Json(nullptr);
    json["picture"] = nullptr;
    json["buffers"] = nullptr;
    if (why.frozen) {
        const api::Process& process = model.processes[*why.process];
        json["picture"] = {{"time_ns", model.time_ns},
                           {"one_moment", process.one_moment},
                           {"unlisted_buffers", process.unlisted_buffers}};
        json["buffers"] = Json::array();
        for (const api::Buffer& buffer : model.buffers) {
            json["buffers"].push_back(to_json(buffer, model));
        }
    }
    return json;
}

}  // namespace ttmem::output
