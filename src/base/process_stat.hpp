// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Two facts of /proc that name a process for good: when it started and which pid namespace it lives in.
#pragma once

#include <cstdint>

namespace ttmem {

// Field 22 of /proc/PID/stat (pid 0: this process), in clock ticks since boot; 0 when there is no such process or /proc
// is not to be read. Async-signal-safe but for errno, which is kept.
uint64_t process_start_ticks(int pid) noexcept;

// Inode of this process's pid namespace, 0 unknown.
uint64_t own_pid_namespace() noexcept;

// Whole small file into `to` (terminated). Bytes read, 0 when it cannot be read. errno is kept.
unsigned read_small_file(const char* path, char* to, unsigned size) noexcept;

}  // namespace ttmem
