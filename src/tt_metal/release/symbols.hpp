// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The symbols of libtt_metal.so, found once: the functions that our stand-ins replace, and those that hooks call.
//
// Nothing is looked up before the first hooked call, so a process without tt-metal (a shell, git) pays for one getenv.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "tt_metal/release/foreign.hpp"
#include "tt_metal/release/known_releases.hpp"
#include "tt_metal/release/library.hpp"

namespace ttmem::tt_metal {

struct BufferFamily;

// The functions that our stand-ins replace. A stand-in is called only where the library refers to the name, and a
// library that refers to it defines it: the one that is called is never null.
struct Originals {
    // Called for every buffer.
    uint64_t (*allocate_buffer)(Allocator*, Buffer*) = nullptr;
    void (*deallocate_buffer)(Allocator*, Buffer*) = nullptr;
    bool (*hook_allocate)(GraphTracker*, const Buffer*) = nullptr;
    void (*buffer_gone)(Buffer*) = nullptr;
    void (*mesh_handles)(MeshBuffer*) = nullptr;
    std::shared_ptr<Buffer> (*create_at)(Device*, uint64_t, uint64_t, uint64_t, BufferType, const ShardingArgs*,
                                         Optional8, Optional8) = nullptr;
    std::shared_ptr<MeshBuffer> (*allocate_device_buffer)(MeshDevice*, const TensorSpec*) = nullptr;
    void (*tensor_made)(MeshTensor*, std::shared_ptr<MeshBuffer>*, const TensorSpec*, const TensorTopology*) = nullptr;
    void (*tensor_distributed)(MeshTensor*, const TensorTopology*) = nullptr;

    // Called for every launch.
    void (*enqueue_workload)(MeshQueue*, MeshWorkload*, bool) = nullptr;
    void (*compile_and_allocate)(Program*, Device*, bool) = nullptr;
    void (*allocate_circular_buffers)(Program*, const Device*) = nullptr;
    void (*validate_circular_buffers)(Program*, const Device*) = nullptr;
    RingReservation (*ring_reserve)(RingManager*, const std::vector<uint32_t>*) = nullptr;
    void (*ring_free)(RingManager*, uint32_t) = nullptr;
    void (*ring_alloc)(RingManager*, uint32_t) = nullptr;
    void (*load_binaries)(MeshWorkload*, MeshQueue*) = nullptr;

