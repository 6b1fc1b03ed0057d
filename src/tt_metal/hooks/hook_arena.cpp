// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The persistent L1 arena (arenas.hpp). allocate and deallocate may throw: no room, cores that a program holds already.
#include "tt_metal/objects/allocators.hpp"
#include "tt_metal/objects/arenas.hpp"
#include "tt_metal/release/stand_ins.hpp"
#include "tt_metal/tracking.hpp"

namespace ttmem::tt_metal {
namespace {

void record(const Arena* arena) noexcept {
    const Allocator* allocator = tracking() != nullptr ? allocator_of(symbols(), arena) : nullptr;
    if (allocator != nullptr) {
        arena_changed(allocator);
    }
}

}  // namespace

void arena_created(Arena* arena, uint64_t base, uint64_t limit, const ForeignCoreRanges* grid) {
    originals().arena_created(arena, base, limit, grid);
    arena_made(arena);
}

ArenaAllocation arena_allocate(Arena* arena, const ForeignCoreRanges* cores, uint64_t size, uint64_t alignment) {
    const ArenaAllocation made = originals().arena_allocate(arena, cores, size, alignment);
    record(arena);
    return made;
}

void arena_deallocate(Arena* arena, uint64_t id) {
    originals().arena_deallocate(arena, id);
    record(arena);
}

}  // namespace ttmem::tt_metal
