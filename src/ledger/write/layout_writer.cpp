// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Kernel-config rings and regions: what lies in L1 and DRAM beside buffers. They come as a device opens and go as it
// closes, under the lock of programs; what a ring holds changes with each launch and is stored without a lock.
#include <mutex>

#include "ledger/write/program_writer.hpp"
#include "ledger/write/test_point.hpp"
#include "ledger/write/buffer_events.hpp"

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

uint64_t Writer::describe_config_ring(const NewConfigRing& ring) noexcept {
    const std::lock_guard<SpinLock> guard(programs_.lock);
    if (!allocator_is_open(ring.allocator) || ring.capacity_bytes == 0) {
        count_lost(kLostBadArgument);
        return 0;
    }
    if (programs_.rings == nullptr) {
        const std::lock_guard<SpinLock> growth(growth_lock_);
        const uint64_t offset = add_section(kSectionConfigRings, 0, 0, ProgramTables::kRings, sizeof(ConfigRingRecord));
        programs_.rings = offset == 0 ? nullptr : at<ConfigRingRecord>(offset);
    }
    uint32_t index = programs_.rings == nullptr ? kNone : programs_.ring_count;
    for (uint32_t i = 0; index != kNone && i < programs_.ring_count; ++i) {
        const ConfigRingRecord& known = programs_.rings[i];
        if (known.capacity_bytes == 0) {
            index = i;
        } else if (known.allocator == ring.allocator && known.sub_device == ring.sub_device &&
                   known.core_type == ring.core_type) {
            index = i;
            break;
        }
    }
    if (index == kNone || index == ProgramTables::kRings) {
        count_lost(kLostNoProgramRoom);
        return 0;
    }
    ConfigRingRecord& record = programs_.rings[index];
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
    programs_.ring_count += index == programs_.ring_count ? 1 : 0;
    const uint32_t generation = programs_.ring_generations[index].load(std::memory_order_relaxed) | 1;
    programs_.ring_generations[index].store(generation, std::memory_order_release);
    return handle_of(generation, index);
}

void Writer::set_config_ring(uint64_t ring, const ConfigRingFill& fill) noexcept {
    const uint32_t index = index_of(ring);
    if (index >= ProgramTables::kRings ||
        programs_.ring_generations[index].load(std::memory_order_acquire) != ring >> 32) {
        return;
    }
    ConfigRingRecord& record = programs_.rings[index];
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

uint64_t Writer::describe_region(const NewRegion& region) noexcept {
    const std::lock_guard<SpinLock> guard(programs_.lock);
    if (!allocator_is_open(region.allocator) || region.type == 0 ||
        !ranges_are_good(region.ranges, region.range_count) ||
        (region.device != kAllDevices && region.device >= get(header_->device_count))) {
        count_lost(kLostBadArgument);
        return 0;
    }
    const uint32_t cores = region.range_count == 0 ? kNone : intern_cores(region.ranges, region.range_count);
    const auto device = static_cast<uint16_t>(region.device + 1);  // kAllDevices becomes 0
    if (programs_.regions == nullptr) {
        const std::lock_guard<SpinLock> growth(growth_lock_);
        const uint64_t offset = add_section(kSectionRegions, 0, 0, ProgramTables::kRegions, sizeof(RegionRecord));
        programs_.regions = offset == 0 ? nullptr : at<RegionRecord>(offset);
    }
    uint32_t index =
        programs_.regions == nullptr || (cores == kNone && region.range_count != 0) ? kNone : programs_.region_count;
    for (uint32_t i = 0; index != kNone && i < programs_.region_count; ++i) {
        const RegionRecord& known = programs_.regions[i];
        if (known.type == 0) {
            index = i;
        } else if (is_same(known, region, cores, device)) {
            return handle_of(known.generation, i);
        }
    }
    if (index == kNone || index == ProgramTables::kRegions) {
        count_lost(kLostNoProgramRoom);
        return 0;
    }
    RegionRecord& record = programs_.regions[index];
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
    programs_.region_count += index == programs_.region_count ? 1 : 0;
    return handle_of(record.generation, index);
}

void Writer::forget_region(uint64_t region) noexcept {
    const std::lock_guard<SpinLock> guard(programs_.lock);
    const uint32_t index = index_of(region);
    if (index < programs_.region_count && programs_.regions[index].type != 0 &&
        programs_.regions[index].generation == region >> 32) {
        std::atomic_ref<uint32_t>(programs_.regions[index].type).store(0, std::memory_order_release);
        TTMEM_TEST_POINT("region gone");
        ++programs_.regions[index].generation;
    }
}

void Writer::forget_layout_of(uint32_t allocator) noexcept {
    const std::lock_guard<SpinLock> guard(programs_.lock);
    for (uint32_t i = 0; i < programs_.region_count; ++i) {
        RegionRecord& region = programs_.regions[i];
        if (region.type != 0 && region.allocator == allocator) {
            std::atomic_ref<uint32_t>(region.type).store(0, std::memory_order_release);
            TTMEM_TEST_POINT("region gone");
            ++region.generation;
        }
    }
    for (uint32_t i = 0; i < programs_.ring_count; ++i) {
        ConfigRingRecord& ring = programs_.rings[i];
        if (ring.capacity_bytes == 0 || ring.allocator != allocator) {
            continue;
        }
        programs_.ring_generations[i].fetch_add(1, std::memory_order_release);
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
