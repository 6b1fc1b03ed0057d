// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The ledger's records of programs, circular buffers, kernels, config rings and regions. A part of format.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ledger/format_words.hpp"

namespace ttmem::ledger {

// Programs, circular buffers, kernels. A program's circular buffers and kernels are runs of records that no other live
// program shares; they are written before the program's `state` makes it live, so that state is the commit point for
// all.

enum ProgramType : uint8_t { kProgramApplication = 0, kProgramFabric = 1, kProgramDispatch = 2 };

// Its dataflow buffers could not be read: its circular buffers are not all.
enum ProgramFlags : uint8_t {
    kProgramBuffersUnknown = 1,
    kProgramScratchpadsUnknown = 2  // it has, or may have, scratchpads that could not be read. Since 1.2
};

struct alignas(64) ProgramRecord {
    Word32 state;                    // 0   as BufferRecord::state
    uint16_t allocator;              // 4
    uint8_t type;                    // 6   ProgramType
    uint8_t flags;                   // 7   ProgramFlags
    uint64_t id;                     // 8   tt-metal's program id
    uint64_t loaded_ticks;           // 16
    Word64 last_launch;              // 24  greater than of programs launched before; 0 never; relaxed
    uint32_t device_set;             // 32  interned
    uint32_t first_circular_buffer;  // 36
    uint32_t circular_buffer_count;  // 40
    uint32_t first_kernel;           // 44
    uint32_t kernel_count;           // 48
    uint32_t context;                // 52
    uint64_t circular_buffer_bytes;  // 56  own ones, size x cores, on each device
    uint64_t kernel_bytes;           // 64  size x cores, on each device, kUnknown64 unknown
    uint64_t config_bytes;           // 72  what it takes in the kernel-config ring on a core, kUnknown64 unknown
    uint64_t scratchpad_bytes;       // 80  size x cores on each device, part of circular_buffer_bytes. Since 1.2
    uint8_t reserved[40];            // 88
};
static_assert(sizeof(ProgramRecord) == 128 && offsetof(ProgramRecord, scratchpad_bytes) == 80 &&
              offsetof(ProgramRecord, last_launch) == 24);

enum CircularBufferFlags : uint32_t {
    kCircularBufferGlobal = 1,    // lies in a Buffer that is counted already
    kCircularBufferAlias = 2,     // shares another one's memory in the same program
    kCircularBufferBorrowed = 4,  // lies in tensor memory
    kCircularBufferDataflow = 8,  // a dataflow buffer
    kCircularBufferScratchpad =
        16  // a kernel's scratchpad: own memory on top of the others; id counts within the program. Since 1.2
};

struct CircularBufferRecord {
    uint64_t id;        // 0
    uint64_t address;   // 8   of a global one stored again (whole, relaxed) as its program is launched on other tensors
    uint64_t bytes;     // 16  on each core
    uint32_t core_set;  // 24  interned
    uint32_t flags;     // 28  CircularBufferFlags
    // Since 1.2.
    uint64_t index_mask;  // 32  bit n: it serves the program's circular buffer number n; 0 unknown
    uint8_t data_format;  // 40  tt-metal's DataFormat of the first of them, kUnknownFormat unknown
    uint8_t reserved[7];  // 41
};
static_assert(sizeof(CircularBufferRecord) == 48 && offsetof(CircularBufferRecord, index_mask) == 32);
inline constexpr uint32_t kCircularBufferBytes11 = 32;  // the record of 1.1, its head
inline constexpr uint8_t kUnknownFormat = 0xff;

enum ProcessorClass : uint8_t { kProcessorDataMovement = 1, kProcessorCompute = 2, kProcessorEthernet = 3 };

struct KernelRecord {
    uint64_t id;            // 0
    uint32_t name;          // 8   sidecar id of its name, 0 unknown
    uint32_t core_set;      // 12  interned
    uint32_t packed_bytes;  // 16  on each core, all its binaries; kNone unknown
    uint8_t processor;      // 20  ProcessorClass
    uint8_t type;           // 21  ProgramType
    uint16_t core_type;     // 22  0 TENSIX, 1 ACTIVE_ETH, 2 IDLE_ETH
    uint8_t reserved[8];    // 24
};
static_assert(sizeof(KernelRecord) == 32);

enum ConfigRingFlags : uint32_t { kConfigRingTrace = 1 };  // marked full by a trace capture: contents unknown

// `sequence` odd while fields change (release). One for each allocator, sub-device and core type. It goes with its
// allocator: capacity 0 is a record that is free.
struct alignas(64) ConfigRingRecord {
    Word32 sequence;          // 0
    uint16_t allocator;       // 4
    uint8_t sub_device;       // 6
    uint8_t core_type;        // 7
    Word32 flags;             // 8
    Word32 programs;          // 12  launches whose configuration is in it
    uint64_t base_address;    // 16
    uint64_t capacity_bytes;  // 24  on each core
    Word64 used_bytes;        // 32  on each core
    Word64 evictions;         // 40  programs pushed out since start
    uint8_t reserved[16];     // 48
};
static_assert(sizeof(ConfigRingRecord) == 64);

enum RegionType : uint32_t {
    kRegionFirmware = 1,
    kRegionConfigRing = 2,
    kRegionDispatch = 3,
    kRegionAllocator = 4,
    kRegionL1Small = 5,
    kRegionTrace = 6,
    kRegionArena = 7,
    kRegionUnused = 8,      // in the address range, in no bank
    kRegionServiceCore = 9  // a dispatch column's free core, used by host and device streams and sockets. Since 1.2
};

// Where the process read a region's bounds.
enum RegionSource : uint8_t {
    kSourceUnknown = 0,
    kSourceHal = 1,         // the hardware abstraction layer's accessors
    kSourceAllocator = 2,   // the allocator's accessors
    kSourceConfigRing = 3,  // what the kernel-config ring's manager was made with
    kSourceDispatch = 4,    // the dispatch core manager's list of cores
    kSourceArena = 5,       // what the persistent L1 arena gave out
    kSourceHalToBase = 6,   // begins where the HAL says and ends where the allocator says that it begins
    kSourceServiceCore = 7  // the service core manager. Since 1.2
};

// A stretch of a bank's or core's address range that is not a buffer. `type` is stored last (release) and taken away
// first, so a record that is being given to another region is unused meanwhile; a reader takes one that is the same in
// two copies.
struct RegionRecord {
    uint16_t allocator;   // 0
    uint8_t buffer_type;  // 2   0 DRAM, 1 L1
    uint8_t source;       // 3   RegionSource
    uint32_t type;        // 4   RegionType, 0 unused record
    uint64_t address;     // 8
    uint64_t bytes;       // 16
    uint32_t core_set;    // 24  interned, kNone: every core or bank
    uint16_t device;      // 28  index of its one device + 1; 0: every device of the allocator
    uint16_t generation;  // 30  how often the record was given away
};
static_assert(sizeof(RegionRecord) == 32 && offsetof(RegionRecord, device) == 28);

}  // namespace ttmem::ledger
