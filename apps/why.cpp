// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/why.hpp"

#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "ask_server.hpp"
#include "commands.hpp"
#include "inventory/inventory.hpp"
#include "output/text.hpp"
#include "output/why_text.hpp"
#include "output/write_text.hpp"
#include "output_width.hpp"

namespace ttmem {
namespace {

// The newest process of this number.
std::optional<size_t> find_process(const api::Model& model, int pid) {
    for (size_t i = 0; i < model.processes.size(); ++i) {
        if (model.processes[i].pid == pid) {
            return i;
        }
    }
    return std::nullopt;
}

}  // namespace

int why_command(const WhyOptions& options) {
    ServerAsker server;
    inventory::Inventory inventory(server.settings(inventory::TelemetryUse::kOff));
    inventory::Request request;
    request.depth = inventory::Depth::kBuffers;
    request.programs = inventory::ProgramDepth::kPrograms;
    const auto model = inventory.refresh(request);
    if (!server.complaint().empty()) {
        std::fprintf(stderr, "ttmem why: %s\n", server.complaint().c_str());
        return kExitFailure;
    }
    std::optional<size_t> process;
    if (options.pid) {
        process = find_process(*model, *options.pid);
        if (!process) {
            std::fprintf(stderr, "ttmem why: no process %d is tracked, and none of that number ended lately\n",
                         *options.pid);
            return kExitFailure;
        }
    }
    const analysis::Why why = analysis::explain_latest(*model, process);
    monitor::Lines lines;
    if (options.json) {
        nlohmann::ordered_json all = output::why_json(*model, why);
        all["notices"] = model->notices;
        lines.emplace_back(all.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    } else {
        lines = output::why_text(*model, why, width_of_output(options.width));
        for (const std::string& notice : model->notices) {
            lines.emplace_back(monitor::printable(notice), monitor::Style::kWarning);
        }
    }
    return monitor::write_text(STDOUT_FILENO, lines) ? 0 : kExitFailure;
}

}  // namespace ttmem
