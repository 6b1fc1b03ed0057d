// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Kernel-config rings: where tt-metal puts the kernels and arguments of launched programs in L1, and its account of
// their use. Every command queue has an array of managers, one for each sub-device (WorkerConfigBufferMgr); each
// manager has a ring for each core type. The rings are followed by the calls to their managers, never by the managers'
// memory: a launch reserves (sizes), frees up to a count of finished workers, and takes what it reserved; a trace
// capture marks everything full.
//
// Threads: tt-metal calls one manager under the lock of its mesh, so what is kept of it needs none.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tt_metal/release/foreign.hpp"

namespace ttmem::tt_metal {

// Collects the managers that are made while a mesh opens on this thread, and ties them to the mesh at the end.
class RingsOfMesh {
public:
    RingsOfMesh() noexcept;
    ~RingsOfMesh();
    RingsOfMesh(const RingsOfMesh&) = delete;
    RingsOfMesh& operator=(const RingsOfMesh&) = delete;

    // The mesh's allocator is known now: its rings are recorded, empty.
    void belong_to(MeshDevice* mesh) noexcept;

private:
    friend void rings_made(const void* managers) noexcept;
    RingsOfMesh* outer_;
    std::vector<const void*> arrays_;
};

// An array of managers is being rebuilt on this thread; ring_made calls for them follow until rings_made.
void rings_begin(const void* managers) noexcept;
void rings_made(const void* managers) noexcept;
void ring_made(const void* manager, uint32_t base, uint32_t bytes) noexcept;

// A launch begins on this thread: prefetches what it will touch of the rings that were published last.
void expect_rings() noexcept;

// A launch, in this order. Sizes by core type.
void ring_reserved(const void* manager, const std::vector<uint32_t>& sizes) noexcept;
void ring_freed(const void* manager, uint32_t up_to) noexcept;
void ring_taken(const void* manager, uint32_t sync) noexcept;

// Everything is taken by something unknown. `is_saved`: what was there was saved before, and comes back.
void ring_marked_full(const void* manager, uint32_t sync, bool is_saved) noexcept;

// The managers' state is copied: saved as a trace begins, brought back as it ends.
void rings_copied(const void* from, const void* to) noexcept;

// Tracking ends: no ring is known any more, until its mesh is opened again. Their records end with their allocators.
void forget_all_rings() noexcept;

// The ring of the worker cores that was made last in this process; none in slow dispatch, which has no rings.
struct RingArea {
    uint64_t base;
    uint64_t bytes;
};
std::optional<RingArea> worker_ring_area() noexcept;

}  // namespace ttmem::tt_metal
