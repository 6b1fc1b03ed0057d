// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Fragmentation: what is free in a bank, what still fits, what stands between. Pure.
//
// tt-metal's allocators work in lockstep: what is taken at an address is taken there in each bank, so one bank's free
// blocks are every bank's. A block is free from the end of one buffer to the begin of the next, as ttnn's block table
// has it; sizes are multiples of the alignment because the allocator rounds what it takes up to it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "analysis/allocator_spans.hpp"
#include "analysis/intervals.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

// The stretches of [base, base + bytes) that no interval covers, by address. nullopt when an interval lies outside: the
// intervals are not of this range and nothing can be said.
std::optional<std::vector<api::FreeBlock>> free_blocks(std::vector<Interval> intervals, uint64_t base, uint64_t bytes);

uint64_t largest(const std::vector<api::FreeBlock>& blocks);

// The sums over a list of blocks.
struct FreeSums {
    uint64_t free_bytes = 0;
    uint64_t largest_bytes = 0;
    size_t blocks = 0;
};
// The sums of free_blocks(), without making the list. `taken` as flattened() gives it.
std::optional<FreeSums> free_sums(const std::vector<Interval>& taken, uint64_t base, uint64_t bytes);

// Free space of every open allocator over a device, of each kind it has banks of. Needs Model::buffers. An allocator
// whose buffers do not lie in its banks is left out. Allocators with spans get their sums alone, without blocks.
std::vector<api::FreeSpace> free_spaces(const api::Model& model, api::DeviceIndex device, const SpansOf& spans = {});

// The free blocks of a core's L1 in the banks, by address: for a buffer that lies on this core alone (HYBRID
// allocator). tt-metal keeps clear of a buffer that has one address on some cores (range lockstep) on all the others,
// too (measured with 0.80.0 and 0.81.1), so it is not free anywhere. Empty when no allocator has the device open.
std::vector<api::FreeBlock> free_on_core(const api::Model& model, api::DeviceIndex device, const api::Core& core);

// Cores with the same free L1, where buffers may lie on single cores (a HYBRID allocator has the device open; else
// none).
struct FreeOnCores {
    api::CoreSet cores;
    std::vector<api::FreeBlock> blocks;
};
std::vector<FreeOnCores> free_by_cores(const api::Model& model, api::DeviceIndex device);

// The unit to which the allocator rounds the bytes of a buffer when it places it: its largest alignment of any kind,
// while a page is rounded up to that of its own kind (measured on Wormhole and Blackhole: 32 and 64 in L1 too).
uint32_t block_alignment(const api::Allocator& allocator);

// The largest tensor of such pages that still fits, in bytes as the program counts them (page x number of pages). 0:
// not one page. nullopt when there is no bank or no page size.
//   interleaved   page by page over all banks
//   sharded       a shard of whole pages on each of `cores` cores (at most as many as there are banks)
std::optional<uint64_t> largest_interleaved(const api::FreeSpace& space, uint64_t page_bytes);
std::optional<uint64_t> largest_sharded(const api::FreeSpace& space, uint32_t cores, uint64_t page_bytes);

// The walls between each two neighbours among the `holes` largest free blocks, the one whose removal would give the
// largest block first. `space` with its blocks.
std::vector<api::Wall> walls(const api::Model& model, const api::FreeSpace& space, size_t holes);

}  // namespace ttmem::inventory