    // Called seldom.
    void (*deallocate_buffers)(Allocator*) = nullptr;
    void (*allocator_clear)(Allocator*) = nullptr;
    void (*allocator_created)(Allocator*, const AllocatorConfig*) = nullptr;
    void (*allocator_gone)(Allocator*) = nullptr;
    void (*allocator_gone_whole)(Allocator*) = nullptr;
    // The wrapper class of 0.66.0 and later has deallocate_buffers too; in 0.65.0 it is the allocator's own.
    void (*wrapper_deallocate_buffers)(Allocator*) = nullptr;
    std::shared_ptr<Buffer> (*view)(BufferImpl*, Buffer*, const BufferRegion*) = nullptr;  // 0.79.0 and later
    std::shared_ptr<Buffer> (*view_078)(Buffer*, const BufferRegion*) = nullptr;
    void (*program_compile)(Program*, Device*, bool) = nullptr;
    void (*program_gone)(Program*) = nullptr;
    void (*mark_address)(CircularBufferMarker*, uint64_t, uint64_t, uint64_t) = nullptr;
    uint32_t (*add_dataflow_buffer)(Program*, const ForeignCoreRanges*, const DataflowConfig*) = nullptr;
    void (*resize_circular_buffer)(ProgramHandle*, uint64_t, uint32_t) = nullptr;
    void (*place_in_buffer)(ProgramHandle*, uint64_t, const Buffer*) = nullptr;
    void (*place_in_buffer_at)(ProgramHandle*, uint64_t, const Buffer*, uint32_t) = nullptr;
    void (*place_in_tensor)(ProgramHandle*, uint64_t, const MeshTensor*) = nullptr;
    void (*place_and_resize_in_buffer)(ProgramHandle*, uint64_t, const Buffer*, uint32_t) = nullptr;
    void (*place_and_resize_in_tensor)(ProgramHandle*, uint64_t, const MeshTensor*, uint32_t) = nullptr;
    void (*place_in_global)(ProgramHandle*, uint64_t, const GlobalCircularBuffer*) = nullptr;
    void (*add_program)(MeshWorkload*, const MeshRange*, ProgramHandle*) = nullptr;
    void (*lay_out_in_ring)(MeshWorkload*, MeshDevice*) = nullptr;
    void (*rings_reset)(const Hal*, RingManager*, ExpectedWorkers*, uint32_t, uint32_t) = nullptr;
    void (*rings_reset_067)(RingManager*, ExpectedWorkers*, uint32_t, uint32_t) = nullptr;
    void (*ring_init)(RingManager*, uint32_t, uint32_t) = nullptr;
    void (*ring_fill)(RingManager*, uint32_t) = nullptr;
    void (*trace_begins)(uint32_t, LaunchMessages*, ExpectedWorkers*, RingManager*, LaunchMessages*, ExpectedWorkers*,
                         RingManager*) = nullptr;
    void (*trace_ends)(uint32_t, LaunchMessages*, ExpectedWorkers*, RingManager*, LaunchMessages*, ExpectedWorkers*,
                       RingManager*) = nullptr;
    uint64_t (*service_allocate)(ServiceCoreManager*, Device*, Grid core, size_t) = nullptr;
    void (*service_reserve)(ServiceCoreManager*, Device*, Grid core, uint64_t) = nullptr;
    void (*service_deallocate)(ServiceCoreManager*, Device*, Grid core, uint64_t) = nullptr;
    void (*service_release)(ServiceCoreManager*, Device*, const std::vector<Grid>*) = nullptr;
    void (*service_device_close)(ServiceCoreManager*, int) = nullptr;
    void (*arena_created)(Arena*, uint64_t, uint64_t, const ForeignCoreRanges*) = nullptr;
    ArenaAllocation (*arena_allocate)(Arena*, const ForeignCoreRanges*, uint64_t, uint64_t) = nullptr;
    void (*arena_deallocate)(Arena*, uint64_t) = nullptr;
    void (*trace_end)(MeshDeviceImpl*, uint8_t, const MeshTraceId*) = nullptr;
    void (*trace_release)(MeshDeviceImpl*, const MeshTraceId*) = nullptr;
    void (*semaphore_buffer)(GlobalSemaphore*, std::optional<uint32_t>, BufferType, std::optional<uint64_t>) = nullptr;
    void (*global_buffers)(GlobalCircularBuffer*, BufferType, uint32_t) = nullptr;
    void (*mesh_socket)(MeshSocket*, const std::shared_ptr<MeshDevice>*, const SocketConfig*) = nullptr;
    void (*device_to_host)(MeshSocket*, const std::shared_ptr<MeshDevice>*, const MeshCore*, uint32_t,
                           int32_t) = nullptr;
    void (*host_to_device)(MeshSocket*, const std::shared_ptr<MeshDevice>*, const MeshCore*, BufferType, uint32_t,
                           int32_t) = nullptr;
    // Stood in for in a dry run alone.
    void (*begin_mesh_trace)(MeshDeviceImpl*, uint8_t, const MeshTraceId*) = nullptr;
    void (*issue_trace)(MeshDevice*, SystemMemory*, const TraceMetadata*, uint8_t, const ExpectedWorkers*,
                        Grid) = nullptr;
    void (*issue_event_wait)(uint8_t, uint8_t, SystemMemory*, uint32_t) = nullptr;
    void (*reset_workers)(MeshDevice*, SystemMemory*, uint8_t, Grid, const ExpectedWorkers*, bool,
                          ForeignSpan) = nullptr;
    void (*reset_workers_078)(MeshDevice*, SystemMemory*, uint8_t, Grid, const ExpectedWorkers*, bool) = nullptr;
    const CoreDescriptor* (*core_descriptor)(MetalEnvironment*, int, uint8_t, const DispatchConfig*) = nullptr;
    void (*read_shard)(MeshQueue*, const MeshBuffer*, const MeshCoordinate*, void*, std::shared_ptr<PinnedMemory>,
                       const OptionalRegion*, TransfersPerDevice*, ForeignSpan) = nullptr;
    void (*submit_reads)(MeshQueue*, TransfersPerDevice*, bool, MemoryPins*) = nullptr;  // by the copy's address
    void (*submit_reads_066)(MeshQueue*, TransfersPerDevice*, bool) = nullptr;
    void (*go_signals)(MeshQueue*, const ChipIds*, const SubDeviceNumber*, uint32_t, bool,
                       const DispatchMetadata*) = nullptr;
    void (*go_signals_080)(MeshQueue*, const ChipIds*, const SubDeviceNumber*, uint32_t, bool, bool,
                           const DispatchMetadata*) = nullptr;
    void (*go_signals_078)(MeshQueue*, ChipIds*, const SubDeviceNumber*, uint32_t, bool, bool,
                           const DispatchMetadata*) = nullptr;

