// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string_view>
#include <utility>

#include "analysis/memory_map.hpp"
#include "ask_server.hpp"
#include "commands.hpp"
#include "inventory/inventory.hpp"
#include "model/device_names.hpp"
#include "output/l1_report.hpp"
#include "output/l1_stream.hpp"
#include "output/refusal_list.hpp"
#include "output/text.hpp"
#include "output/write_text.hpp"
#include "output_width.hpp"
#include "replayed.hpp"

namespace ttmem {
namespace {

// The device that `word` names; without a word all devices that some process has open.
Result<std::vector<api::DeviceIndex>> chosen(const api::Model& model, const api::DeviceNames& names,
                                             const std::string& word) {
    if (!word.empty()) {
        const Result<api::DeviceIndex> device = names.choose(word);
        return device ? Result<std::vector<api::DeviceIndex>>(std::vector<api::DeviceIndex>{device.value()})
                      : device.error();
    }
    std::vector<api::DeviceIndex> indexes;
    for (api::DeviceIndex i{0}; i < model.devices.size(); ++i) {
        if (model.devices[i].live_processes > 0) {
            indexes.push_back(i);
        }
    }
    return indexes;
}

bool has_core(const api::Model& model, api::DeviceIndex device, const api::Core& core) {
    const std::vector<api::Core> known = inventory::known_cores(model, device);
    return known.empty() || std::find(known.begin(), known.end(), core) != known.end();
}

}  // namespace

int l1_command(const L1Options& options) {
    ServerAsker server;
    const std::optional<inventory::Settings> settings = settings_of(options.replay, server, "ttmem l1");
    if (!settings) {
        return kExitFailure;
    }
    inventory::Inventory inventory(*settings);
    inventory::Request request;
    request.depth = inventory::Depth::kBuffers;
    request.programs = inventory::ProgramDepth::kPrograms;
    const auto model = inventory.refresh(request);
    if (!server.complaint().empty()) {
        std::fprintf(stderr, "ttmem l1: %s\n", server.complaint().c_str());
        return kExitFailure;
    }
    monitor::L1ReportOptions report;
    const api::DeviceNames names(*model);
    Result<std::vector<api::DeviceIndex>> devices = chosen(*model, names, options.device);
    if (!devices) {
        std::fprintf(stderr, "ttmem l1: %s\n", monitor::printable(devices.error().message).c_str());
        return kExitFailure;
    }
    report.devices = std::move(devices.value());
    report.core = options.core;
    if (options.core) {
        for (const api::DeviceIndex device : report.devices) {
            if (!has_core(*model, device, *options.core)) {
                std::fprintf(stderr, "ttmem l1: device %s has no worker core %u,%u that is known (there are %s)\n",
                             names.label(device).c_str(), options.core->x, options.core->y,
                             monitor::core_text(inventory::known_core_set(*model, device)).c_str());
                return kExitFailure;
            }
        }
    }
    if (options.json) {
        const output::L1Text what{
            .schema = options.schema, .indent = 2, .devices = report.devices, .core = options.core};
        const auto put = [](std::string_view piece) { return monitor::write_text(STDOUT_FILENO, piece); };
        return output::write_l1(*model, what, put) && put("\n") ? 0 : kExitFailure;
    }
    report.width = width_of_output(options.width);
    report.utf8 = output_is_utf8();
    monitor::Lines lines = monitor::l1_report(*model, report);
    if (report.devices.empty()) {
        lines.emplace_back("No device is open: no tracked process has one (ttmem run COMMAND tracks one).");
        const monitor::Lines refusals = output::refusal_list(*model, report.width);
        lines.insert(lines.end(), refusals.begin(), refusals.end());
    }
    for (const std::string& notice : model->notices) {
        lines.emplace_back(monitor::printable(notice), monitor::Style::kWarning);
    }
    return monitor::write_text(STDOUT_FILENO, lines) ? 0 : kExitFailure;
}

}  // namespace ttmem
