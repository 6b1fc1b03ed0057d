// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Recorded processes and their allocators in the words that exports have for them. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "recording/reader.hpp"

namespace ttmem::report {

// "device 0", "device 0,1": where an allocator is; "allocator 3" where the recording does not say.
std::string allocator_name(const recording::RecordedProcess& process, uint32_t allocator);
// The pid, or the number within the file where it is not known.
uint64_t pid_of(const recording::RecordedProcess& process);

}  // namespace ttmem::report
