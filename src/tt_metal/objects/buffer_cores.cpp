// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/objects/buffer_cores.hpp"

#include <algorithm>
#include <cstdlib>

#include "tt_metal/objects/service_cores.hpp"

namespace ttmem::tt_metal {
namespace {

void read_addresses(const CoreAddressMap& map, uint32_t device, tt_alloc_buffer& report, BufferCores& cores) {
    for (const CoreAddressNode* node = map.first; node != nullptr; node = node->next) {
        const auto x = static_cast<uint16_t>(node->core.x);
        const auto y = static_cast<uint16_t>(node->core.y);
        cores.ranges.push_back({x, y, x, y});
        cores.addresses.push_back({x, y, device, node->address});
    }
    std::sort(cores.addresses.begin(), cores.addresses.end(),
              [](const auto& a, const auto& b) { return std::pair(a.y, a.x) < std::pair(b.y, b.x); });
    std::sort(cores.ranges.begin(), cores.ranges.end(), [](const auto& a, const auto& b) {
        return std::pair(a.start_y, a.start_x) < std::pair(b.start_y, b.start_x);
    });
    report.address = UINT64_MAX;
    for (const tt_alloc_core_address& each : cores.addresses) {
        report.address = std::min(report.address, each.address);
    }
    report.banks = static_cast<uint32_t>(cores.addresses.size());
}

void read_shards(const Symbols& symbols, const Buffer* buffer, BufferCores& cores) {
    if (symbols.api.buffer_shard_spec == nullptr) {
        return;
    }
    const ShardSpecRoom spec = symbols.api.buffer_shard_spec(buffer);
    for (const ForeignCoreRange& range : spec.cores) {
        cores.ranges.push_back({static_cast<uint16_t>(range.start_x), static_cast<uint16_t>(range.start_y),
                                static_cast<uint16_t>(range.end_x), static_cast<uint16_t>(range.end_y)});
    }
}

uint32_t count(const std::vector<tt_alloc_core_range>& ranges) noexcept {
    uint32_t cores = 0;  // of a shard's grid no two ranges overlap
    for (const tt_alloc_core_range& range : ranges) {
        cores += static_cast<uint32_t>(range.end_x - range.start_x + 1) * (range.end_y - range.start_y + 1u);
    }
    return cores;
}

}  // namespace

bool is_hybrid_mode(const Symbols& symbols) noexcept {
    const char* asked = std::getenv("TT_METAL_ALLOCATOR_MODE_HYBRID");
    return symbols.api.buffer_is_per_core != nullptr && asked != nullptr && *asked == '1';
}

bool read_buffer_cores(const Symbols& symbols, const Buffer* buffer, uint32_t device, tt_alloc_buffer& report,
                       BufferCores& cores) {
    const Api& api = symbols.api;
    if (api.buffer_is_per_core != nullptr && api.buffer_core_addresses != nullptr && api.buffer_is_per_core(buffer)) {
        const CoreAddressMap* addresses = api.buffer_core_addresses(buffer);
        if (addresses->size == 0) {
            return false;  // not placed
        }
        report.flags |= TT_ALLOC_BUFFER_PER_CORE;
        read_addresses(*addresses, device, report, cores);
    } else if (api.buffer_is_range_lockstep != nullptr && api.buffer_is_range_lockstep(buffer)) {
        report.flags |= TT_ALLOC_BUFFER_RANGE_LOCKSTEP;
        read_shards(symbols, buffer, cores);
        report.banks = std::max(count(cores.ranges), 1u);
    } else if (any_service_cores()) {
        read_shards(symbols, buffer, cores);
        if (!any_service_core(cores.ranges)) {
            return false;
        }
        report.flags |= TT_ALLOC_BUFFER_BANKLESS;
        return true;
    } else {
        return false;
    }
    report.used_banks = static_cast<uint16_t>(report.banks);
    return true;
}

}  // namespace ttmem::tt_metal
