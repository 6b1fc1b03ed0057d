// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The cost of one answer of a reader, from the first look at the ledgers to the last character: the commands of ttmem
// and the pages of the server without starting a program and without a socket. The ledgers are those of
// TT_ALLOC_LEDGER_DIR (benchmarks/fleet.cpp makes some).
//
//   reading_cost WHAT [REPEATS]
//
// WHAT: snapshot, snapshot-buffers, l1, l1-2 (schema 2), l1-text: each answer by a new inventory, as a command that is
//       started makes it.
//       metrics (the text alone, of a model that is there), buffers-first (the first page of 1000 rows that a server
//       makes), buffers-again (the same page again), refresh (totals, a second after those before): by an inventory
//       that stays, as those of the server and the monitor do.
//       totals: of a new inventory, as the monitor's first frame.
//
// Writes one line of JSON: processor time and time by the clock of the median answer in ms, bytes of text, and the most
// memory of the process in MiB. Compiled with TTMEM_READING_BEFORE it also builds at commits before the answers were
// streamed (b79bf82), and gives the answers as those made them.
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "inventory/inventory.hpp"
#include "output/json.hpp"
#include "output/l1_picture.hpp"
#include "output/l1_report.hpp"
#include "output/prometheus.hpp"
#ifndef TTMEM_READING_BEFORE
#include "output/buffer_json.hpp"
#include "output/l1_stream.hpp"
#endif

namespace {

using namespace ttmem;
using Answer = std::function<size_t()>;  // gives the bytes of its text; of totals and refresh the number of processes

constexpr size_t kPageRows = 1000;

inventory::Settings settings() {
    inventory::Settings settings;
    settings.telemetry = inventory::TelemetryUse::kOff;
    return settings;
}

std::shared_ptr<const api::Model> model_for_l1(inventory::Inventory& inventory) {
    inventory::Request request;
    request.depth = inventory::Depth::kBuffers;
    request.programs = inventory::ProgramDepth::kPrograms;
    return inventory.refresh(request);
}

inventory::Request request_for_snapshot(inventory::Depth depth) {
    inventory::Request request;
    request.depth = depth;
    request.programs = inventory::ProgramDepth::kL1;
    return request;
}

#ifdef TTMEM_READING_BEFORE
size_t snapshot(bool buffers) {
    inventory::Inventory inventory(settings());
    const auto model =
        inventory.refresh(request_for_snapshot(buffers ? inventory::Depth::kBuffers : inventory::Depth::kSpace));
    return api::to_json(*model).dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace).size();
}

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

// As the server did: a copy for the socket's clients, one for what the viewer may see, and a look at every row.
size_t buffers_page(inventory::Inventory& inventory) {
    const api::Model model = *inventory.refresh({.depth = inventory::Depth::kBuffers});
    const api::Model own = model;
    size_t matching = 0;
    std::string rows;
    for (const api::Buffer& buffer : own.buffers) {
        if (matching++ < kPageRows) {
            rows += ",\n" + api::to_json(buffer, own).dump();
        }
    }
    return rows.size();
}
#else
size_t snapshot(bool buffers) {
    inventory::Inventory inventory(settings());
    const auto model =
        inventory.refresh(request_for_snapshot(buffers ? inventory::Depth::kRows : inventory::Depth::kSpace));
    api::EachRow rows;
    if (buffers) {
        rows = [&](const api::RowTaker& take) {
            for (api::ProcessIndex process{0}; process < model->processes.size(); ++process) {
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

size_t l1_json(int schema) {
    inventory::Inventory inventory(settings());
    const auto model = model_for_l1(inventory);
    output::L1Text what{.schema = schema, .indent = 2, .devices = {}, .core = std::nullopt};
    for (api::DeviceIndex i{0}; i < model->devices.size(); ++i) {
        what.devices.push_back(i);
    }
    size_t bytes = 0;
    output::write_l1(*model, what, [&](std::string_view piece) {
        bytes += piece.size();
        return true;
    });
    return bytes;
}

size_t buffers_page(inventory::Inventory& inventory) {
    const auto model = inventory.refresh({.depth = inventory::Depth::kRows});
    const inventory::BufferPage page = inventory.page(*model, {.limit = kPageRows});
    size_t bytes = 0;
    {
        output::TextRoom to([&](std::string_view piece) {
            bytes += piece.size();
            return true;
        });
        api::BufferJson row(page.model, -1, 0);
        for (const api::Buffer& buffer : page.model.buffers) {
            to.put(",\n");
            row.put(buffer, to);
        }
    }
    return bytes;
}
#endif

size_t l1_text() {
    inventory::Inventory inventory(settings());
    const auto model = model_for_l1(inventory);
    monitor::L1ReportOptions options;
    for (size_t i = 0; i < model->devices.size(); ++i) {
        options.devices.emplace_back(i);
    }
    size_t bytes = 0;
    for (const monitor::Line& line : monitor::l1_report(*model, options)) {
        bytes += line.text().size() + 1;
    }
    return bytes;
}

// Empty: not one of ours.
Answer answer_of(std::string_view what) {
    static const std::map<std::string_view, Answer> kCommands = {
        {"snapshot", [] { return snapshot(false); }},
        {"snapshot-buffers", [] { return snapshot(true); }},
        {"l1", [] { return l1_json(1); }},
        {"l1-2", [] { return l1_json(2); }},
        {"l1-text", [] { return l1_text(); }},
        {"totals",
         [] {
             inventory::Inventory inventory(settings());
             return inventory.refresh()->processes.size();
         }},
    };
    if (const auto found = kCommands.find(what); found != kCommands.end()) {
        return found->second;
    }
    if (what == "buffers-first") {
        return [] {
            inventory::Inventory inventory(settings());
            return buffers_page(inventory);
        };
    }
    const auto inventory = std::make_shared<inventory::Inventory>(settings());
    if (what == "buffers-again") {
        buffers_page(*inventory);
        return [inventory] { return buffers_page(*inventory); };
    }
    if (what == "refresh") {
        inventory->refresh();
        return [inventory] { return inventory->refresh()->processes.size(); };
    }
    if (what == "metrics") {
        return [model = inventory->refresh()] { return server::metrics_text(*model, {}, {}).size(); };
    }
    return nullptr;
}

double ms_of(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
    const std::string what = argc > 1 ? argv[1] : "";
    const int repeats = argc > 2 ? std::atoi(argv[2]) : 1;
    const Answer answer = answer_of(what);
    if (answer == nullptr || repeats < 1) {
        std::fprintf(stderr, "reading_cost: the top of benchmarks/reading_cost.cpp says what it takes\n");
        return 2;
    }
    std::vector<double> worked;
    std::vector<double> took;
    size_t bytes = 0;
    for (int i = 0; i < repeats; ++i) {
        if (what == "refresh") {
            sleep(1);
        }
        const double work = ms_of(CLOCK_PROCESS_CPUTIME_ID);
        const double begin = ms_of(CLOCK_MONOTONIC);
        bytes = answer();
        took.push_back(ms_of(CLOCK_MONOTONIC) - begin);
        worked.push_back(ms_of(CLOCK_PROCESS_CPUTIME_ID) - work);
    }
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::printf("{\"what\": \"%s\", \"cpu_ms\": %.3f, \"ms\": %.3f, \"bytes\": %zu, \"most_mib\": %.0f}\n",
                what.c_str(), median(worked), median(took), bytes, static_cast<double>(usage.ru_maxrss) / 1024);
    return 0;
}
