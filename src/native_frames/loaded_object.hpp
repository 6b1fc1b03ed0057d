// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Where the objects of this process are loaded. Inside native_frames only.
#pragma once

#include <cstdint>

namespace ttmem::native_frames {

struct Extent {
    uintptr_t begin = 0;
    uintptr_t end = 0;  // as begin: nothing
    bool is_program = false;

    bool covers(uintptr_t address) const noexcept { return address >= begin && address < end; }
};

// The object that `address` lies in; empty: in none. Waits for the dynamic loader.
Extent object_at(uintptr_t address) noexcept;

// How many objects were unloaded since the process began. Waits for the dynamic loader.
uint64_t unloads() noexcept;

}  // namespace ttmem::native_frames
