// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Writes down what a real run looks like, for screens_test: monitor_record_model >models/NAME.json, with
// TT_ALLOC_LEDGER_DIR set to the run's ledgers. Names of this machine are replaced, times are left out of the command.
#include <algorithm>
#include <cstdio>
#include <string>

#include "inventory/inventory.hpp"
#include "monitor/testing/model_archive.hpp"

int main() {
    using namespace ttmem;
    constexpr size_t kMostEvents = 60;
    inventory::Inventory inventory({"", inventory::TelemetryUse::kOff});
    inventory::Request request;
    request.depth = inventory::Depth::kBuffers;
    request.programs = inventory::ProgramDepth::kL1;
    request.events = true;
    api::Model model = *inventory.refresh(request);
    for (api::Process& process : model.processes) {
        process.user = "someone";
        process.ledger.clear();
        process.uid = 1000;
        std::string& command = process.command;
        for (size_t slash = command.find('/'); slash != std::string::npos; slash = command.find('/', slash)) {
            // Folders go, names stay.
            const size_t begin = command.rfind(' ', slash) == std::string::npos ? 0 : command.rfind(' ', slash) + 1;
            const size_t end = std::min(command.find(' ', slash), command.size());
            const size_t last = command.rfind('/', end - 1);
            command.erase(begin, last + 1 - begin);
            slash = begin;
        }
    }
    model.events.erase(model.events.begin(),
                       model.events.end() - static_cast<std::ptrdiff_t>(std::min(model.events.size(), kMostEvents)));
    std::fputs((nlohmann::json(model).dump() + "\n").c_str(), stdout);
    return 0;
}
