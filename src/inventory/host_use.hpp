// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Reads what a process takes of its host from /proc (proc(5)). Safe when the process ends meanwhile. Thread safe.
#pragma once

#include <sys/types.h>

#include <string_view>

#include "model/host_use.hpp"

namespace ttmem::inventory {

// Two small reads. Nothing is known of a process that is gone or hidden from us.
api::HostUse read_host_use(pid_t pid);
// From the texts of /proc/PID/status (VmSize, VmSwap, Threads) and /proc/PID/stat (fields 14 and 15).
api::HostUse parse_host_use(std::string_view status, std::string_view stat);

}  // namespace ttmem::inventory