    bool (*mesh_opened)(MeshDeviceImpl*, MeshDevice*, uint8_t, size_t, size_t, size_t, Span32, bool) = nullptr;
    bool (*mesh_opened_065)(MeshDevice*, uint8_t, size_t, size_t, size_t, Span32, bool) = nullptr;
};

// The state that nearly every stand-in reads, on cache lines of its own: how buffers are read (tracking.hpp), how many
// have been noted (noted_buffers.hpp) and the originals. find_symbols() fills it, and tracking() calls that: after a
// call of tracking() a stand-in can pass on without symbols().
struct alignas(128) Hot {
    std::atomic<const BufferFamily*> family{nullptr};
    std::atomic<uint64_t> noted{0};
    std::atomic<uint64_t> traces{0};    // captured and not released (traces.hpp)
    std::atomic<bool> any_mesh{false};  // a mesh of several chips has been open
    Originals original;
    Buffer* (*mesh_backing)(const MeshBuffer*) = nullptr;  // not stood in for, but asked for each tensor
};
extern Hot g_hot;

// The functions that hooks call. Which are present depends on the release; those without which there is no tracking are
// in missing(). Returned containers are the host's libstdc++ types.
struct Api {
    uint64_t (*buffer_page_size)(const Buffer*) = nullptr;
    uint64_t (*buffer_size_per_bank)(const Buffer*) = nullptr;
    uint32_t (*buffer_address)(const Buffer*) = nullptr;

    uint64_t (*buffer_aligned_page_size)(const Buffer*) = nullptr;
    bool (*buffer_is_per_core)(const Buffer*) = nullptr;
    const CoreAddressMap* (*buffer_core_addresses)(const Buffer*) = nullptr;  // returns a reference
    bool (*buffer_is_range_lockstep)(const Buffer*) = nullptr;
    ShardSpecRoom (*buffer_shard_spec)(const Buffer*) = nullptr;

    void* (*statistics)(ForeignStatistics* result, const Allocator*, const BufferType*) = nullptr;
    uint32_t (*num_banks)(const Allocator*, const BufferType*) = nullptr;
    uint64_t (*bank_size)(const Allocator*, const BufferType*) = nullptr;
    uint32_t (*alignment)(const Allocator*, BufferType) = nullptr;
    uint32_t (*base_address)(const Allocator*, const uint8_t* memory) = nullptr;  // HalMemType: 0 L1, 1 DRAM

    Grid (*bank_core)(const Allocator*, uint32_t bank) = nullptr;  // of an L1 bank

    std::vector<std::pair<uint64_t, uint64_t>> (*arena_ranges_on)(const Arena*, const Grid* core) = nullptr;

