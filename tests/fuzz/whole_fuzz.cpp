// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Whole valid files in which single fields have extreme values, taken the whole way: a ledger, one of upstream's counter
// files and the history's file through reader, inventory, analysis, every output and the server's answers. The other
// targets break the form of what is read; here the form is right and the figures are not, so that what is computed from
// them is tested.
//
// An input is a list of changes of 12 bytes each:
//   byte 0      which golden ledger (the first change decides), modulo their number
//   byte 1-3    offset, modulo the file's size; of the history: number of a column
//   byte 4      bits 0-2, width: 0 one byte, 1 two, 2 four, else eight; bits 3-4, the file: 1 counters, 2 history, else
//               the ledger; bit 7: the value is taken from a table of extremes
//   byte 5-11   the value, or (its first byte) its place in the table
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "analysis/fits.hpp"
#include "analysis/why.hpp"
#include "check.hpp"
#include "inventory/inventory.hpp"
#include "inventory/picture_model.hpp"
#include "output/csv.hpp"
#include "output/fits_text.hpp"
#include "output/json.hpp"
#include "output/machine_table.hpp"
#include "output/prometheus.hpp"
#include "output/refusal_list.hpp"
#include "output/why_text.hpp"
#include "whole_parts.hpp"

namespace {

using namespace ttmem;

constexpr uint64_t kExtremes[] = {0,
                                  1,
                                  0x7f,
                                  0xff,
                                  0xffff,
                                  0x7fffffff,
                                  0x80000000,
                                  0xffffffff,
                                  uint64_t{1} << 32,
                                  uint64_t{1} << 40,
                                  uint64_t{1} << 50,
                                  (uint64_t{1} << 50) + 1,
                                  uint64_t{1} << 62,
                                  (uint64_t{1} << 63) - 1,
                                  uint64_t{1} << 63,
                                  ~uint64_t{0} - 1,
                                  ~uint64_t{0}};

std::vector<std::string> read_golden() {
    std::vector<std::string> all;
    for (const auto& entry : std::filesystem::directory_iterator(TTMEM_GOLDEN_FOLDER)) {
        if (entry.path().extension() == ".bin") {
            std::ifstream file(entry.path(), std::ios::binary);
            all.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
        }
    }
    std::sort(all.begin(), all.end());
    check(!all.empty());
    return all;
}

// The valid files, as an input changes them.
struct Changed {
    std::string ledger;
    std::string region;  // empty: there is none
    std::vector<fuzz::HistoryChange> history;
};

void put(std::string& file, size_t offset, uint64_t value, size_t width) {
    std::memcpy(file.data() + offset, &value, std::min<size_t>(width, file.size() - offset));
}

Changed changed(const uint8_t* data, size_t size) {
    static const std::vector<std::string> golden = read_golden();
    Changed all;
    all.ledger = golden[size == 0 ? 0 : data[0] % golden.size()];
    for (size_t at = 0; at + 12 <= size; at += 12) {
        const size_t offset = data[at + 1] | size_t{data[at + 2]} << 8 | size_t{data[at + 3]} << 16;
        const unsigned width = 1u << std::min(data[at + 4] & 7, 3);
        uint64_t value = 0;
        std::memcpy(&value, data + at + 5, 7);
        if (data[at + 4] >= 128) {
            value = kExtremes[data[at + 5] % std::size(kExtremes)];
        }
        switch (data[at + 4] >> 3 & 3) {
            case 1:
                all.region = all.region.empty() ? fuzz::valid_region() : all.region;
                put(all.region, offset % all.region.size(), value, width);
                break;
            case 2:
                all.history.push_back({static_cast<uint32_t>(offset), static_cast<int64_t>(value)});
                break;
            default:
                put(all.ledger, offset % all.ledger.size(), value, width);
        }
    }
    return all;
}

// Checks the invariants of every model, whatever a ledger claims.
void check_model(const api::Model& model) {
    constexpr uint64_t kMost = uint64_t{1} << 51;
    check(model.devices.size() <= 256);
    for (const api::Device& device : model.devices) {
        for (const api::MemoryKind kind : api::kAllMemoryKinds) {
            check(device.memory[kind].allocated_bytes.value_or(0) <= kMost);
            check(device.memory[kind].capacity_bytes.value_or(0) <= kMost);
        }
    }
    for (const api::Process& process : model.processes) {
        for (const api::ProcessDevice& use : process.devices) {
            check(use.device < model.devices.size());
        }
    }
    for (const api::Buffer& buffer : model.buffers) {
        check(buffer.process < model.processes.size());
        for (const api::DeviceIndex device : buffer.devices) {
            check(device < model.devices.size());
        }
    }
}

std::string dumped(const nlohmann::ordered_json& json) {
    return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

void say(const api::Model& model, const analysis::Why& why) {
    check(!output::why_text(model, why, 80).empty());
    check(!dumped(output::why_json(model, why)).empty());
}

// Every explanation, and whether tensors fit: of 64 KiB and more, as `scale` says.
void check_answers(const api::Model& model, unsigned scale) {
    say(model, analysis::explain_latest(model));
    for (size_t i = 0; i < std::min<size_t>(model.failures.size(), 16); ++i) {
        say(model, analysis::explain(model, i));
    }
    for (api::ProcessIndex i; i < std::min<size_t>(model.processes.size(), 4); ++i) {
        say(model, analysis::fullest(model, i));
    }
    check(output::refusal_list(model, 60).empty() == model.failures.empty());
    const uint64_t rows = uint64_t{32} << scale;
    const analysis::TensorQuestion questions[] = {
        {{1, 1, rows, 1024}, "bfloat16", true, api::MemoryKind::kDram, std::nullopt},
        {{rows, 1024}, "float32", true, api::MemoryKind::kL1, std::nullopt},
        {{rows, 1024},
         "float32",
         true,
         api::MemoryKind::kL1Small,
         analysis::Shard{analysis::Sharding::kHeight, rows, 1024}}};
    for (api::DeviceIndex device; device < std::min<size_t>(model.devices.size(), 2); ++device) {
        for (const analysis::TensorQuestion& question : questions) {
            api::Model copy = model;  // fits() adds to it
            if (const auto fits = analysis::fits(copy, device, question)) {
                output::fits_text(copy, question, fits.value(), false, 80);
                check(!dumped(output::fits_json(copy, question, fits.value(), false)).empty());
            }
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const Changed all = changed(data, size);
    const std::string& ledger = all.ledger;
    inventory::Settings settings;
    settings.others = !all.region.empty();
    if (settings.others) {
        settings.region_directory = fuzz::folder_with_region(all.region);
        settings.base_directory = settings.region_directory;  // without ledgers
    }
    settings.telemetry = inventory::TelemetryUse::kOff;
    settings.own = inventory::OwnLedger{"/nowhere/tt_alloc.0/1-0000000000000000.ledger",
                                        [&ledger](uint64_t offset, void* to, uint64_t count) -> int64_t {
                                            if (offset >= ledger.size()) {
                                                return 0;
                                            }
                                            const uint64_t some = std::min<uint64_t>(count, ledger.size() - offset);
                                            std::memcpy(to, ledger.data() + offset, some);
                                            return static_cast<int64_t>(some);
                                        }};
    inventory::Inventory inventory(settings);
    inventory::Request request;
    request.depth = inventory::Depth::kBuffers;
    request.programs = inventory::ProgramDepth::kL1;
    request.events = true;
    const auto model = inventory.refresh(request);
    for (size_t i = 0; i < std::min<size_t>(model->failures.size(), 4); ++i) {
        if (const auto picture = inventory::picture_of(*model, i, &*settings.own)) {
            check_model(picture->model);
            say(picture->model, analysis::explain(picture->model, picture->failure, analysis::Moment::kRefusal));
        }
    }
    check_model(*model);
    check(!api::to_json_text(*model, -1).empty());
    check(!server::metrics_text(*model, {}, {}).empty());
    check(!monitor::one_shot_table(*model, "0").empty());
    for (const char* names : {"device.id,memory.dram.allocated", "process.pid,holds.dram"}) {
        if (const auto query = monitor::Query::parse(names)) {
            check(query.value().rows(*model).size() < (size_t{1} << 30));
        }
    }
    check_answers(*model, size > 1 ? data[1] % 24 : 0);
    if (!all.history.empty() || (size > 0 && data[0] % 16 == 0)) {
        fuzz::keep_in_history(*model, all.history);  // costs ten times the rest
    }
    if (size > 0 && data[0] % 4 == 0) {
        fuzz::ask_server(model);
    }
    return 0;
}
