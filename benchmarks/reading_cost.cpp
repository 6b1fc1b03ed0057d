// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// What one answer of a reader costs, from the first look at the ledgers to the last character: the commands of ttmem
// without the start of a program. The ledgers are those of TT_ALLOC_LEDGER_DIR (benchmarks/fleet.cpp makes some).
//
//   reading_cost WHAT [REPEATS]     WHAT: snapshot, snapshot-buffers, l1, l1-2 (schema 2), l1-text
//
// Writes one line of JSON: the shortest and the median time in ms, bytes of text, and the most memory in MiB. Each answer is
// made by a new inventory, as a command that is started makes it.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "inventory/inventory.hpp"
#include "output/json.hpp"
#include "output/l1_picture.hpp"
#include "output/l1_report.hpp"
#ifndef TTMEM_READING_BEFORE
#include "output/l1_stream.hpp"
#endif

namespace {

using namespace ttmem;
using Clock = std::chrono::steady_clock;

inventory::Settings settings() {
    inventory::Settings settings;
    settings.telemetry = inventory::TelemetryUse::kOff;
    return settings;
}

#ifdef TTMEM_READING_BEFORE
size_t snapshot(bool buffers) {
    inventory::Inventory inventory(settings());
    inventory::Request request;
    request.depth = buffers ? inventory::Depth::kBuffers : inventory::Depth::kSpace;
    request.programs = inventory::ProgramDepth::kL1;
    const auto model = inventory.refresh(request);
    return api::to_json(*model).dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace).size();
}
#else
size_t snapshot(bool buffers) {
    inventory::Inventory inventory(settings());
    inventory::Request request;
    request.depth = buffers ? inventory::Depth::kRows : inventory::Depth::kSpace;
    request.programs = inventory::ProgramDepth::kL1;
    const auto model = inventory.refresh(request);
    api::EachRow rows;
    if (buffers) {
        rows = [&](const api::RowTaker& take) {
            for (size_t process = 0; process < model->processes.size(); ++process) {
                inventory.each_buffer(process, take);
            }
        };
    }
    size_t bytes = 0;
    api::write_json(*model, 2, rows, api::json_after_buffers(*model), [&](std::string_view piece) {
        bytes += piece.size();
        return true;
    });
    return bytes;
}
#endif

std::shared_ptr<const api::Model> model_for_l1(inventory::Inventory& inventory) {
    inventory::Request request;
    request.depth = inventory::Depth::kBuffers;
    request.programs = inventory::ProgramDepth::kPrograms;
    return inventory.refresh(request);
}

size_t l1_text() {
    inventory::Inventory inventory(settings());
    const auto model = model_for_l1(inventory);
    monitor::L1ReportOptions options;
    for (size_t i = 0; i < model->devices.size(); ++i) {
        options.devices.push_back(i);
    }
    size_t bytes = 0;
    for (const monitor::Line& line : monitor::l1_report(*model, options)) {
        bytes += line.text().size() + 1;
    }
    return bytes;
}

#ifdef TTMEM_READING_BEFORE
size_t l1_json(int /*schema*/) {
    inventory::Inventory inventory(settings());
    const auto model = model_for_l1(inventory);
    nlohmann::ordered_json all{{"schema", api::kSchema}, {"time_ns", model->time_ns}};
    all["devices"] = nlohmann::ordered_json::array();
    for (size_t i = 0; i < model->devices.size(); ++i) {
        all["devices"].push_back(inventory::l1_picture(*model, i, std::nullopt));
    }
    all["notices"] = model->notices;
    return all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace).size();
}
#else
size_t l1_json(int schema) {
    inventory::Inventory inventory(settings());
    const auto model = model_for_l1(inventory);
    output::L1Text what{.schema = schema, .indent = 2, .devices = {}, .core = std::nullopt};
    for (size_t i = 0; i < model->devices.size(); ++i) {
        what.devices.push_back(i);
    }
    size_t bytes = 0;
    output::write_l1(*model, what, [&](std::string_view piece) {
        bytes += piece.size();
        return true;
    });
    return bytes;
}
#endif

}  // namespace

int main(int argc, char** argv) {
    const std::string_view what = argc > 1 ? argv[1] : "";
    const int repeats = argc > 2 ? std::atoi(argv[2]) : 1;
    std::vector<double> took;
    size_t bytes = 0;
    for (int i = 0; i < repeats; ++i) {
        const auto begin = Clock::now();
        bytes = what == "snapshot"           ? snapshot(false)
                : what == "snapshot-buffers" ? snapshot(true)
                : what == "l1"               ? l1_json(1)
                : what == "l1-2"             ? l1_json(2)
                : what == "l1-text"          ? l1_text()
                                             : 0;
        took.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    }
    if (bytes == 0) {
        std::fprintf(stderr, "reading_cost: the top of benchmarks/reading_cost.cpp says what it takes\n");
        return 2;
    }
    std::sort(took.begin(), took.end());
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::printf("{\"what\": \"%s\", \"ms\": %.1f, \"median_ms\": %.1f, \"bytes\": %zu, \"most_mib\": %.0f}\n",
                std::string(what).c_str(), took.front(), took[took.size() / 2], bytes,
                static_cast<double>(usage.ru_maxrss) / 1024);
    return 0;
}