    const void* device_vtable = nullptr;  // what the first word of a Device / MeshDevice holds
    const void* mesh_vtable = nullptr;
    int (*mesh_id)(const MeshDevice*) = nullptr;
    std::vector<int> (*mesh_device_ids)(const MeshDevice*) = nullptr;
    std::vector<Device*> (*mesh_devices)(const MeshDevice*) = nullptr;
    const std::shared_ptr<MeshDevice>* (*mesh_parent)(const MeshDevice*) = nullptr;  // returns a reference
    Allocator* const* (*mesh_allocator)(const MeshDevice*) = nullptr;                // a reference to a unique_ptr
    Device* (*active_device)(int chip) = nullptr;  // nullptr when that chip is not open
    uint32_t (*device_arch)(const Device*) = nullptr;
    Grid (*device_grid)(const Device*) = nullptr;
    uint32_t (*device_l1_size)(const Device*) = nullptr;
    uint32_t (*device_dram_size)(const Device*) = nullptr;
    int (*device_dram_channels)(const Device*) = nullptr;

    const MeshView* (*mesh_view)(const MeshDevice*) = nullptr;
    std::vector<Device*> (*view_devices_in)(const MeshView*, const MeshRange*) = nullptr;
    const MeshCoordinate* (*range_start)(const MeshRange*) = nullptr;
    const MeshCoordinate* (*range_end)(const MeshRange*) = nullptr;
    void (*range_make)(void*, const void* start, const void* end) = nullptr;
    Span32 (*coordinate_values)(const MeshCoordinate*) = nullptr;
    void (*coordinate_make)(void*, Span32 values) = nullptr;

    uint8_t (*tensor_data_type)(const TensorLayout*) = nullptr;  // these seven in 0.78.0 and later
    uint8_t (*tensor_layout)(const TensorLayout*) = nullptr;
    const MemoryConfig* (*tensor_memory)(const TensorLayout*) = nullptr;  // returns a reference
    uint8_t (*memory_layout)(const MemoryConfig*) = nullptr;
    uint8_t (*memory_type)(const MemoryConfig*) = nullptr;
    const void* (*memory_shards)(const MemoryConfig*) = nullptr;     // reference to an optional ShardSpec
    const void* (*memory_nd_shards)(const MemoryConfig*) = nullptr;  // to an optional NdShardSpec

    const MeshBuffer* (*tensor_buffer)(const MeshTensor*) = nullptr;  // returns a reference, as the next; these throw
    const TensorSpec* (*tensor_spec)(const MeshTensor*) = nullptr;
    void* (*topology_sharded)(void* result, const void* mesh_shape, int dimension) = nullptr;
    void* (*topology_replicated)(void* result, const void* mesh_shape) = nullptr;
    void (*mesh_shape_make)(void*, uint32_t rows, uint32_t columns) = nullptr;

    uint64_t (*program_id)(const Program*) = nullptr;
    const uint32_t* (*program_config_size)(Program*, uint32_t core_type) = nullptr;
    const std::unordered_map<uint32_t, std::shared_ptr<Kernel>>* (*program_kernels)(Program*, uint32_t) = nullptr;
    SharedSpan<CircularBufferImpl> (*program_circular_buffers)(const Program*) = nullptr;
    const std::vector<std::shared_ptr<DataflowBuffer>>* (*program_dataflow_buffers)(const Program*) = nullptr;
    uint32_t (*circular_buffer_size)(const CircularBufferView*) = nullptr;
    bool (*circular_buffer_is_global)(const CircularBufferView*) = nullptr;
    const ForeignCoreRanges* (*circular_buffer_cores)(const CircularBufferView*) = nullptr;
    uint64_t (*circular_buffer_id)(const CircularBufferView*) = nullptr;
    const std::unordered_set<uint8_t>* (*circular_buffer_indices)(const CircularBufferView*) = nullptr;  // reference
    uint8_t (*circular_buffer_format)(const CircularBufferView*, uint32_t index) = nullptr;  // throws for others
    uint32_t (*circular_buffer_address)(const CircularBufferImpl*) = nullptr;
    std::string (*kernel_name)(const Kernel*) = nullptr;
    ForeignCoreRanges (*kernel_cores)(const Kernel*) = nullptr;
    uint32_t (*kernel_packed_size)(const Kernel*, Device*, int binary) = nullptr;
    void (*kernel_scratchpads)(const Kernel*, const ScratchpadVisitor&) = nullptr;
    void (*kernel_scratchpads_078)(const Kernel*, ScratchpadVisitor078) = nullptr;
    const RuntimeArguments* (*kernel_common_arguments)(Kernel*) = nullptr;  // returns a reference
    const void* compute_kernel_vtable = nullptr;
    const void* ethernet_kernel_vtable = nullptr;

