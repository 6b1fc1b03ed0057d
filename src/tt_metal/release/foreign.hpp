// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The foreign types that hooks pass through. They are opaque: a hook never declares a member of one. The few places
// that read a foreign object's bytes say so, and check the answer first.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ttmem::tt_metal {

struct Buffer;           // tt::tt_metal::Buffer
struct BufferImpl;       // tt::tt_metal::BufferImpl
struct Allocator;        // tt::tt_metal::AllocatorImpl (Allocator in 0.65.0)
struct AllocatorConfig;  // tt::tt_metal::AllocatorConfig
struct Device;           // tt::tt_metal::IDevice: a Device or a MeshDevice
struct MeshDevice;       // tt::tt_metal::distributed::MeshDevice; its IDevice stands at offset 0
struct MeshDeviceImpl;   // tt::tt_metal::distributed::MeshDeviceImpl
struct MeshBuffer;       // tt::tt_metal::distributed::MeshBuffer
struct GraphTracker;
struct ShardingArgs;
struct BufferRegion;
struct Hal;                   // tt::tt_metal::Hal
struct LaunchMessages;        // std::array<tt::tt_metal::LaunchMessageRingBufferState, 8>
struct ExpectedWorkers;       // std::array<uint32_t, 8>
struct Descriptor;            // tt::umd::ClusterDescriptor
struct Program;               // tt::tt_metal::detail::ProgramImpl
struct Kernel;                // tt::tt_metal::Kernel
struct CircularBufferImpl;    // tt::tt_metal::CircularBufferImpl
struct DataflowBuffer;        // tt::tt_metal::...::DataflowBufferImpl
struct DataflowConfig;        // tt::tt_metal::experimental::dfb::DataflowBufferConfig
struct CircularBufferMarker;  // tt::tt_metal::detail::ProgramImpl::CircularBufferAllocator
struct MeshQueue;             // tt::tt_metal::distributed::MeshCommandQueue
struct MeshWorkload;          // tt::tt_metal::distributed::MeshWorkload, and its MeshWorkloadImpl
struct MeshRange;             // tt::tt_metal::distributed::MeshCoordinateRange
struct MeshCoordinate;        // tt::tt_metal::distributed::MeshCoordinate
struct MeshView;              // tt::tt_metal::distributed::MeshDeviceView
struct MeshTensor;            // tt::tt_metal::MeshTensor
struct TensorSpec;            // tt::tt_metal::TensorSpec
struct TensorLayout;          // tt::tt_metal::TensorLayout
struct TensorTopology;        // tt::tt_metal::TensorTopology
struct MemoryConfig;          // tt::tt_metal::MemoryConfig
struct GlobalSemaphore;       // tt::tt_metal::GlobalSemaphoreImpl
struct MeshSocket;            // tt::tt_metal::distributed::MeshSocket, D2HSocket and H2DSocket
struct SocketConfig;          // tt::tt_metal::distributed::SocketConfig
struct MeshCore;              // tt::tt_metal::distributed::MeshCoreCoord
struct GlobalCircularBuffer;  // tt::tt_metal::experimental::GlobalCircularBuffer, and its GlobalCircularBufferImpl
struct RingManager;           // tt::tt_metal::WorkerConfigBufferMgr, and the first of an array of them
struct Arena;                 // tt::tt_metal::PersistentL1Arena
struct ServiceCoreManager;    // tt::tt_metal::internal::ServiceCoreManagerImpl
struct KernelMetadata;        // std::optional<tt::tt_metal::LLKMetadata>

// tt::tt_metal::Program: a handle that holds its implementation's address and nothing before it.
using ProgramHandle = Program* const;

struct SystemMemory;        // tt::tt_metal::SystemMemoryManager
struct MetalEnvironment;    // tt::tt_metal::MetalEnvImpl
struct CoreDescriptor;      // what tt-metal knows of a chip's cores for one way of dispatching
struct DispatchMetadata;    // tt::tt_metal::program_dispatch::ProgramDispatchMetadata
struct ChipIds;             // std::unordered_set<uint32_t>
struct SubDeviceNumber;     // tt::tt_metal::SubDeviceId
struct TraceMetadata;       // tt::tt_metal::trace_dispatch::TraceDispatchMetadata
struct PinnedMemory;        // tt::tt_metal::experimental::PinnedMemory
struct OptionalRegion;      // std::optional<tt::tt_metal::BufferRegion>
struct TransfersPerDevice;  // std::unordered_map<tt::tt_metal::IDevice*, uint32_t>

