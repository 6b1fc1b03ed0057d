// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "monitor/send_signal.hpp"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/pidfd.hpp"

namespace ttmem::monitor {

Sent send_signal(inventory::Inventory& inventory, const KillRequest& request) {
    const pid_t pid = request.process.pid;
    if (pid <= 1) {
        return {false, "there is no such process to send to"};
    }
    const auto name = std::find_if(offered_signals().begin(), offered_signals().end(),
                                   [&](const Signal& signal) { return signal.number == request.signal; });
    // The descriptor first, then the question whether it is the process that was seen: whatever comes later cannot
    // change which process the descriptor means.
    const UniqueFd process = open_pidfd(pid);
    const int open_error = errno;
    const std::shared_ptr<const api::Model> model = inventory.refresh();
    const bool there = std::any_of(model->processes.begin(), model->processes.end(), [&](const api::Process& seen) {
        return seen.pid_visible && api::counts(seen.state) && key_of(seen) == request.process;
    });
    if (!there) {
        return {false, "process " + std::to_string(pid) + " is gone: nothing was sent"};
    }
    long result = -1;
    if (process.valid()) {
        result = syscall(SYS_pidfd_send_signal, process.get(), request.signal, nullptr, 0);
    } else if (open_error == ENOSYS) {  // Linux before 5.3
        result = kill(pid, request.signal);
    } else {
        errno = open_error;
    }
    if (result != 0) {
        return {false, "process " + std::to_string(pid) + ": " + std::strerror(errno)};
    }
    return {true, std::string("sent SIG") + name->name + " to process " + std::to_string(pid)};
}

}  // namespace ttmem::monitor
