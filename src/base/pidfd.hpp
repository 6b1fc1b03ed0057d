// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/unique_fd.hpp"

namespace ttmem {

// A descriptor of a process, readable as soon as that has ended. Invalid, with errno: there is no such process, or the
// kernel has none (Linux before 5.3).
inline UniqueFd open_pidfd(pid_t pid) noexcept {
    return UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
}

}  // namespace ttmem