// std::vector<tt::tt_metal::MemoryPin> that is passed by value: the address of the caller's copy travels, and the caller
// destroys it (Itanium C++ ABI 3.1.2.3). Its address is all that is passed on.
class MemoryPins {
public:
    MemoryPins() = default;
    MemoryPins(const MemoryPins&) = delete;
    MemoryPins& operator=(const MemoryPins&) = delete;
    ~MemoryPins() {}  // NOLINT(modernize-use-equals-default): a class of bytes would travel in another way

private:
    std::array<void*, 3> foreign_{};
};

// tt::tt_metal::BufferType; the values are those of TT_ALLOC_DRAM and its fellows.
using BufferType = int32_t;

// std::optional<bool> and std::optional<SubDeviceId> travel by value in two bytes; hooks hand them on unread.
struct Optional8 {
    uint8_t value;
    uint8_t has_value;
};
static_assert(sizeof(Optional8) == 2);

// std::span<uint32_t const>.
struct Span32 {
    const uint32_t* data;
    size_t size;
};

// A std::span that is handed on unread.
struct ForeignSpan {
    const void* data;
    size_t size;
};

// tt::tt_metal::distributed::MeshTraceId, a uint32_t in a class of its own.
struct MeshTraceId {
    uint32_t value;
};

// tt::tt_metal::DispatchCoreConfig: the type of core (0 worker, 1 Ethernet) and a std::optional of the axis. Seen in
// the code that compares and returns it (0.78.0 to 0.81.1): 12 bytes, in two registers.
struct DispatchConfig {
    uint32_t type = 0;
    uint32_t axis = 0;
    uint8_t has_axis = 0;
    uint8_t reserved[3] = {};
};
static_assert(sizeof(DispatchConfig) == 12);

// tt::tt_metal::CoreRange, both ends inside; a CoreRangeSet is a vector of them.
struct ForeignCoreRange {
    size_t start_x, start_y, end_x, end_y;
};
using ForeignCoreRanges = std::vector<ForeignCoreRange>;

// tt::tt_metal::CircularBuffer: what its accessors are asked with.
struct CircularBufferView {
    const CircularBufferImpl* impl;
};

// std::span<std::shared_ptr<T> const>.
template <typename T>
struct SharedSpan {
    const std::shared_ptr<T>* data;
    size_t size;
};

// std::pair<ConfigBufferSync, std::vector<ConfigBufferEntry>&>: its bytes travel in two registers. Handed on unread.
struct RingReservation {
    uint64_t sync;
    void* entries;
};

// tt::tt_metal::PersistentL1Arena::Allocation; handed on unread.
struct ArenaAllocation {
    uint64_t id;
    uint64_t address;
    uint64_t size;
};

// tt::xy_pair.
struct Grid {
    size_t x;
    size_t y;
};

// tt::tt_metal::RuntimeArgsData: where a kernel's arguments are now, and how many words.
struct RuntimeArguments {
    const uint32_t* words;
    size_t count;
};

// tt::tt_metal::ShardSpecBuffer begins with the cores that shards lie on; the rest is small and holds no memory. Room
// for more than any release's (0x48 bytes in 0.81.1).
struct ShardSpecRoom {
    ForeignCoreRanges cores;
    std::byte rest[232];
};

// tt::tt_metal::Statistics: the first four numbers are of each bank. Up to 0.78.0 a vector follows, which is the
// caller's.
struct ForeignStatistics {
    uint64_t bank_bytes;
    uint64_t allocated_bytes;
    uint64_t free_bytes;
    uint64_t largest_free_bytes;
    void* addresses[3];
    uint64_t rest[8];
};

// std::unordered_map<CoreCoord, DeviceAddr>: a list of nodes, which follows the table of buckets.
struct CoreAddressNode {
    const CoreAddressNode* next;
    Grid core;
    uint64_t address;
};
struct CoreAddressMap {
    const void* buckets;
    size_t bucket_count;
    const CoreAddressNode* first;
    size_t size;
};

// The callback that a kernel calls for each scratchpad it binds: name, bytes on each core, and the word among its
// common runtime arguments that holds the address. 0.78.0 passes three arguments.
using ScratchpadVisitor = std::function<void(const std::string&, uint32_t, uint32_t, const KernelMetadata&)>;
using ScratchpadVisitor078 = std::function<void(const std::string&, uint32_t, uint32_t)>;

}  // namespace ttmem::tt_metal
