// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/free_blocks.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "analysis/memory_map.hpp"
#include "analysis/rounding.hpp"
#include "model/core_bits.hpp"

namespace ttmem::inventory {
namespace {

using analysis::rounded_up;
using api::BufferKind;
using api::FreeBlock;
using api::FreeSpace;
using api::MemoryKind;

uint64_t joined_bytes(const api::Wall& wall) {
    return wall.above.end() - wall.below.address;
}

}  // namespace

std::optional<std::vector<FreeBlock>> free_blocks(std::vector<Interval> intervals, uint64_t base, uint64_t bytes) {
    const Interval range = make_interval(base, bytes, 1);
    const auto by_begin = [](const Interval& a, const Interval& b) { return a.begin < b.begin; };
    if (!std::is_sorted(intervals.begin(), intervals.end(), by_begin)) {
        std::sort(intervals.begin(), intervals.end(), by_begin);
    }
    std::vector<FreeBlock> blocks;
    uint64_t free_from = range.begin;
    for (const Interval& interval : intervals) {
        if (interval.begin < range.begin || interval.end > range.end) {
            return std::nullopt;
        }
        if (interval.begin > free_from) {
            blocks.push_back({free_from, interval.begin - free_from});
        }
        free_from = std::max(free_from, interval.end);
    }
    if (range.end > free_from) {
        blocks.push_back({free_from, range.end - free_from});
    }
    return blocks;
}

std::optional<FreeSums> free_sums(const std::vector<Interval>& taken, uint64_t base, uint64_t bytes) {
    const Interval range = make_interval(base, bytes, 1);
    if (!taken.empty() && (taken.front().begin < range.begin || taken.back().end > range.end)) {
        return std::nullopt;
    }
    FreeSums sums;
    uint64_t free_from = range.begin;
    const auto free_until = [&](uint64_t end) {
        if (end > free_from) {
            sums.free_bytes += end - free_from;
            sums.largest_bytes = std::max(sums.largest_bytes, end - free_from);
            ++sums.blocks;
        }
    };
    for (const Interval& interval : taken) {
        free_until(interval.begin);
        free_from = interval.end;
    }
    free_until(range.end);
    return sums;
}

uint64_t largest(const std::vector<FreeBlock>& blocks) {
    uint64_t most = 0;
    for (const FreeBlock& block : blocks) {
        most = std::max(most, block.bytes);
    }
    return most;
}

namespace {

// Adds the intervals that a buffer blocks for buffers at one address in every bank: on a HYBRID mesh also those that
// its devices' own allocators have placed on single cores.
void add_taken(const api::Model& model, const api::Buffer& buffer, api::DeviceIndex device,
               std::vector<api::PerKind<std::vector<Interval>>>& taken) {
    const std::optional<MemoryKind> kind = memory_kind(buffer.kind);
    if (!kind || buffer.allocator >= taken.size()) {
        return;
    }
    const std::optional<api::AllocatorIndex> mesh = model.allocators[buffer.allocator].mesh_allocator;
    if (!mesh && !std::binary_search(buffer.devices.begin(), buffer.devices.end(), device)) {
        return;
    }
    std::vector<Interval>& in = taken[mesh && *mesh < taken.size() ? *mesh : buffer.allocator][*kind];
    if (buffer.addresses.empty()) {
        in.push_back(make_interval(buffer.address, buffer.bytes_per_bank, buffer.banks));
    }
    for (const api::AddressOnCore& each : buffer.addresses) {
        in.push_back(make_interval(each.address, buffer.bytes_per_bank, 1));
    }
}

}  // namespace

std::vector<FreeBlock> free_on_core(const api::Model& model, api::DeviceIndex device, const api::Core& core) {
    std::vector<Interval> taken;
    std::optional<api::Banks> banks;
    for (api::AllocatorIndex i{0}; i < model.allocators.size(); ++i) {
        const api::Allocator& allocator = model.allocators[i];
        if (allocator.open && allocator.banks[MemoryKind::kL1] &&
            std::binary_search(allocator.devices.begin(), allocator.devices.end(), device)) {
            banks = banks ? banks : allocator.banks[MemoryKind::kL1];
        }
    }
    for (const api::Buffer& buffer : model.buffers) {
        if (buffer.kind == BufferKind::kL1 && (buffer.lies_on(core) || buffer.addresses.empty()) &&
            std::binary_search(buffer.devices.begin(), buffer.devices.end(), device)) {
            taken.push_back(make_interval(buffer.address_on(core), buffer.bytes_per_bank, 1));
        }
    }
    return banks ? free_blocks(std::move(taken), banks->base_address, banks->bank_bytes)
                       .value_or(std::vector<FreeBlock>())
                 : std::vector<FreeBlock>();
}

std::vector<FreeOnCores> free_by_cores(const api::Model& model, api::DeviceIndex device) {
    const bool hybrid = std::any_of(model.allocators.begin(), model.allocators.end(), [&](const api::Allocator& each) {
        return each.open && each.hybrid && std::binary_search(each.devices.begin(), each.devices.end(), device);
    });
    std::map<std::vector<FreeBlock>, CoreBits> groups;
    for (const api::Core& core : hybrid ? known_cores(model, device) : std::vector<api::Core>()) {
        if (!core_without_bank(model, device, core)) {
            groups[free_on_core(model, device, core)].add(core.x, core.y, core.x, core.y);
        }
    }
    std::vector<FreeOnCores> found;
    for (const auto& [blocks, cores] : groups) {
        found.push_back({cores.ranges(), blocks});
    }
    return found;
}

namespace {

// Of an allocator with spans: sums alone.
bool fill_from_spans(const AllocatorSpans& spans, const api::Banks& banks, FreeSpace& space) {
    static const std::vector<Interval> kNothing;
    const std::vector<Interval>* taken = spans.taken[space.kind];
    const auto sums = free_sums(taken == nullptr ? kNothing : *taken, banks.base_address, banks.bank_bytes);
    if (!sums) {
        return false;
    }
    space.free_bytes_per_bank = sums->free_bytes;
    space.largest_bytes_per_bank = sums->largest_bytes;
    space.block_count = sums->blocks;
    return true;
}

bool fill_from_blocks(std::vector<Interval> taken, const api::Banks& banks, FreeSpace& space) {
    auto blocks = free_blocks(std::move(taken), banks.base_address, banks.bank_bytes);
    if (!blocks) {
        return false;
    }
    for (const FreeBlock& block : *blocks) {
        space.free_bytes_per_bank += block.bytes;
    }
    space.largest_bytes_per_bank = largest(*blocks);
    space.block_count = blocks->size();
    space.blocks = std::move(*blocks);
    return true;
}

}  // namespace

std::vector<FreeSpace> free_spaces(const api::Model& model, api::DeviceIndex device, const SpansOf& spans) {
    std::vector<api::PerKind<std::vector<Interval>>> taken(model.allocators.size());
    for (const api::Buffer& buffer : model.buffers) {
        add_taken(model, buffer, device, taken);
    }
    std::vector<FreeSpace> spaces;
    for (api::AllocatorIndex i{0}; i < model.allocators.size(); ++i) {
        const api::Allocator& allocator = model.allocators[i];
        if (!allocator.open || allocator.mesh_allocator ||
            !std::binary_search(allocator.devices.begin(), allocator.devices.end(), device)) {
            continue;
        }
        for (const MemoryKind kind : api::kAllMemoryKinds) {
            const std::optional<api::Banks>& banks = allocator.banks[kind];
            if (!banks || banks->banks == 0) {
                continue;
            }
            FreeSpace space;
            space.allocator = i;
            space.kind = kind;
            space.banks = *banks;
            const auto own = spans.find(i);
            if (own != spans.end() ? !fill_from_spans(own->second, *banks, space)
                                   : !fill_from_blocks(std::move(taken[i][kind]), *banks, space)) {
                continue;
            }
            space.allocated_bytes_per_bank = banks->bank_bytes - space.free_bytes_per_bank;
            space.top_down = kind == MemoryKind::kL1 || kind == MemoryKind::kL1Small;
            spaces.push_back(std::move(space));
        }
    }
    return spaces;
}

uint32_t block_alignment(const api::Allocator& allocator) {
    uint32_t most = 0;
    for (const MemoryKind kind : api::kAllMemoryKinds) {
        most = std::max(most, allocator.banks[kind] ? allocator.banks[kind]->alignment : 0);
    }
    return most;
}

std::optional<uint64_t> largest_interleaved(const FreeSpace& space, uint64_t page_bytes) {
    const uint64_t page = rounded_up(page_bytes, space.banks.alignment);
    if (page == 0 || space.banks.banks == 0) {
        return std::nullopt;
    }
    return space.largest_bytes_per_bank / page * space.banks.banks * page_bytes;
}

std::optional<uint64_t> largest_sharded(const FreeSpace& space, uint32_t cores, uint64_t page_bytes) {
    const uint64_t page = rounded_up(page_bytes, space.banks.alignment);
    if (page == 0 || cores == 0 || cores > space.banks.banks) {
        return std::nullopt;
    }
    return space.largest_bytes_per_bank / page * cores * page_bytes;
}

std::vector<api::Wall> walls(const api::Model& model, const FreeSpace& space, size_t holes) {
    std::vector<FreeBlock> chosen = space.blocks;
    std::sort(chosen.begin(), chosen.end(), [](const FreeBlock& a, const FreeBlock& b) {
        return std::pair(b.bytes, a.address) < std::pair(a.bytes, b.address);
    });
    chosen.resize(std::min(chosen.size(), holes));
    std::sort(chosen.begin(), chosen.end());
    std::vector<api::BufferIndex> placed;
    for (api::BufferIndex i{0}; i < model.buffers.size(); ++i) {
        if (model.buffers[i].allocator == space.allocator && memory_kind(model.buffers[i].kind) == space.kind) {
            placed.push_back(i);
        }
    }
    const auto address = [&](api::BufferIndex buffer) { return model.buffers[buffer].address; };
    std::sort(placed.begin(), placed.end(),
              [&](api::BufferIndex a, api::BufferIndex b) { return address(a) < address(b); });
    std::vector<api::Wall> found;
    for (size_t i = 0; i + 1 < chosen.size(); ++i) {
        api::Wall& wall = found.emplace_back();
        wall.below = chosen[i];
        wall.above = chosen[i + 1];
        auto at = std::lower_bound(placed.begin(), placed.end(), wall.below.end(),
                                   [&](api::BufferIndex buffer, uint64_t from) { return address(buffer) < from; });
        for (; at != placed.end() && address(*at) < wall.above.address; ++at) {
            wall.buffers.push_back(*at);
            wall.bytes += model.buffers[*at].bytes_per_bank;
        }
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const api::Wall& a, const api::Wall& b) { return joined_bytes(a) > joined_bytes(b); });
    return found;
}

}  // namespace ttmem::inventory
