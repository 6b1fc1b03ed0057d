// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The library in this process that writes its ledger: libtt_alloc_hooks.so, however it came in (LD_PRELOAD, the switch,
// ttmem.enable()), or libtt_alloc_client.so of a program that reports by itself. Called through what it exports
// (tt_alloc/client.h, "what this process asks of itself"); it is never unloaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "tt_alloc/client.h"

namespace ttmem::python {

struct Loaded {
    uint64_t (*generation)() = nullptr;
    int32_t (*device)() = nullptr;
    uint32_t (*allocators)(int32_t, tt_alloc_own_allocator*, uint32_t) = nullptr;
    void (*totals)(uint32_t, uint32_t, tt_alloc_own_totals_t*) = nullptr;
    void (*extremes)(uint32_t, uint32_t, tt_alloc_own_extremes_t*) = nullptr;  // null in a library of before ABI 5
    uint64_t (*restart_peak)(uint32_t, uint32_t) = nullptr;
    uint64_t (*read_ledger)(uint64_t, void*, uint64_t) = nullptr;
    const char* (*ledger_path)() = nullptr;
    uint32_t (*name_context)(const char*) = nullptr;
    uint32_t (*set_context)(uint32_t) = nullptr;
    uint32_t (*label_buffer)(uint64_t, const char*) = nullptr;     // null in a library of before ABI 5
    uint64_t (*step)(const char*) = nullptr;                       // null in a library of before ABI 6
    int (*name_operations)(const char*, char*, size_t) = nullptr;  // of the hooks alone; null in an earlier one
    // Functions of the hooks alone; null elsewhere. 0 done, else the message says why not.
    int (*enable)(char*, size_t) = nullptr;
    int (*disable)(char*, size_t) = nullptr;
    int (*state)() = nullptr;  // of the hooks alone: 0 not decided, 1 this process is tracked, 2 it is not
};

// The one that has a ledger, else the hooks, else the client; null when none is there. The GIL is held.
const Loaded* loaded();

// Path of the hooks library in this process; empty when it is not there.
std::string hooks_path();

// Whether a libtt_metal.so is loaded.
bool tt_metal_is_loaded();

// Loads the hooks library into the global scope, ahead of what is loaded later. Throws std::runtime_error.
void load_hooks(const std::string& path);

}  // namespace ttmem::python
