// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The hooks' state of a thread, all on one cache line: an op of tt-metal evicts most lines between two of our calls, so
// the cost of a hook is the number of lines it touches.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "tt_metal/release/foreign.hpp"

namespace ttmem::tt_metal {

struct AllocatorFacts;
struct RingsOfManager;

// A stretch of L1 that an allocation of this thread took: address and size.
using Mark = std::pair<uint64_t, uint64_t>;

// Zero as a thread begins.
struct alignas(64) HookThread {
    // The last allocator that the thread asked for (allocators.hpp).
    const Allocator* allocator = nullptr;
    uint64_t allocator_stamp = 0;  // client::ForkPage::hooks_stamp
    const AllocatorFacts* allocator_facts = nullptr;

    const void* size_answer = nullptr;   // where the thread's last answer about a size was (hook_allocator.cpp)
    RingsOfManager* rings = nullptr;     // of the manager that was published last (config_rings.cpp)
    std::vector<Mark>* marks = nullptr;  // what an allocation of circular buffers marks, while it runs
    uint32_t enqueues = 0;               // workloads that the thread is enqueuing
    uint32_t own_enqueues = 0;           // of them, counted at a shard of its own (hook_program.cpp)
    bool making_handles = false;         // the handles of a MeshBuffer that owns its memory are being made
    bool loading_binaries = false;       // kernels' binaries go into DRAM: a buffer allocated meanwhile holds them
    bool named = false;                  // a NameScope names what the thread allocates
    bool saving_rings = false;           // a trace capture begins: what the rings held is saved, not pushed out
    bool peak_passed_over = false;       // an allocator was not asked for its largest free block (peak_pace.hpp)
};
static_assert(sizeof(HookThread) == 64);

// Initial-exec, as the client's own state: reached without a call into the loader.
extern __attribute__((tls_model("initial-exec"))) thread_local constinit HookThread hook_thread;

}  // namespace ttmem::tt_metal
