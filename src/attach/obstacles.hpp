// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Reasons why a foreign thread would be dangerous to a process, as far as they can be seen from outside. Asked before
// anything in it is touched.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "attach/memory_image.hpp"

namespace ttmem::attach {

// A seccomp filter on any of its threads other than those that this process has too (a container's): a system call on
// the process's account could kill it. The reason in words; nothing: none.
std::optional<std::string> sandbox_of(pid_t pid);

// A run-time that has to see each thread begin (ThreadSanitizer, MemorySanitizer).
std::optional<std::string> watching_runtime(const MemoryImage& image);

}  // namespace ttmem::attach
