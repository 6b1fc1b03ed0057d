// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The hooked functions as tt-metal itself declares them: class or namespace, static or not, arguments, result. The
// compiler derives from these what a stand-in must look like (stand_in_type.hpp), and mangles them as tt-metal's own
// compiler did, so that signatures_test links only if every name in names.hpp is one of these declarations.
//
// A mangled name holds the arguments, but neither the result nor whether there is a `this`. Those two come from the
// public headers of tt-metal (tt_metal/impl, tt_metal/distributed and tt_metal/api of the releases 0.65.0 to 0.81.1),
// and tests/e2e/test_signatures.py proves them against the machine code and the calls of each release.
//
// Declarations only: nothing here is defined, and no member is ever read through these types.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace ttsl {

template <typename T, typename Tag>
class StrongType {
    T value_;
};
template <typename T, size_t alignment>
struct aligned_allocator {
    using value_type = T;
    template <typename U>
    struct rebind {
        using other = aligned_allocator<U, alignment>;
    };
    T* allocate(size_t);
    void deallocate(T*, size_t);
};

}  // namespace ttsl

namespace tt {

struct xy_pair {
    size_t x;
    size_t y;
};
using CoreCoord = xy_pair;
using ChipId = int;

}  // namespace tt

namespace tt::tt_metal {

using DeviceAddr = uint64_t;
enum class BufferType : int32_t;
class BufferRegion {};
class BufferShardingArgs;
class CoreRangeSet;
class Hal;
class IDevice;
class MemoryPin;
class LaunchMessageRingBufferState {};
class Program;
// Passed by value, they travel by the address of a copy: so these two are not trivial, and signatures_test, which makes
// copies, needs no symbol for it.
class TensorSpec {
public:
    TensorSpec(const TensorSpec&) {}  // NOLINT(modernize-use-equals-default)
    ~TensorSpec() {}                  // NOLINT(modernize-use-equals-default)
};
class TensorTopology {
public:
    TensorTopology(const TensorTopology&) {}  // NOLINT(modernize-use-equals-default)
    ~TensorTopology() {}                      // NOLINT(modernize-use-equals-default)
};
class SystemMemoryManager;
namespace distributed {
class MeshBuffer;
class MeshDevice;
}  // namespace distributed

class MeshTensor {
public:
    MeshTensor(std::shared_ptr<distributed::MeshBuffer>, TensorSpec, TensorTopology);
    void update_tensor_topology(TensorTopology);  // 0.72.0
};
void update_tensor_topology(MeshTensor&, TensorTopology);
struct AllocatorConfig;
struct SubDeviceIdTag;
using SubDeviceId = ttsl::StrongType<uint8_t, SubDeviceIdTag>;

// Up to 0.78.0 create and view are members of Buffer, from 0.79.0 on of BufferImpl.
class Buffer {
public:
    ~Buffer();
    static std::shared_ptr<Buffer> create(IDevice*, DeviceAddr address, DeviceAddr size, DeviceAddr page_size,
                                          BufferType, const BufferShardingArgs&, std::optional<bool> bottom_up,
                                          std::optional<SubDeviceId>);
    std::shared_ptr<Buffer> view(const BufferRegion&);
};

struct BufferImpl {
    static std::shared_ptr<Buffer> create(IDevice*, DeviceAddr address, DeviceAddr size, DeviceAddr page_size,
                                          BufferType, const BufferShardingArgs&, std::optional<bool> bottom_up,
                                          std::optional<SubDeviceId>);
    std::shared_ptr<Buffer> view(Buffer& whole, const BufferRegion&);
};

class AllocatorImpl {
public:
    explicit AllocatorImpl(const AllocatorConfig&);
    ~AllocatorImpl();
    DeviceAddr allocate_buffer(Buffer*);
    void deallocate_buffer(Buffer*);
    void deallocate_buffers();
    void clear();
};

// 0.65.0; later a wrapper that keeps deallocate_buffers.
class Allocator {
public:
    explicit Allocator(const AllocatorConfig&);
    ~Allocator();
    DeviceAddr allocate_buffer(Buffer*);
    void deallocate_buffer(Buffer*);
    void deallocate_buffers();
    void clear();
};

class GraphTracker {
public:
    bool hook_allocate(const Buffer*);
};

// 0.81.1 and later.
class PersistentL1Arena {
public:
    struct Allocation {
        uint64_t id;
        DeviceAddr address;
        DeviceAddr size;
    };
    PersistentL1Arena(DeviceAddr base, DeviceAddr limit, const CoreRangeSet& worker_grid);
    Allocation allocate(const CoreRangeSet&, DeviceAddr size, DeviceAddr alignment);
    void deallocate(uint64_t id);
};

namespace internal {
// 0.78.0 and later.
class ServiceCoreManagerImpl {
public:
    DeviceAddr allocate_l1(IDevice*, CoreCoord, size_t size);
    void reserve_l1_to_top(IDevice*, CoreCoord, DeviceAddr);
    void deallocate_l1(IDevice*, CoreCoord, DeviceAddr);
    void release(IDevice*, const std::vector<CoreCoord>&);
    void on_device_close(ChipId);
};
}  // namespace internal

struct ConfigBufferSync {
    bool need_sync;
    uint32_t sync_count;
};
struct ConfigBufferEntry;
class WorkerConfigBufferMgr {
public:
    void init_add_buffer(uint32_t base, uint32_t size);
    std::pair<ConfigBufferSync, std::vector<ConfigBufferEntry>&> reserve(const std::vector<uint32_t>& sizes);
    void free(uint32_t up_to);
    void alloc(uint32_t when_freeable);
    void mark_completely_full(uint32_t sync);
};
template <typename T>
using DispatchArray = std::array<T, 8>;
using LaunchMessageArray = DispatchArray<LaunchMessageRingBufferState>;
using ExpectedWorkersArray = DispatchArray<uint32_t>;
using ConfigBufferArray = DispatchArray<WorkerConfigBufferMgr>;

namespace program_dispatch {
void reset_config_buf_mgrs_and_expected_workers(const Hal&, ConfigBufferArray&, ExpectedWorkersArray& expected_workers,
                                                uint32_t count, uint32_t l1_base);
// Up to 0.67.0.
void reset_config_buf_mgrs_and_expected_workers(ConfigBufferArray&, ExpectedWorkersArray& expected_workers,
                                                uint32_t count, uint32_t l1_base);
struct ProgramDispatchMetadata;
using DispatchData = std::span<const std::vector<uint32_t, ttsl::aligned_allocator<uint32_t, 16>>>;
void reset_worker_dispatch_state_on_device(distributed::MeshDevice*, SystemMemoryManager&, uint8_t queue, xy_pair core,
                                           const ExpectedWorkersArray&, bool reset_launch_messages, DispatchData);
// Up to 0.78.0.
void reset_worker_dispatch_state_on_device(distributed::MeshDevice*, SystemMemoryManager&, uint8_t queue, xy_pair core,
                                           const ExpectedWorkersArray&, bool reset_launch_messages);
}  // namespace program_dispatch

namespace event_dispatch {
void issue_wait_for_event_commands(uint8_t queue, uint8_t queue_of_event, SystemMemoryManager&, uint32_t event);
}  // namespace event_dispatch

struct DispatchCoreConfig;
struct CoreDescriptorConfig;
class MetalEnvImpl {
public:
    const CoreDescriptorConfig& get_core_descriptor_config(int chip, uint8_t queues, const DispatchCoreConfig&);
};

namespace trace_dispatch {
struct TraceDispatchMetadata;
void issue_trace_commands(distributed::MeshDevice*, SystemMemoryManager&, const TraceDispatchMetadata&, uint8_t queue,
                          const ExpectedWorkersArray&, xy_pair core);
void reset_host_dispatch_state_for_trace(uint32_t sub_devices, LaunchMessageArray&,
                                         ExpectedWorkersArray& expected_workers, ConfigBufferArray&,
                                         LaunchMessageArray& saved_messages, ExpectedWorkersArray& saved_workers,
                                         ConfigBufferArray& saved);
void load_host_dispatch_state(uint32_t sub_devices, LaunchMessageArray&, ExpectedWorkersArray& expected_workers,
                              ConfigBufferArray&, LaunchMessageArray& saved_messages,
                              ExpectedWorkersArray& saved_workers, ConfigBufferArray& saved);
}  // namespace trace_dispatch

class GlobalSemaphoreImpl {
public:
    void setup_buffer(std::optional<uint32_t> initial_value, BufferType, std::optional<uint64_t> address);
};

namespace experimental {
// Up to 0.78.0 it sets up its buffers itself, from 0.79.0 on its implementation does.
class GlobalCircularBuffer {
public:
    void setup_cb_buffers(BufferType, uint32_t most_receivers);
};
class GlobalCircularBufferImpl {
public:
    void setup_cb_buffers(BufferType, uint32_t most_receivers);
};
class PinnedMemory;
namespace dfb {
struct DataflowBufferConfig;
}  // namespace dfb
}  // namespace experimental

namespace detail {
class ProgramImpl {
public:
    struct CircularBufferAllocator {
        void mark_address(uint64_t address, uint64_t size, uint64_t base);
    };
    ~ProgramImpl();
    void compile(IDevice*, bool force_slow_dispatch);
    void compile_and_allocate(IDevice*, bool force_slow_dispatch);
    void allocate_circular_buffers(const IDevice*);
    void validate_circular_buffer_region(const IDevice*);
    uint32_t add_dataflow_buffer(const CoreRangeSet&, const experimental::dfb::DataflowBufferConfig&);
};
}  // namespace detail

using CBHandle = uintptr_t;
void UpdateCircularBufferTotalSize(Program&, CBHandle, uint32_t total_size);
void UpdateDynamicCircularBufferAddress(Program&, CBHandle, const Buffer&);
void UpdateDynamicCircularBufferAddress(Program&, CBHandle, const Buffer&, uint32_t offset);
void UpdateDynamicCircularBufferAddress(Program&, CBHandle, const MeshTensor&);
void UpdateDynamicCircularBufferAddressAndTotalSize(Program&, CBHandle, const Buffer&, uint32_t total_size);
void UpdateDynamicCircularBufferAddressAndTotalSize(Program&, CBHandle, const MeshTensor&, uint32_t total_size);
namespace experimental {
void UpdateDynamicCircularBufferAddress(Program&, CBHandle, const GlobalCircularBuffer&);
}  // namespace experimental

namespace distributed {

class MeshCommandQueue;
class MeshCoordinate;
class MeshCoordinateRange;
class MeshWorkload;
struct MeshCoreCoord;
struct MeshTraceIdTag;
struct SocketConfig;
using MeshTraceId = ttsl::StrongType<uint32_t, MeshTraceIdTag>;

class MeshBuffer {
public:
    void initialize_device_buffers();
};

// 0.65.0: reached through the vtable in every release.
class MeshDevice {
public:
    bool initialize(uint8_t queues, size_t l1_small, size_t trace, size_t worker_l1,
                    std::span<const uint32_t> l1_bank_remap, bool minimal);
};

class MeshDeviceImpl {
public:
    void end_mesh_trace(uint8_t queue, const MeshTraceId&);
    void release_mesh_trace(const MeshTraceId&);
    bool initialize_impl(MeshDevice*, uint8_t queues, size_t l1_small, size_t trace, size_t worker_l1,
                         std::span<const uint32_t> l1_bank_remap, bool minimal);
    void begin_mesh_trace(uint8_t queue, const MeshTraceId&);
};

class FDMeshCommandQueue {
public:
    void read_shard_from_device(const MeshBuffer&, const MeshCoordinate&, void* to,
                                std::shared_ptr<experimental::PinnedMemory>, const std::optional<BufferRegion>&,
                                std::unordered_map<IDevice*, uint32_t>& transfers, std::span<const SubDeviceId>);
    void submit_memcpy_request(std::unordered_map<IDevice*, uint32_t>& transfers, bool blocking,
                               std::vector<MemoryPin>);
    void submit_memcpy_request(std::unordered_map<IDevice*, uint32_t>& transfers, bool blocking);  // 0.66.0 and before
    using ChipIds = std::unordered_set<uint32_t>;
    void write_go_signal_sequences_to_unused_sub_grids(const ChipIds&, const SubDeviceId&, uint32_t workers, bool,
                                                       const program_dispatch::ProgramDispatchMetadata&);
    // 0.80.0.
    void write_go_signal_sequences_to_unused_sub_grids(const ChipIds&, const SubDeviceId&, uint32_t workers, bool, bool,
                                                       const program_dispatch::ProgramDispatchMetadata&);
    // 0.78.0.
    void write_go_signal_sequences_to_unused_sub_grids(ChipIds&, const SubDeviceId&, uint32_t workers, bool, bool,
                                                       const program_dispatch::ProgramDispatchMetadata&);
    // 0.72.0 and before.
    void write_go_signal_to_unused_sub_grids(ChipIds&, const SubDeviceId&, uint32_t workers, bool, bool,
                                             const program_dispatch::ProgramDispatchMetadata&);
};

class MeshSocket {
public:
    MeshSocket(const std::shared_ptr<MeshDevice>&, const SocketConfig&);
};

// 0.78.0 and later.
class D2HSocket {
public:
    enum class ProcessScope : int32_t;
    D2HSocket(const std::shared_ptr<MeshDevice>&, const MeshCoreCoord&, uint32_t fifo_bytes, ProcessScope);
};
enum class H2DMode : int32_t;
class H2DSocket {
public:
    H2DSocket(const std::shared_ptr<MeshDevice>&, const MeshCoreCoord&, BufferType, uint32_t fifo_bytes, H2DMode);
};

class MeshWorkloadImpl {
public:
    void add_program(const MeshCoordinateRange&, Program&&);
    void load_binaries(MeshCommandQueue&);
    void finalize_offsets(MeshDevice*);
};

void EnqueueMeshWorkload(MeshCommandQueue&, MeshWorkload&, bool blocking);

}  // namespace distributed

// Up to 0.66.0 in ttnn's own library.
namespace tensor_impl {
std::shared_ptr<distributed::MeshBuffer> allocate_device_buffer(distributed::MeshDevice*, const TensorSpec&);
}  // namespace tensor_impl

}  // namespace tt::tt_metal
