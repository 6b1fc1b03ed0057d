// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The writer's state of programs, circular buffers and kernels: arguments of its functions, and where records lie.
// The functions are Writer's; the tables are made at the first program, so a process without any pays nothing.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/spin_lock.hpp"
#include "ledger/format.hpp"
#include "ledger/write/id_index.hpp"

namespace ttmem::ledger {

// Arguments of the writer's functions. Pointers are read during the call only; ranges of one set must not be more than
// kMostCoreRanges.
inline constexpr uint32_t kMostCoreRanges = 1024;
inline constexpr uint32_t kGridSide = 64;  // no chip has more cores in a row or column
bool ranges_are_good(const CoreRange* ranges, uint32_t count) noexcept;

struct NewCircularBuffer {
    uint64_t id;
    uint64_t address;
    uint64_t bytes;  // on each core
    const CoreRange* ranges;
    uint32_t range_count;
    uint32_t flags;  // CircularBufferFlags
};

// By which numbers kernels call a circular buffer.
struct CircularBufferNumbers {
    uint64_t index_mask;  // 0 unknown
    uint8_t data_format;  // of the lowest of them, kUnknownFormat unknown
    uint8_t reserved[7];
};

struct NewKernel {
    uint64_t id;
    const char* name;  // UTF-8, terminated; empty or null: unknown
    const CoreRange* ranges;
    uint32_t range_count;
    uint32_t packed_bytes;  // on each core
    uint8_t processor;      // ProcessorClass
    uint8_t type;           // ProgramType
    uint16_t core_type;
};

struct NewProgram {
    uint64_t id;
    uint16_t allocator;  // kNoAllocator: none, with one device
    uint16_t device;     // kAllDevices or a device's index
    uint8_t type;        // ProgramType
    uint8_t flags;       // ProgramFlags
    uint64_t config_bytes;
    const NewCircularBuffer* circular_buffers;
    uint32_t circular_buffer_count;
    const NewKernel* kernels;
    uint32_t kernel_count;
    const uint32_t* devices;                               // some of the allocator's, instead of `device`
    uint32_t device_count;                                 // 0: `device` says
    const CircularBufferNumbers* circular_buffer_numbers;  // one for each circular buffer; null: unknown
};

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

// A clash of circular buffers and a buffer: both sides.
struct NewClash {
    uint16_t allocator;
    uint64_t program_id;
    uint64_t buffer_id;  // kUnknown64: the listed L1 buffer that begins at buffer_address
    uint64_t end_address;
    uint64_t buffer_address;
    const CoreRange* ranges;
    uint32_t range_count;
    const char* kernels;  // names of the program's, ", " between them; UTF-8, terminated; empty or null: unknown
    // kFailureCircularBuffers: they are larger than L1, `limit_bytes`, by themselves, and no buffer is in the way.
    FailureType type = kFailureClash;
    uint64_t limit_bytes = kUnknown64;
    uint32_t region_kind = kProgramRegionUnknown;
    uint32_t exception = 0;
};

// Where the launches of a loaded program are noted (Writer::place_of_program).
struct ProgramPlace {
    ProgramRecord* record = nullptr;  // null: it is gone
    uint32_t state = 0;               // while it is the same program
};

// Where the records of one growing table lie, and which runs of them are free. A run is as long as the next power of
// two, so that a freed one serves the next program of about its size. Guarded by ProgramTables::lock.
struct RecordRuns {
    static constexpr uint32_t kExtents = 12;  // each as large as all before it
    static constexpr uint32_t kClasses = 16;  // runs of 1, 2, 4, ... records

    struct Extent {
        uint64_t offset;  // in the file
        uint32_t first;
        uint32_t count;
    };

    Extent extents[kExtents] = {};
    uint32_t extent_count = 0;
    uint32_t capacity = 0;
    uint32_t used = 0;                  // records at the end of the table that were never used begin here
    uint32_t* next = nullptr;           // by first record of a free run: the next free one of its class
    uint32_t free_runs[kClasses] = {};  // first record + 1; 0 none

    uint64_t offset_of(uint32_t index, uint32_t record_bytes) const noexcept {
        for (uint32_t i = 0; i < extent_count; ++i) {
            if (index - extents[i].first < extents[i].count) {
                return extents[i].offset + uint64_t{index - extents[i].first} * record_bytes;
            }
        }
        return 0;
    }
};

struct ProgramTables {
    struct KernelName {
        uint64_t id;  // hash of the name
        uint32_t name;
        uint32_t reserved;
    };

    SpinLock lock;  // taken before the writer's growth lock, never after
    RecordRuns programs;
    RecordRuns circular_buffers;
    RecordRuns kernels;
    IdIndex<KernelName> names;
    uint32_t names_given = 0;

    // Rings and regions go with their allocator; a record is reused, and its generation shows that a handle
    // is stale.
    static constexpr uint32_t kRings = 256;
    static constexpr uint32_t kRegions = 1024;
    alignas(64) ConfigRingRecord* rings = nullptr;  // read in each launch, as are the next
    uint32_t ring_count = 0;
    std::atomic<uint32_t> ring_generations[kRings] = {};  // even: free
    RegionRecord* regions = nullptr;
    uint32_t region_count = 0;
};

}  // namespace ttmem::ledger
