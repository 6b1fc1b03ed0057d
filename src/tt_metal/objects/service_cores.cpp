// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/objects/service_cores.hpp"

#include <atomic>
#include <map>
#include <mutex>
#include <utility>

#include "base/errno_keeper.hpp"
#include "base/fork_lock.hpp"
#include "client/tracker.hpp"
#include "tt_alloc/client.h"
#include "tt_metal/objects/allocators.hpp"
#include "tt_metal/release/symbols.hpp"

namespace ttmem::tt_metal {
namespace {

struct Core {
    const Device* device;
    size_t x;
    size_t y;
    auto operator<=>(const Core&) const = default;
};

struct Taken {
    uint64_t region = 0;  // the client's handle
    uint64_t ledger = 0;  // that it belongs to (client::Entry::generation)
};

struct Known {
    int chip = -1;
    std::map<uint64_t, Taken> taken;  // by address
};

ForkLock g_lock;
std::map<Core, Known>* g_known = nullptr;  // never destroyed, as programs.cpp's registry
std::atomic<size_t> g_count{0};

int chip_of(Device* device) {
    const std::vector<Chip> chips = describe_device(symbols(), device);
    return chips.empty() ? -1 : chips[0].description.logical_id;
}

uint64_t describe(const Place& place, const Grid& core, uint64_t address, uint64_t bytes) noexcept {
    const auto x = static_cast<uint16_t>(core.x);
    const auto y = static_cast<uint16_t>(core.y);
    const tt_alloc_core_range cores{x, y, x, y};
    tt_alloc_region region{};
    region.struct_size = sizeof region;
    region.allocator = place.facts->handle;
    region.address = address;
    region.bytes = bytes;
    region.device = place.device;
    region.type = TT_ALLOC_REGION_SERVICE_CORE;
    region.source = TT_ALLOC_SOURCE_SERVICE_CORE;
    region.buffer_type = TT_ALLOC_L1;
    region.cores = &cores;
    region.core_ranges = 1;
    return tt_alloc_describe_region(&region);
}

void forget(const Taken& taken) noexcept {
    if (taken.region != 0 && taken.ledger == client::Entry::generation()) {
        tt_alloc_region_gone(taken.region);
    }
}

void add(Device* device, const Grid& core, uint64_t address, uint64_t bytes) noexcept {
    const ErrnoKeeper keeper;
    try {
        const Place place = find_place(device);
        if (place.facts == nullptr) {
            return;
        }
        const Taken taken{describe(place, core, address, place.facts->taken(bytes)), client::Entry::generation()};
        const std::lock_guard guard(g_lock);
        if (g_known == nullptr) {
            g_known = new std::map<Core, Known>;
        }
        Known& known = (*g_known)[{device, core.x, core.y}];
        known.chip = chip_of(device);
        known.taken[address] = taken;
        g_count.store(g_known->size(), std::memory_order_release);
    } catch (...) {
        return;  // no memory: the region is recorded, and its end will not be
    }
}

// Removes the cores that `matches` holds for.
template <typename Matches>
void remove_if(const Matches& matches) noexcept {
    if (g_count.load(std::memory_order_acquire) == 0) {
        return;
    }
    const ErrnoKeeper keeper;
    const std::lock_guard guard(g_lock);
    for (auto each = g_known->begin(); each != g_known->end();) {
        if (!matches(each->first, each->second)) {
            ++each;
            continue;
        }
        for (const auto& [address, taken] : each->second.taken) {
            forget(taken);
        }
        each = g_known->erase(each);
    }
    g_count.store(g_known->size(), std::memory_order_release);
}

}  // namespace

void service_l1_allocated(Device* device, const Grid& core, uint64_t address, uint64_t bytes) noexcept {
    add(device, core, address, bytes);
}

void service_l1_reserved(Device* device, const Grid& core, uint64_t address) noexcept {
    const auto l1_size = symbols().api.device_l1_size;
    const uint64_t end = l1_size != nullptr ? l1_size(device) : 0;
    if (end > address) {
        add(device, core, address, end - address);
    }
}

void service_l1_freed(const Device* device, const Grid& core, uint64_t address) noexcept {
    if (g_count.load(std::memory_order_acquire) == 0) {
        return;
    }
    const ErrnoKeeper keeper;
    const std::lock_guard guard(g_lock);
    const auto known = g_known->find({device, core.x, core.y});
    if (known == g_known->end()) {
        return;
    }
    if (const auto taken = known->second.taken.find(address); taken != known->second.taken.end()) {
        forget(taken->second);
        known->second.taken.erase(taken);
    }
}

void service_cores_released(const Device* device, const std::vector<Grid>& cores) noexcept {
    for (const Grid& core : cores) {
        remove_if([&](const Core& each, const Known&) {
            return each.device == device && each.x == core.x && each.y == core.y;
        });
    }
}

void service_device_closed(int chip) noexcept {
    remove_if([chip](const Core&, const Known& known) { return known.chip == chip; });
}

bool any_service_cores() noexcept {
    return g_count.load(std::memory_order_acquire) != 0;
}

bool any_service_core(const std::vector<tt_alloc_core_range>& cores) noexcept {
    if (!any_service_cores()) {
        return false;
    }
    const std::lock_guard guard(g_lock);
    for (const auto& [core, known] : *g_known) {
        for (const tt_alloc_core_range& range : cores) {
            if (core.x >= range.start_x && core.x <= range.end_x && core.y >= range.start_y && core.y <= range.end_y) {
                return true;
            }
        }
    }
    return false;
}

}  // namespace ttmem::tt_metal
