// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/objects/layout.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "tt_metal/objects/config_rings.hpp"

namespace ttmem::tt_metal {
namespace {

void add(std::vector<Region>& regions, uint8_t buffer_type, uint8_t type, uint8_t source, uint64_t address,
         uint64_t bytes) {
    if (bytes == 0) {
        return;
    }
    Region& region = regions.emplace_back();
    region.description.struct_size = sizeof region.description;
    region.description.buffer_type = buffer_type;
    region.description.type = type;
    region.description.source = source;
    region.description.address = address;
    region.description.bytes = bytes;
}

void add_banks(std::vector<Region>& regions, uint8_t buffer_type, uint8_t type, const tt_alloc_banks& banks) {
    if (banks.banks != 0) {
        add(regions, buffer_type, type, TT_ALLOC_SOURCE_ALLOCATOR, banks.base_address, banks.bank_bytes);
    }
}

// Where the HAL lets the kernel-config area begin; 0 unknown. hal::get_max_worker_l1_unreserved_size gives the bytes
// from there to the end of L1.
uint64_t config_area_base(const Api& api, uint64_t l1_bytes) {
    // Without a default context asking would make one.
    if (api.max_worker_l1 == nullptr || (api.context_exists != nullptr && !api.context_exists(0))) {
        return 0;
    }
    const uint64_t above = api.max_worker_l1();
    return above < l1_bytes ? l1_bytes - above : 0;
}

void add_worker_l1(std::vector<Region>& regions, const Api& api, const tt_alloc_banks& l1, uint64_t l1_bytes) {
    const uint64_t config_base = config_area_base(api, l1_bytes);
    add(regions, TT_ALLOC_L1, TT_ALLOC_REGION_FIRMWARE, TT_ALLOC_SOURCE_HAL, 0, config_base);
    const std::optional<RingArea> ring = worker_ring_area();
    if (ring.has_value() && ring->base + ring->bytes == l1.base_address) {
        add(regions, TT_ALLOC_L1, TT_ALLOC_REGION_CONFIG_RING, TT_ALLOC_SOURCE_CONFIG_RING, ring->base, ring->bytes);
    } else if (config_base != 0 && l1.base_address > config_base) {
        // Slow dispatch puts each program's configuration there; it has no ring and no manager.
        add(regions, TT_ALLOC_L1, TT_ALLOC_REGION_CONFIG_RING, TT_ALLOC_SOURCE_HAL_TO_BASE, config_base,
            l1.base_address - config_base);
    }
}

void add_core(std::vector<tt_alloc_core_range>& cores, const Grid& core) {
    const auto x = static_cast<uint16_t>(core.x);
    const auto y = static_cast<uint16_t>(core.y);
    cores.push_back({x, y, x, y});
}

using Cores = std::set<std::pair<size_t, size_t>>;  // x, y

Cores bank_cores(const Api& api, const Allocator* allocator, const tt_alloc_banks& l1) {
    Cores cores;
    for (uint32_t bank = 0; api.bank_core != nullptr && bank < l1.banks; ++bank) {
        const Grid core = api.bank_core(allocator, bank);
        cores.emplace(core.x, core.y);
    }
    return cores;
}

// The cores that are set aside for dispatch. The manager numbers them among the ethernet cores where dispatch runs
// there; worker cores with these numbers are banks then.
Cores dispatch_cores(const Api& api, const Chip& chip, const Cores& banks) {
    void* context = find_context(api, chip.device);
    if (api.dispatch_core_manager == nullptr || api.dispatch_cores == nullptr || context == nullptr) {
        return {};
    }
    Cores cores;
    for (const Grid& core : api.dispatch_cores(api.dispatch_core_manager(context), chip.description.logical_id)) {
        cores.emplace(core.x, core.y);
    }
    const bool any_bank =
        std::any_of(cores.begin(), cores.end(), [&banks](const auto& core) { return banks.count(core) != 0; });
    return any_bank ? Cores{} : cores;
}

// Worker cores that no bank lies on, each with its reason: dispatch runs there, or the allocator leaves it out
// (dispatch on ethernet cores keeps the grid of dispatch on workers).
void add_cores_without_bank(std::vector<Region>& regions, const Api& api, const Allocator* allocator,
                            const tt_alloc_banks& l1, const std::vector<Chip>& chips) {
    const Cores banks = bank_cores(api, allocator, l1);
    for (size_t i = 0; i < chips.size(); ++i) {
        const tt_alloc_device& chip = chips[i].description;
        if (banks.empty() || chip.l1_columns == 0 || chip.l1_cores <= banks.size()) {
            continue;
        }
        const Cores dispatch = dispatch_cores(api, chips[i], banks);
        std::vector<tt_alloc_core_range> run_dispatch;
        std::vector<tt_alloc_core_range> left_out;
        for (size_t core = 0; core < chip.l1_cores; ++core) {
            const Grid at{core % chip.l1_columns, core / chip.l1_columns};
            if (banks.count({at.x, at.y}) == 0) {
                add_core(dispatch.count({at.x, at.y}) != 0 ? run_dispatch : left_out, at);
            }
        }
        const auto add_whole = [&](uint8_t type, uint8_t source, std::vector<tt_alloc_core_range>& cores) {
            if (!cores.empty()) {
                add(regions, TT_ALLOC_L1, type, source, 0, chip.l1_core_bytes);
                regions.back().chip = i;
                regions.back().cores = std::move(cores);
            }
        };
        add_whole(TT_ALLOC_REGION_DISPATCH, TT_ALLOC_SOURCE_DISPATCH, run_dispatch);
        add_whole(TT_ALLOC_REGION_UNUSED, TT_ALLOC_SOURCE_ALLOCATOR, left_out);
    }
}

}  // namespace

std::vector<Region> read_layout(const Symbols& symbols, const Allocator* allocator, const tt_alloc_banks* banks,
                                const std::vector<Chip>& chips) {
    std::vector<Region> regions;
    if (banks[TT_ALLOC_DRAM].banks != 0) {
        // The allocator begins after what tt-metal keeps for itself.
        add(regions, TT_ALLOC_DRAM, TT_ALLOC_REGION_FIRMWARE, TT_ALLOC_SOURCE_ALLOCATOR, 0,
            banks[TT_ALLOC_DRAM].base_address);
    }
    add_banks(regions, TT_ALLOC_DRAM, TT_ALLOC_REGION_ALLOCATOR, banks[TT_ALLOC_DRAM]);
    add_banks(regions, TT_ALLOC_DRAM, TT_ALLOC_REGION_TRACE, banks[TT_ALLOC_TRACE]);
    if (banks[TT_ALLOC_L1].banks != 0 && !chips.empty()) {
        add_worker_l1(regions, symbols.api, banks[TT_ALLOC_L1], chips[0].description.l1_core_bytes);
    }
    add_banks(regions, TT_ALLOC_L1, TT_ALLOC_REGION_ALLOCATOR, banks[TT_ALLOC_L1]);
    add_banks(regions, TT_ALLOC_L1, TT_ALLOC_REGION_L1_SMALL, banks[TT_ALLOC_L1_SMALL]);
    add_cores_without_bank(regions, symbols.api, allocator, banks[TT_ALLOC_L1], chips);
    return regions;
}

uint64_t describe_region(const Region& region, uint32_t allocator, const std::vector<Chip>& chips) noexcept {
    tt_alloc_region out = region.description;
    out.allocator = allocator;
    out.device = region.chip < chips.size() ? chips[region.chip].index : TT_ALLOC_NONE;
    out.cores = region.cores.data();
    out.core_ranges = static_cast<uint32_t>(region.cores.size());
    return tt_alloc_describe_region(&out);
}

}  // namespace ttmem::tt_metal
