// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The contents of banks and cores beside the list of buffers: allocators with their banks, regions that the system
// keeps for itself, kernel-config rings, programs, failures; and the pictures made of all that: a layout by address,
// free space, and how near programs and buffers are to each other. Plain data (see model.hpp);
// src/analysis/{free_blocks,memory_map,clash_gauge}.hpp make the pictures.
//
// Addresses are those that tt-metal uses: the same in every bank of an allocator. Cores are logical coordinates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/ids.hpp"
#include "model/kinds.hpp"

namespace ttmem::api {

struct Core {
    uint16_t x = 0;
    uint16_t y = 0;
    auto operator<=>(const Core&) const = default;
};

// Both ends inside.
struct CoreRange {
    Core start;
    Core end;
    auto operator<=>(const CoreRange&) const = default;
    bool contains(const Core& core) const {
        return core.x >= start.x && core.x <= end.x && core.y >= start.y && core.y <= end.y;
    }
};
using CoreSet = std::vector<CoreRange>;

struct AddressOnCore {
    Core core;
    uint64_t address = 0;
    auto operator<=>(const AddressOnCore&) const = default;
};

// The banks of one kind that an allocator hands out.
struct Banks {
    uint64_t base_address = 0;
    uint64_t bank_bytes = 0;
    uint32_t banks = 0;
    uint32_t alignment = 0;
    uint64_t end() const { return base_address + bank_bytes; }
    bool operator==(const Banks&) const = default;
};

// A tt-metal allocator: of a device, a mesh or a submesh. Allocators over the same chip do not know of each other.
struct Allocator {
    ProcessIndex process;  // index into Model::processes
    bool open = false;
    std::optional<int> mesh;
    std::vector<DeviceIndex> devices;  // indexes into Model::devices, ascending
    PerKind<std::optional<Banks>> banks;
    // HYBRID: a mesh's allocator and those of its devices keep clear of each other. `mesh_allocator` of a device's own:
    // index into Model::allocators of its mesh's.
    bool hybrid = false;
    std::optional<AllocatorIndex> mesh_allocator;
};

enum class RegionType : uint8_t {
    kFirmware,
    kConfigRing,
    kDispatch,
    kAllocator,
    kL1Small,
    kTrace,
    kArena,
    kUnused,
    kServiceCore  // given out on a core without a bank
};
std::string_view to_string(RegionType type);

// A stretch that is in no buffer, as the process reported it.
struct Region {
    AllocatorIndex allocator;          // index into Model::allocators
    std::vector<DeviceIndex> devices;  // those of the allocator's that it is on, ascending
    bool l1 = false;                   // of a core's L1; else of a DRAM bank
    RegionType type = RegionType::kUnused;
    std::string_view source;  // what reported it
    uint64_t address = 0;
    uint64_t bytes = 0;
    CoreSet cores;  // empty: every core or bank
};

enum class CoreType : uint8_t { kWorker, kActiveEthernet, kIdleEthernet };
std::string_view to_string(CoreType type);

// The ring that programs' kernels, arguments and semaphores are put into before a launch, as the host keeps account.
struct ConfigRing {
    AllocatorIndex allocator;
    uint32_t sub_device = 0;
    CoreType core_type = CoreType::kWorker;
    bool trace = false;     // marked full by a trace capture: what is in it is not known
    uint32_t launches = 0;  // whose configuration is in it
    uint64_t base_address = 0;
    uint64_t capacity_bytes = 0;  // on each core
    uint64_t used_bytes = 0;      // on each core
    uint64_t evictions = 0;       // launches pushed out since the ring was made
};

// A circular or dataflow buffer, or a kernel's scratchpad.
struct CircularBuffer {
    uint64_t id = 0;
    uint64_t address = 0;
    uint64_t bytes = 0;  // on each core
    bool dataflow = false;
    bool scratchpad = false;
    // Memory that is another's: it adds nothing.
    bool global = false;    // in a buffer
    bool borrowed = false;  // in a tensor's memory
    bool alias = false;     // shares another one's of its program
    CoreSet cores;
    uint64_t index_mask = 0;             // bit n: the program's kernels call it number n; 0 unknown
    std::optional<uint8_t> data_format;  // tt-metal's DataFormat of the lowest number; nullopt unknown
    bool own() const { return !global && !borrowed && !alias; }
    uint64_t end() const { return address + bytes; }
};

// The numbers of a mask, lowest first, commas between them: "0,16"; empty for 0.
std::string index_text(uint64_t index_mask);
// tt-metal's name of a DataFormat (tensix_types.h of Wormhole and Blackhole), or "format N".
std::string data_format_name(uint8_t format);

enum class ProcessorClass : uint8_t { kUnknown, kDataMovement, kCompute, kEthernet };
std::string_view to_string(ProcessorClass processor);

enum class ProgramType : uint8_t { kApplication, kFabric, kDispatch };
std::string_view to_string(ProgramType type);

struct Kernel {
    uint64_t id = 0;
    std::string name;    // empty unknown
    Bytes packed_bytes;  // all its binaries, on each core
    ProcessorClass processor = ProcessorClass::kUnknown;
    ProgramType type = ProgramType::kApplication;
    CoreType core_type = CoreType::kWorker;
    CoreSet cores;
};

struct Program {
    ProcessIndex process;
    uint64_t id = 0;
    std::optional<AllocatorIndex> allocator;
    std::vector<DeviceIndex> devices;
    ProgramType type = ProgramType::kApplication;
    bool buffers_known = true;  // false: it has dataflow buffers or scratchpads that could not be read
    uint64_t loaded_ns = 0;
    uint64_t last_launch = 0;             // greater than of programs that its process launched before; 0 never
    std::string operation;                // empty unknown
    std::optional<ContextIndex> context;  // of its load: index into Model::contexts
    Bytes kernel_bytes;                   // size x cores, on each device
    Bytes config_bytes;                   // what it takes in the ring, on a core
    std::vector<CircularBuffer> circular_buffers;
    std::vector<Kernel> kernels;
};

enum class FailureType : uint8_t { kOutOfMemory, kClash, kCircularBuffers, kConfigRing, kTraceRegion };
std::string_view to_string(FailureType type);

// The bytes that the buffers of one context held on a device at a refusal.
struct HeldThen {
    std::optional<ContextIndex> context;  // index into Model::contexts
    uint64_t buffers = 0;
    uint64_t bytes = 0;
};

// An allocation that was refused; a program whose circular buffers clash with a buffer or exceed L1 by themselves, or
// that is larger than the kernel-config ring; a trace that is larger than the trace region.
struct Failure {
    ProcessIndex process;
    uint64_t number = 0;  // in its process, from 0
    uint64_t time_ns = 0;
    FailureType type = FailureType::kOutOfMemory;
    std::optional<MemoryKind> kind;
    std::optional<int> mesh;
    std::vector<DeviceIndex> devices;
    std::string operation;                // empty unknown
    std::optional<ContextIndex> context;  // index into Model::contexts
    uint64_t requested_bytes = 0;
    uint64_t bytes_per_bank = 0;
    uint32_t banks = 0;
    Bytes largest_free_bytes_per_bank;
    uint64_t allocated_bytes = 0;  // then, on each device
    // Of a clash and of circular buffers beyond L1. Of a ring and of a trace `end_address` has the bytes wanted, and
    // the program is not known.
    uint64_t program_id = 0;
    std::string program;  // its kernels' names, while it lives; empty unknown
    std::optional<uint64_t> buffer_id;
    uint64_t end_address = 0;     // of the circular buffers
    uint64_t buffer_address = 0;  // of a clash: lower than that
    CoreSet cores;
    // Of an allocation the size of a bank, of circular buffers the size of a core's L1, of a ring or a trace the size of
    // the memory region; and the free bytes of a bank.
    Bytes limit_bytes;
    Bytes available_bytes;
    bool dataflow = false;                    // dataflow buffers, not circular ones
    bool worker_ring = false;                 // the ring of worker cores, not of Ethernet cores
    std::optional<bool> handled;              // true: the same call went on after it
    std::string exception;                    // its text without the backtrace; empty unknown
    std::optional<TensorIndex> tensor;        // whose memory was wanted: index into Model::tensors
    std::optional<AllocatorIndex> allocator;  // index into Model::allocators while its process lives
    std::vector<HeldThen> held;  // of its allocator and kind (a program's: L1), most bytes first, the largest alone
    Bytes missing_bytes() const {
        const uint64_t limit = type == FailureType::kClash ? buffer_address : limit_bytes.value_or(UINT64_MAX);
        return type != FailureType::kOutOfMemory && end_address > limit ? Bytes(end_address - limit) : std::nullopt;
    }
};

// ---------------------------------------------------------------------------------------------------------------------
// Layout: what lies at which address of one core or bank

enum class StretchType : uint8_t {
    kRegion,
    kBuffer,
    kFree,        // in a bank, in no buffer: the allocator may hand it out
    kUnexplained  // no source says what it is
};
std::string_view to_string(StretchType type);

struct Stretch {
    uint64_t address = 0;
    uint64_t bytes = 0;
    StretchType type = StretchType::kUnexplained;
    RegionType region = RegionType::kUnused;  // of a region
    MemoryKind kind = MemoryKind::kDram;      // of buffers and free stretches: whose bank it is
    std::string_view source;                  // what reported it
    std::optional<BufferIndex> buffer;        // index into Model::buffers, of the first one there
    uint32_t more_buffers = 0;                // further ones at these addresses, of other allocators
    uint64_t end() const { return address + bytes; }
};

// Sums over a layout. Together they are the physical size, always; none is worked out from the others.
struct LayoutSums {
    uint64_t region_bytes = 0;  // those that are no bank: firmware, ring, dispatch, arena, in no bank
    uint64_t buffer_bytes = 0;
    uint64_t free_bytes = 0;
    uint64_t unexplained_bytes = 0;
    uint64_t contested_bytes = 0;  // of them, reported twice in ways that exclude each other: 0 unless accounts differ
    bool operator==(const LayoutSums&) const = default;
};

// From address 0 to the end, without a gap and without an overlap.
struct Layout {
    bool l1 = false;
    std::optional<Core> core;  // absent: what all worker cores, or all banks, have in common
    bool in_bank = true;       // false: a core that no allocator hands out memory of
    uint64_t physical_bytes = 0;
    std::vector<Stretch> stretches;
    LayoutSums sums;
};

// ---------------------------------------------------------------------------------------------------------------------
// Free space of one allocator in one kind, as it is in each of its banks

struct FreeBlock {
    uint64_t address = 0;
    uint64_t bytes = 0;
    uint64_t end() const { return address + bytes; }
    auto operator<=>(const FreeBlock&) const = default;
};

struct FreeSpace {
    AllocatorIndex allocator;  // index into Model::allocators
    MemoryKind kind = MemoryKind::kDram;
    Banks banks;
    uint64_t allocated_bytes_per_bank = 0;
    uint64_t free_bytes_per_bank = 0;
    uint64_t largest_bytes_per_bank = 0;
    size_t block_count = 0;
    std::vector<FreeBlock> blocks;  // by address; left out of L1Summary
    bool top_down = false;          // new buffers are put at the upper end first (L1 and L1_SMALL), else at the lower
};

// The buffers that lie between two holes.
struct Wall {
    FreeBlock below;
    FreeBlock above;
    std::vector<BufferIndex> buffers;  // indexes into Model::buffers, by address
    uint64_t bytes = 0;                // theirs in a bank: freeing them joins the holes
};

// ---------------------------------------------------------------------------------------------------------------------
// The clash gauge: circular buffers grow up from the start of L1's banks, buffers down from their end

struct CoreGauge {
    Core core;
    // End of the circular buffers that are there; absent: none are.
    Bytes current_end;                            // of the program launched there last
    Bytes cached_end;                             // of any live program
    std::optional<ProgramIndex> current_program;  // indexes into Model::programs
    std::optional<ProgramIndex> cached_program;
    // Between the highest end and the lowest buffer (or the end of the banks). Negative: bytes that are missing.
    int64_t headroom_bytes = 0;
};

// A program that lives wants bytes that a buffer has: it cannot be launched now. Whether the next call of its operation
// fails is another matter: the operation may choose another program when it finds little L1 free.
struct ClashAhead {
    ProgramIndex program;               // index into Model::programs
    std::optional<BufferIndex> buffer;  // index into Model::buffers
    uint64_t end_address = 0;
    uint64_t buffer_address = 0;
    uint64_t missing_bytes = 0;
    CoreSet cores;
    // tt-metal refuses the launch of this program while both stand as they do. False: the buffer is another
    // allocator's, of which the program's knows nothing: it would be overwritten.
    bool refused = true;
};

struct ClashGauge {
    // The address at which L1's banks begin, and the lowest buffer; absent: no allocator has the device open.
    std::optional<uint64_t> base_address;
    std::optional<uint64_t> lowest_address;    // of the lowest L1 buffer, or the end of the banks
    std::optional<BufferIndex> lowest_buffer;  // index into Model::buffers; absent: there is none
    bool known = false;                        // false: some program's buffers are not known, or none was reported
    std::vector<CoreGauge> cores;              // with programs on them; tightest first
    std::vector<ClashAhead> ahead;             // most bytes missing first
};

// The sums over a device's L1, without its lists.
struct L1Summary {
    LayoutSums l1;    // of a worker core
    LayoutSums dram;  // of a bank
    Bytes l1_core_bytes;
    Bytes dram_bank_bytes;
    ClashGauge gauge;
    std::vector<FreeSpace> spaces;  // without their blocks
};

}  // namespace ttmem::api
