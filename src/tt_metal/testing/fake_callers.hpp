// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A C++ program's calls, by which the made-up libtt_metal.so is asked for buffers.
#pragma once

#include <cstdint>

namespace fake {

// Calls `make` by several ways through exported functions: directly, through templates and operators, recursively, and
// on a thread. It gives the address of a buffer that stays. Prints for each "stack ADDRESS|NAME|NAME": the names of the
// functions that the program went through, innermost first, as it says itself.
void call_by_names(uint64_t (*make)());

}  // namespace fake
