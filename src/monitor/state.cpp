// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "monitor/state.hpp"

#include <signal.h>

namespace ttmem::monitor {

ProcessKey key_of(const api::Process& process) {
    return {process.pid.value_or(-1), process.start_time_ns.value_or(0)};
}

std::string key_of(const api::Device& device) {
    const std::string kind = device.mock ? "mock " + std::to_string(device.id.value_or(-1)) + " " : "";
    if (device.unique_id && *device.unique_id != 0) {
        return kind + "uid " + std::to_string(*device.unique_id);
    }
    if (device.pci) {
        return kind + *device.pci;
    }
    return kind +
           (device.id ? "id " + std::to_string(*device.id) : "card " + std::to_string(device.kmd_index.value_or(-1)));
}

const std::vector<Signal>& offered_signals() {
    static const std::vector<Signal> kSignals = {
        {SIGTERM, "TERM", "asks it to end"},      {SIGINT, "INT", "as Ctrl-C does"},
        {SIGKILL, "KILL", "ends it at once"},     {SIGSTOP, "STOP", "halts it"},
        {SIGCONT, "CONT", "lets it go on"},       {SIGHUP, "HUP", "its terminal is gone"},
        {SIGQUIT, "QUIT", "ends it with a dump"}, {SIGUSR1, "USR1", "its own meaning"},
        {SIGUSR2, "USR2", "its own meaning"},
    };
    return kSignals;
}

}  // namespace ttmem::monitor
