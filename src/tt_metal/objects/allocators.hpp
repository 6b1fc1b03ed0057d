// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Which of the client's handles belongs to which of tt-metal's allocators.
//
// tt-metal gives a new allocator the address of one that is gone, so an address alone names nothing: an entry lives
// from the first call with an allocator until its destructor, or the constructor of another at that address, is seen.
// Looking one up is lock-free and remembers the last one per thread; adding and removing take a lock (devices opening
// and closing).
#pragma once

#include <cstdint>
#include <vector>

#include "client/tracker.hpp"
#include "tt_alloc/client.h"
#include "tt_metal/hook_thread.hpp"
#include "tt_metal/objects/devices.hpp"
#include "tt_metal/objects/peak_pace.hpp"
#include "tt_metal/release/foreign.hpp"

namespace ttmem::tt_metal {

// The facts of an allocator that a report needs. Valid until the allocator is gone.
struct AllocatorFacts {
    uint32_t handle = TT_ALLOC_NONE;
    uint32_t serial = 0;  // no other allocator of this process has or had it; 0 unknown
    uint32_t banks[TT_ALLOC_BUFFER_TYPES] = {};
    // The allocator takes bytes of a bank in these units: the larger of the alignments of DRAM and L1, a power of two,
    // for every type (measured against get_memory_view in 0.66.0 to 0.81.1: 32 on Wormhole, 64 on Blackhole, where L1's
    // own is 16).
    uint64_t unit = 1;
    // tt-metal's HYBRID mode: buffers may lie on single cores, and pages of L1 are rounded to the unit one by one.
    bool hybrid = false;
    uint32_t device = TT_ALLOC_NONE;  // the client's index of its chip, of a device's own allocator
    mutable PeakPace pace[TT_ALLOC_BUFFER_TYPES];

    // The bytes of a bank that the allocator takes for a buffer that needs `bytes` there.
    uint64_t taken(uint64_t bytes) const noexcept { return (bytes + unit - 1) & ~(unit - 1); }
};

const AllocatorFacts* find_other_allocator(const Allocator* allocator) noexcept;

// The facts of an open allocator, nullptr when it is not known. Only while tracking. Hot.
inline const AllocatorFacts* find_allocator(const Allocator* allocator) noexcept {
    const HookThread& last = hook_thread;
    const uint64_t stamp = client::fork_page->hooks_stamp.load(std::memory_order_acquire);
    if (__builtin_expect(last.allocator == allocator && last.allocator_stamp == stamp, 1)) {
        return last.allocator_facts;
    }
    return find_other_allocator(allocator);
}

// Opens the allocator of a mesh or submesh that has just been opened, describing its chips. Known already: does
// nothing.
void open_mesh(MeshDevice* mesh) noexcept;

// Registers an allocator that was first seen through a buffer on `device`: a sub-device's, or that of a device outside
// any mesh. nullptr when nothing can be said of the device.
const AllocatorFacts* open_for_buffer(Allocator* allocator, Device* device) noexcept;

// Where a buffer lies that was made at an address of the caller's choice: the allocator to name (the newest mesh that
// has the device) and the client's index of the device, TT_ALLOC_NONE for all of a mesh.
struct Place {
    const AllocatorFacts* facts = nullptr;
    uint32_t device = TT_ALLOC_NONE;
};
Place find_place(Device* device) noexcept;

// The client's indexes of some chips of a mesh, in their order; empty when one of them is not known. Throws what
// containers throw.
std::vector<uint32_t> find_chips(const MeshDevice* mesh, const std::vector<Device*>& devices);

// Call when the allocator's persistent L1 arena has given out more or less than before.
void arena_changed(const Allocator* allocator) noexcept;

void clear_allocator(const Allocator* allocator) noexcept;   // everything recorded with it is freed
void forget_allocator(const Allocator* allocator) noexcept;  // and it is closed

// Every allocator that is known, and the end of knowing them (tracking is switched off).
std::vector<Allocator*> known_allocators();
void forget_all_allocators() noexcept;

}  // namespace ttmem::tt_metal
