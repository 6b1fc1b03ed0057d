// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "report/process_names.hpp"

namespace ttmem::report {

std::string allocator_name(const recording::RecordedProcess& process, uint32_t allocator) {
    std::string text;
    if (process.facts && allocator < process.facts->allocators.size()) {
        for (const uint32_t device : process.facts->allocators[allocator].devices) {
            text += (text.empty() ? "device " : ",") + std::to_string(process.facts->devices[device].logical_id);
        }
    }
    return text.empty() ? "allocator " + std::to_string(allocator) : text;
}

uint64_t pid_of(const recording::RecordedProcess& process) {
    return process.facts ? process.facts->pid : process.number;
}

}  // namespace ttmem::report
