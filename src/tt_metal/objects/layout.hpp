// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The regions of a core's L1 and of a DRAM bank beside buffers, from address 0 on. Cold: read when a mesh opens.
//
//   L1     firmware and mailboxes | kernel-config ring | what the allocator hands out | L1_SMALL
//   DRAM   barrier and profiler   | what the allocator hands out                      | trace
//   and whole cores in no bank, because they run dispatch or because the allocator leaves them out; and what the
//   persistent L1 arena gave out (arenas.hpp)
//
// Each region has a source of its own, none is the remainder of others: where a source is missing in a release,
// so is the region, and a reader finds the gap.
#pragma once

#include <vector>

#include "tt_alloc/client.h"
#include "tt_metal/objects/devices.hpp"
#include "tt_metal/release/foreign.hpp"

namespace ttmem::tt_metal {

struct Region {
    tt_alloc_region description{};  // without allocator, device and cores
    std::vector<tt_alloc_core_range> cores;
    size_t chip = SIZE_MAX;  // which chip of the allocator's; SIZE_MAX: all
};

// The regions of an allocator with these banks on these chips. Throws what foreign functions throw.
std::vector<Region> read_layout(const Symbols& symbols, const Allocator* allocator, const tt_alloc_banks* banks,
                                const std::vector<Chip>& chips);

// Describes a region to the client. Gives its handle, 0 when it is not taken; the same for a region described before.
uint64_t describe_region(const Region& region, uint32_t allocator, const std::vector<Chip>& chips) noexcept;

}  // namespace ttmem::tt_metal
