// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/layout_writer.hpp"

#include <algorithm>
#include <mutex>

#include "ledger/write/store.hpp"
#include "ledger/write/test_point.hpp"

namespace ttmem::ledger {

namespace {

constexpr uint64_t handle_of(uint32_t generation, uint32_t index) noexcept {
    return uint64_t{generation} << 32 | (index + 1);
}
constexpr uint32_t index_of(uint64_t handle) noexcept {
    return static_cast<uint32_t>(handle) - 1;
}

// Fields of a ring change between the two. The end is even whatever stood there before.
uint32_t begin_change(ConfigRingRecord& ring) noexcept {
    const uint32_t odd = get(ring.sequence) | 1;
    put(ring.sequence, odd);
    std::atomic_thread_fence(std::memory_order_release);
    return odd;
}

void fill_ring(ConfigRingRecord& ring, const ConfigRingFill& fill) noexcept {
    ring.flags.store(fill.flags, std::memory_order_relaxed);
    ring.programs.store(fill.programs, std::memory_order_relaxed);
    ring.used_bytes.store(fill.used_bytes, std::memory_order_relaxed);
    TTMEM_TEST_POINT("ring half filled");
    ring.evictions.store(fill.evictions, std::memory_order_relaxed);
}

bool is_same(const RegionRecord& known, const NewRegion& wanted, uint32_t cores, uint16_t device) noexcept {
    return known.allocator == wanted.allocator && known.buffer_type == wanted.buffer_type &&
           known.type == wanted.type && known.address == wanted.address && known.bytes == wanted.bytes &&
           known.core_set == cores && known.device == device;
}

}  // namespace

uint64_t LayoutWriter::describe_config_ring(const NewConfigRing& ring) noexcept {
    const std::lock_guard<SpinLock> guard(lock_);
    if (!allocators_.is_open(ring.allocator) || ring.capacity_bytes == 0) {
        header_.count_lost(kLostBadArgument);
        return 0;
    }
    if (rings_ == nullptr) {
        const std::lock_guard<SpinLock> growth(sections_.lock());
        rings_ = sections_.add<ConfigRingRecord>(kSectionConfigRings, 0, 0, kRings);
    }
    uint32_t index = rings_ == nullptr ? kNone : ring_count_;
    for (uint32_t i = 0; index != kNone && i < ring_count_; ++i) {
        const ConfigRingRecord& known = rings_[i];
        if (known.capacity_bytes == 0) {
            index = i;
        } else if (known.allocator == ring.allocator && known.sub_device == ring.sub_device &&
                   known.core_type == ring.core_type) {
            index = i;
            break;
        }
    }
    if (index == kNone || index == kRings) {
        header_.count_lost(kLostNoProgramRoom);
        return 0;
    }
    ConfigRingRecord& record = rings_[index];
    const uint32_t odd = begin_change(record);
    TTMEM_TEST_POINT("ring taken");
    record.allocator = ring.allocator;
    record.sub_device = ring.sub_device;
    record.core_type = ring.core_type;
    record.base_address = ring.base_address;
    record.capacity_bytes = ring.capacity_bytes;
    fill_ring(record, {});
    TTMEM_TEST_POINT("ring written");
    put(record.sequence, odd + 1);
    TTMEM_TEST_POINT("ring described");
    ring_count_ += index == ring_count_ ? 1 : 0;
    const uint32_t generation = ring_generations_[index].load(std::memory_order_relaxed) | 1;
    ring_generations_[index].store(generation, std::memory_order_release);
    return handle_of(generation, index);
}

void LayoutWriter::set_config_ring(uint64_t ring, const ConfigRingFill& fill) noexcept {
    const uint32_t index = index_of(ring);
    if (index >= kRings || ring_generations_[index].load(std::memory_order_acquire) != ring >> 32) {
        return;
    }
    ConfigRingRecord& record = rings_[index];
    if (get(record.used_bytes) == fill.used_bytes && get(record.programs) == fill.programs &&
        get(record.flags) == fill.flags) {
        put(record.evictions,
            fill.evictions);  // the usual relaunch: one in, one out, and no more than one word to change
        TTMEM_TEST_POINT("ring evictions raised");
        return;
    }
    const uint32_t odd = begin_change(record);
    fill_ring(record, fill);
    put(record.sequence, odd + 1);
    TTMEM_TEST_POINT("ring filled");
}

uint64_t LayoutWriter::smallest_tensix_ring(uint32_t allocator) const noexcept {
    const std::lock_guard<SpinLock> guard(lock_);
    uint64_t smallest = 0;
    for (uint32_t i = 0; i < ring_count_; ++i) {
        const ConfigRingRecord& ring = rings_[i];
        if (ring.capacity_bytes != 0 && ring.allocator == allocator && ring.core_type == 0) {
            smallest = smallest == 0 ? ring.capacity_bytes : std::min(smallest, ring.capacity_bytes);
        }
    }
    return smallest;
}

uint64_t LayoutWriter::describe_region(const NewRegion& region) noexcept {
    const std::lock_guard<SpinLock> guard(lock_);
    if (!allocators_.is_open(region.allocator) || region.type == 0 ||
        !ranges_are_good(region.ranges, region.range_count) ||
        (region.device != kAllDevices && region.device >= devices_.count())) {
        header_.count_lost(kLostBadArgument);
        return 0;
    }
    const uint32_t cores = region.range_count == 0 ? kNone : sets_.add_cores(region.ranges, region.range_count);
    const auto device = static_cast<uint16_t>(region.device + 1);  // kAllDevices becomes 0
    if (regions_ == nullptr) {
        const std::lock_guard<SpinLock> growth(sections_.lock());
        regions_ = sections_.add<RegionRecord>(kSectionRegions, 0, 0, kRegions);
    }
    uint32_t index = regions_ == nullptr || (cores == kNone && region.range_count != 0) ? kNone : region_count_;
    for (uint32_t i = 0; index != kNone && i < region_count_; ++i) {
        const RegionRecord& known = regions_[i];
        if (known.type == 0) {
            index = i;
        } else if (is_same(known, region, cores, device)) {
            return handle_of(known.generation, i);
        }
    }
    if (index == kNone || index == kRegions) {
        header_.count_lost(kLostNoProgramRoom);
        return 0;
    }
    RegionRecord& record = regions_[index];
    std::atomic_thread_fence(std::memory_order_release);  // after the store that made it unused
    record.allocator = region.allocator;
    record.buffer_type = region.buffer_type;
    record.source = region.source;
    record.address = region.address;
    record.bytes = region.bytes;
    record.core_set = cores;
    record.device = device;
    TTMEM_TEST_POINT("region written");
    std::atomic_ref<uint32_t>(record.type).store(region.type, std::memory_order_release);
    TTMEM_TEST_POINT("region described");
    region_count_ += index == region_count_ ? 1 : 0;
    return handle_of(record.generation, index);
}

void LayoutWriter::forget_region(uint64_t region) noexcept {
    const std::lock_guard<SpinLock> guard(lock_);
    const uint32_t index = index_of(region);
    if (index < region_count_ && regions_[index].type != 0 && regions_[index].generation == region >> 32) {
        std::atomic_ref<uint32_t>(regions_[index].type).store(0, std::memory_order_release);
        TTMEM_TEST_POINT("region gone");
        ++regions_[index].generation;
    }
}

void LayoutWriter::forget_all_of(uint32_t allocator) noexcept {
    const std::lock_guard<SpinLock> guard(lock_);
    for (uint32_t i = 0; i < region_count_; ++i) {
        RegionRecord& region = regions_[i];
        if (region.type != 0 && region.allocator == allocator) {
            std::atomic_ref<uint32_t>(region.type).store(0, std::memory_order_release);
            TTMEM_TEST_POINT("region gone");
            ++region.generation;
        }
    }
    for (uint32_t i = 0; i < ring_count_; ++i) {
        ConfigRingRecord& ring = rings_[i];
        if (ring.capacity_bytes == 0 || ring.allocator != allocator) {
            continue;
        }
        ring_generations_[i].fetch_add(1, std::memory_order_release);
        const uint32_t odd = begin_change(ring);
        ring.allocator = kNoAllocator;
        ring.base_address = 0;
        ring.capacity_bytes = 0;
        fill_ring(ring, {});
        put(ring.sequence, odd + 1);
        TTMEM_TEST_POINT("ring gone");
    }
}

}  // namespace ttmem::ledger
