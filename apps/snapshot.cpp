// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "snapshot.hpp"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>

#include "analysis/holders.hpp"
#include "analysis/observed_peaks.hpp"
#include "ask_server.hpp"
#include "commands.hpp"
#include "inventory/ended_buffers.hpp"
#include "inventory/inventory.hpp"
#include "output/ended_table.hpp"
#include "output/json.hpp"
#include "output/l1_picture.hpp"
#include "output/lines.hpp"
#include "output/text.hpp"
#include "output/write_text.hpp"
#include "replayed.hpp"

namespace ttmem {

namespace {

volatile std::sig_atomic_t interrupted = 0;

constexpr std::chrono::milliseconds kBetweenLooks{10};  // a ring keeps what a busy program allocates in some 50 ms

// The most that is held from now on for so many seconds, or until Ctrl-C (another one then ends the program).
inventory::ObservedPeaks observe(inventory::Inventory& inventory, double seconds) {
    inventory::ObservedPeaks peaks;
    inventory::Request request;
    request.events = true;
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                                                            std::chrono::duration<double>(seconds));
    struct sigaction action {};
    action.sa_handler = [](int) { interrupted = 1; };
    action.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(SIGINT, &action, nullptr);
    do {
        peaks.add(*inventory.refresh(request));
        std::this_thread::sleep_for(kBetweenLooks);
    } while (interrupted == 0 && std::chrono::steady_clock::now() < end);
    return peaks;
}

// The rows of buffers: the model's own where it lists them, else those of the ledgers, which are not copied.
api::EachRow rows_of(const inventory::Inventory& inventory, const api::Model& model) {
    if (model.buffers_listed) {
        return [&model](const api::RowTaker& take) { api::each_row(model, take); };
    }
    return [&inventory, processes = model.processes.size()](const api::RowTaker& take) {
        for (api::ProcessIndex process{0}; process < processes; ++process) {
            inventory.each_buffer(process, take);
        }
    };
}

// As the rows of "buffers", each with the state of its process.
nlohmann::ordered_json ended_json(const api::Model& ended) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const api::Buffer& buffer : ended.buffers) {
        nlohmann::ordered_json row = api::to_json(buffer, ended);
        row["state"] = api::to_string(ended.processes[buffer.process].state);
        rows.push_back(std::move(row));
    }
    return rows;
}

bool write_json_text(const api::Model& model, const api::EachRow& rows, const nlohmann::ordered_json& after) {
    const auto put = [](std::string_view piece) { return monitor::write_text(STDOUT_FILENO, piece); };
    return api::write_json(model, 2, rows, after, put) && put("\n");
}

int print_snapshot(const SnapshotOptions& options, bool ended_too) {
    ServerAsker server;
    const std::optional<inventory::Settings> settings = settings_of(options.replay, server, "ttmem snapshot");
    if (!settings) {
        return kExitFailure;
    }
    inventory::Inventory inventory(*settings);
    const std::optional<inventory::GroupBy> by = inventory::group_by(options.group_by);
    inventory::Request request;
    // As JSON the list is written row by row, without one of the model's own.
    request.depth = by                ? inventory::Depth::kBuffers
                    : options.buffers ? options.json ? inventory::Depth::kRows : inventory::Depth::kBuffers
                                      : inventory::Depth::kSpace;
    request.programs = inventory::ProgramDepth::kL1;
    std::optional<inventory::ObservedPeaks> peaks;
    if (options.observe_seconds > 0) {
        peaks = observe(inventory, options.observe_seconds);
        request.events = true;  // those since the last look
    }
    const auto model = inventory.refresh(request);
    if (!server.complaint().empty()) {
        std::fprintf(stderr, "ttmem snapshot: %s\n", server.complaint().c_str());
        return kExitFailure;
    }
    if (peaks) {
        peaks->add(*model);
    }
    monitor::Lines lines;
    if (options.json) {
        nlohmann::ordered_json after = api::json_after_buffers(*model);
        if (by) {
            after["group_by"] = inventory::to_string(*by);
            after["groups"] = inventory::holders_json(inventory::holders(*model, *by), *model);
        }
        if (ended_too) {
            const api::Model ended = inventory::ended_buffers(*model);
            after["ended_buffers"] = ended_json(ended);
            for (const std::string& notice : ended.notices) {
                std::fprintf(stderr, "ttmem snapshot: %s\n", monitor::printable(notice).c_str());
            }
        }
        if (peaks) {
            after["observed"] = inventory::observed_json(*peaks, *model);
        }
        return write_json_text(*model, options.buffers ? rows_of(inventory, *model) : nullptr, after) ? 0
                                                                                                      : kExitFailure;
    } else {
        lines = by ? monitor::holder_table(*model, *by) : monitor::snapshot_table(*model);
        if (ended_too) {
            const monitor::Lines more = monitor::ended_table(inventory::ended_buffers(*model));
            lines.insert(lines.end(), more.begin(), more.end());
        }
        if (peaks) {
            const monitor::Lines more = monitor::observed_table(*model, *peaks);
            lines.insert(lines.end(), more.begin(), more.end());
        }
    }
    return monitor::write_text(STDOUT_FILENO, lines) ? 0 : kExitFailure;
}

}  // namespace

int snapshot_command(const SnapshotOptions& options) {
    return print_snapshot(options, false);
}

int snapshot_command_with_ended(const SnapshotOptions& options) {
    return print_snapshot(options, true);
}

}  // namespace ttmem
