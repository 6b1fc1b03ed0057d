// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The persistent L1 arena: L1 that outlives programs and is in no Buffer (0.81.1: the rings and configuration pages of
// ttnn.experimental.create_prefetcher_pipe_space).
//
// Each allocator has one as a member. How far inside is learned when an allocator is made; in processes where none was
// seen being made (`ttmem attach`) it is the distance of the release that was looked into, if the words there are those
// of an arena with the allocator's own bounds. In a newer release, or one without a version, the allocator is searched
// for such words. Where there are none it is unknown, which stderr says once. What an arena has given out
// is always asked of it, core by core: it knows also what it gave out before tracking began. Cold: an arena changes
// when an application reserves such memory, before its programs run.
#pragma once

#include <vector>

#include "tt_metal/objects/layout.hpp"
#include "tt_metal/release/symbols.hpp"

namespace ttmem::tt_metal {

// While it exists, an arena that this thread makes is the allocator's.
class AllocatorMade {
public:
    explicit AllocatorMade(const Allocator* allocator) noexcept;
    ~AllocatorMade();
    AllocatorMade(const AllocatorMade&) = delete;
    AllocatorMade& operator=(const AllocatorMade&) = delete;

private:
    const Allocator* outer_;
};
void arena_made(const Arena* arena) noexcept;

// nullptr when it is not known how far inside its allocator an arena stands.
const Allocator* allocator_of(const Symbols& symbols, const Arena* arena) noexcept;

// The regions that the allocator's arena has given out, by address, each with its cores. `banks`: the allocator's, by
// type. Throws what foreign functions and containers throw.
std::vector<Region> read_arena(const Symbols& symbols, const Allocator* allocator, const tt_alloc_banks* banks,
                               const std::vector<Chip>& chips);

}  // namespace ttmem::tt_metal