    int (*context_of_device)(const Device*) = nullptr;
    void* (*context)(int) = nullptr;
    void* (*context_067)() = nullptr;
    bool (*context_exists)(int) = nullptr;
    void* (*cluster)(void* context) = nullptr;
    uint32_t (*max_worker_l1)() = nullptr;  // from the kernel-config area to the end of L1
    void* (*dispatch_core_manager)(void* context) = nullptr;
    std::vector<Grid> (*dispatch_cores)(void* manager, int chip) = nullptr;
    DispatchConfig (*dispatch_config)(void* manager) = nullptr;
    const void* const* (*cluster_driver)(const void* cluster) = nullptr;  // a reference to a unique_ptr
    const void* (*driver_chip)(const void* driver, int chip) = nullptr;
    const void* mock_chip_vtable = nullptr;  // what the first word of a mock's chip holds
    const Descriptor* (*cluster_descriptor)(const void* cluster) = nullptr;
    uint32_t (*cluster_board_type)(const void* cluster, int chip) = nullptr;
    bool (*mock_registered)() = nullptr;
    const std::unordered_map<int, uint64_t>* (*unique_ids)(const Descriptor*) = nullptr;
    bool (*unique_ids_authentic)(const Descriptor*) = nullptr;
    uint64_t (*board_id)(const Descriptor*, int chip) = nullptr;
    uint32_t (*board_type)(const Descriptor*, int chip) = nullptr;
    uint32_t (*board_type_from_id)(uint64_t board_id) = nullptr;
    bool (*is_mmio)(const Descriptor*, int chip) = nullptr;
    const std::unordered_map<int, int>* (*mmio_chips)(const Descriptor*) = nullptr;
};

struct Symbols {
    Library library;
    bool is_065 = false;  // the allocator is the class Allocator
    Api api;

    // Whether programs can be followed: all that reading one needs is there. Buffers are tracked without.
    bool programs_known = false;
    bool traces_followed = false;                       // captures and releases pass by: 0.78.0 and later
    LayoutTrust dataflow_layout = LayoutTrust::kOther;  // of what program_reader.cpp reads at offsets
    // Whether programs may have scratchpads, and whether those can be read.
    bool has_scratchpads = false;
    bool scratchpads_known = false;
    LayoutTrust arena_layout = LayoutTrust::kOther;  // of what arenas.cpp reads at offsets

    // The first symbol that tracking needs and the library lacks; nullptr when nothing is missing.
    const char* missing() const noexcept;
};

// The symbols found. Never destroyed: hooks are called until the very end of the process, after static destructors.
extern std::atomic<const Symbols*> g_symbols;
const Symbols& find_symbols() noexcept;

// Looks everything up at the first call; later ones are a load and a branch. Thread safe, fork safe.
inline const Symbols& symbols() noexcept {
    const Symbols* found = g_symbols.load(std::memory_order_acquire);
    return __builtin_expect(found != nullptr, 1) ? *found : find_symbols();
}

inline const Originals& originals() noexcept {
    symbols();
    return g_hot.original;
}

}  // namespace ttmem::tt_metal
