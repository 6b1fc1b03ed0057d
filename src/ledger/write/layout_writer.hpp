// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Kernel-config rings and regions: what lies in L1 and DRAM beside buffers. They come as a device opens and go as it
// closes, under a lock; what a ring holds changes with each launch and is stored without one.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/spin_lock.hpp"
#include "ledger/write/tables.hpp"

namespace ttmem::ledger {

// Arguments of the writer's functions. Pointers are read during the call only; ranges of one set must not be more than
// kMostCoreRanges.
struct NewConfigRing {
    uint16_t allocator;
    uint8_t sub_device;
    uint8_t core_type;
    uint64_t base_address;
    uint64_t capacity_bytes;
};

// The values of a ring that change with launches.
struct ConfigRingFill {
    uint64_t used_bytes;
    uint64_t evictions;
    uint32_t programs;
    uint32_t flags;  // ConfigRingFlags
};

struct NewRegion {
    uint16_t allocator;
    uint8_t buffer_type;
    uint8_t source;   // RegionSource
    uint16_t device;  // kAllDevices or a device's index
    uint32_t type;    // RegionType
    uint64_t address;
    uint64_t bytes;
    const CoreRange* ranges;  // none: every core or bank
    uint32_t range_count;
};

// Safe from any thread. Rings and regions go with their allocator; a record is reused, and its generation shows that a
// handle is stale: that one is ignored.
class LayoutWriter {
public:
    explicit LayoutWriter(Tables& tables) noexcept
        : header_(tables.header),
          sections_(tables.sections),
          sets_(tables.sets),
          devices_(tables.devices),
          allocators_(tables.allocators) {}
    LayoutWriter(const LayoutWriter&) = delete;
    LayoutWriter& operator=(const LayoutWriter&) = delete;

    // A kernel-config ring; its handle, 0 when there is no room. The same one again gives the same, emptied.
    uint64_t describe_config_ring(const NewConfigRing& ring) noexcept;
    // Takes no lock: what is set of ONE ring must not overlap.
    void set_config_ring(uint64_t ring, const ConfigRingFill& fill) noexcept;
    // The cache line that set_config_ring() will write, for a caller that prefetches it; nullptr: no such ring.
    const void* config_ring_line(uint64_t ring) const noexcept {
        const auto index = static_cast<uint32_t>(ring) - 1;
        return index < kRings && rings_ != nullptr ? &rings_[index] : nullptr;
    }
    // The capacity of the smallest ring of the allocator on Tensix cores; 0: it has none.
    uint64_t smallest_tensix_ring(uint32_t allocator) const noexcept;

    // A stretch of address space that is no buffer; its handle, 0 when there is no room. The same one again adds
    // nothing. It goes with its allocator, or with forget_region.
    uint64_t describe_region(const NewRegion& region) noexcept;
    void forget_region(uint64_t region) noexcept;

    // The allocator closes.
    void forget_all_of(uint32_t allocator) noexcept;

    // For the copy in a picture; the lock is held. After those of programs and extremes, before that of the sections.
    SpinLock& lock() const noexcept { return lock_; }
    uint32_t ring_count() const noexcept { return ring_count_; }
    const ConfigRingRecord& ring(uint32_t index) const noexcept { return rings_[index]; }
    uint32_t region_count() const noexcept { return region_count_; }
    const RegionRecord& region(uint32_t index) const noexcept { return regions_[index]; }

private:
    static constexpr uint32_t kRings = 256;
    static constexpr uint32_t kRegions = 1024;

    LedgerHeader& header_;
    Sections& sections_;
    InternedSets& sets_;
    const DeviceTable& devices_;
    const AllocatorTable& allocators_;
    mutable SpinLock lock_;
    alignas(64) ConfigRingRecord* rings_ = nullptr;  // read in each launch, as are the next
    uint32_t ring_count_ = 0;
    std::atomic<uint32_t> ring_generations_[kRings] = {};  // even: free
    RegionRecord* regions_ = nullptr;
    uint32_t region_count_ = 0;
};

}  // namespace ttmem::ledger
