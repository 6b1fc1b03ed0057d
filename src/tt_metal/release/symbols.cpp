// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/release/symbols.hpp"

#include <atomic>
#include <mutex>
#include <new>

#include "base/fork_lock.hpp"
#include "tt_metal/release/known_releases.hpp"
#include "tt_metal/release/names.hpp"
#include "tt_metal/release/requirements.hpp"

namespace ttmem::tt_metal {
namespace {

template <typename T>
void take(const Library& library, T& target, const char* name) noexcept {
    target = reinterpret_cast<T>(library.symbol(name));
}

// The second name is the one that earlier releases have.
template <typename T>
void take_either(const Library& library, T& target, const char* name, const char* earlier) noexcept {
    take(library, target, name);
    if (target == nullptr) {
        take(library, target, earlier);
    }
}

// A vtable symbol begins with offset-to-top and type info; an object's first word points past them.
const void* vtable_of_objects(const Library& library, const char* name) noexcept {
    auto* table = static_cast<const char*>(library.symbol(name));
    return table != nullptr ? table + 2 * sizeof(void*) : nullptr;
}

void take_originals(const Library& lib, bool is_065, Originals& o) noexcept {
    take(lib, o.allocate_buffer, is_065 ? TTMEM_065_ALLOCATE_BUFFER : TTMEM_ALLOCATE_BUFFER);
    take(lib, o.deallocate_buffer, is_065 ? TTMEM_065_DEALLOCATE_BUFFER : TTMEM_DEALLOCATE_BUFFER);
    take(lib, o.deallocate_buffers, is_065 ? TTMEM_065_DEALLOCATE_BUFFERS : TTMEM_DEALLOCATE_BUFFERS);
    take(lib, o.allocator_clear, is_065 ? TTMEM_065_ALLOCATOR_CLEAR : TTMEM_ALLOCATOR_CLEAR);
    take(lib, o.allocator_created, is_065 ? TTMEM_065_ALLOCATOR_CREATED : TTMEM_ALLOCATOR_CREATED);
    take(lib, o.allocator_gone, is_065 ? TTMEM_065_ALLOCATOR_GONE : TTMEM_ALLOCATOR_GONE);
    take(lib, o.allocator_gone_whole, is_065 ? TTMEM_065_ALLOCATOR_GONE_WHOLE : TTMEM_ALLOCATOR_GONE_WHOLE);
    take(lib, o.wrapper_deallocate_buffers, TTMEM_065_DEALLOCATE_BUFFERS);
    take(lib, o.hook_allocate, TTMEM_HOOK_ALLOCATE);
    take(lib, o.buffer_gone, TTMEM_BUFFER_GONE);
    take(lib, o.mesh_handles, TTMEM_MESH_HANDLES);
    take(lib, o.allocate_device_buffer, TTMEM_ALLOCATE_DEVICE_BUFFER);
    if (o.allocate_device_buffer == nullptr) {
        take(Library::loaded("_ttnncpp.so"), o.allocate_device_buffer, TTMEM_ALLOCATE_DEVICE_BUFFER);
    }
    take(lib, o.tensor_made, TTMEM_TENSOR_MADE);
    take_either(lib, o.tensor_distributed, TTMEM_TENSOR_DISTRIBUTED, TTMEM_072_TENSOR_DISTRIBUTED);
    take_either(lib, o.create_at, TTMEM_CREATE_AT, TTMEM_078_CREATE_AT);
    take(lib, o.view, TTMEM_VIEW);
    take(lib, o.view_078, TTMEM_078_VIEW);
    take(lib, o.compile_and_allocate, TTMEM_COMPILE_AND_ALLOCATE);
    take(lib, o.allocate_circular_buffers, TTMEM_ALLOCATE_CIRCULAR_BUFFERS);
    take(lib, o.validate_circular_buffers, TTMEM_VALIDATE_CIRCULAR_BUFFERS);
    take(lib, o.program_compile, TTMEM_PROGRAM_COMPILE);
    take(lib, o.program_gone, TTMEM_PROGRAM_GONE);
    take(lib, o.mark_address, TTMEM_MARK_ADDRESS);
    take(lib, o.add_dataflow_buffer, TTMEM_ADD_DATAFLOW_BUFFER);
    take(lib, o.resize_circular_buffer, TTMEM_RESIZE_CIRCULAR_BUFFER);
    take(lib, o.place_in_buffer, TTMEM_PLACE_IN_BUFFER);
    take(lib, o.place_in_buffer_at, TTMEM_PLACE_IN_BUFFER_AT);
    take(lib, o.place_in_tensor, TTMEM_PLACE_IN_TENSOR);
    take(lib, o.place_and_resize_in_buffer, TTMEM_PLACE_AND_RESIZE_IN_BUFFER);
    take(lib, o.place_and_resize_in_tensor, TTMEM_PLACE_AND_RESIZE_IN_TENSOR);
    take(lib, o.place_in_global, TTMEM_PLACE_IN_GLOBAL);
    take(lib, o.enqueue_workload, TTMEM_ENQUEUE_WORKLOAD);
    take(lib, o.add_program, TTMEM_ADD_PROGRAM);
    take(lib, o.load_binaries, TTMEM_LOAD_BINARIES);
    take(lib, o.lay_out_in_ring, TTMEM_LAY_OUT_IN_RING);
    take(lib, o.rings_reset, TTMEM_RINGS_RESET);
    take(lib, o.rings_reset_067, TTMEM_067_RINGS_RESET);
    take(lib, o.ring_init, TTMEM_RING_INIT);
    take(lib, o.ring_reserve, TTMEM_RING_RESERVE);
    take(lib, o.ring_free, TTMEM_RING_FREE);
    take(lib, o.ring_alloc, TTMEM_RING_ALLOC);
    take(lib, o.ring_fill, TTMEM_RING_FILL);
    take(lib, o.trace_begins, TTMEM_TRACE_BEGINS);
    take(lib, o.trace_ends, TTMEM_TRACE_ENDS);
    take(lib, o.service_allocate, TTMEM_SERVICE_ALLOCATE);
    take(lib, o.service_reserve, TTMEM_SERVICE_RESERVE);
    take(lib, o.service_deallocate, TTMEM_SERVICE_DEALLOCATE);
    take(lib, o.service_release, TTMEM_SERVICE_RELEASE);
    take(lib, o.service_device_close, TTMEM_SERVICE_CLOSED);
    take(lib, o.arena_created, TTMEM_ARENA_CREATED);
    take(lib, o.arena_allocate, TTMEM_ARENA_ALLOCATE);
    take(lib, o.arena_deallocate, TTMEM_ARENA_DEALLOCATE);
    take(lib, o.trace_end, TTMEM_TRACE_END);
    take(lib, o.trace_release, TTMEM_TRACE_RELEASE);
    take(lib, o.semaphore_buffer, TTMEM_SEMAPHORE_BUFFER);
    take_either(lib, o.global_buffers, TTMEM_GLOBAL_BUFFERS, TTMEM_078_GLOBAL_BUFFERS);
    take(lib, o.mesh_socket, TTMEM_MESH_SOCKET);
    take(lib, o.device_to_host, TTMEM_DEVICE_TO_HOST);
    take(lib, o.host_to_device, TTMEM_HOST_TO_DEVICE);
    take(lib, o.begin_mesh_trace, TTMEM_BEGIN_MESH_TRACE);
    take(lib, o.issue_trace, TTMEM_ISSUE_TRACE);
    take(lib, o.issue_event_wait, TTMEM_ISSUE_EVENT_WAIT);
    take(lib, o.reset_workers, TTMEM_RESET_WORKERS);
    take(lib, o.reset_workers_078, TTMEM_078_RESET_WORKERS);
    take(lib, o.core_descriptor, TTMEM_CORE_DESCRIPTOR);
    take(lib, o.read_shard, TTMEM_READ_SHARD);
    take(lib, o.submit_reads, TTMEM_SUBMIT_READS);
    take(lib, o.submit_reads_066, TTMEM_066_SUBMIT_READS);
    take(lib, o.go_signals, TTMEM_GO_SIGNALS);
    take(lib, o.go_signals_080, TTMEM_080_GO_SIGNALS);
    take_either(lib, o.go_signals_078, TTMEM_078_GO_SIGNALS, TTMEM_072_GO_SIGNALS);
    take(lib, o.mesh_opened, TTMEM_MESH_OPENED);
    take(lib, o.mesh_opened_065, TTMEM_065_MESH_OPENED);
}

void take_tensor_api(const Library& lib, Api& a) noexcept {
    take(lib, a.tensor_data_type, TTMEM_TENSOR_DATA_TYPE);
    take(lib, a.tensor_layout, TTMEM_TENSOR_LAYOUT);
    take(lib, a.tensor_memory, TTMEM_TENSOR_MEMORY);
    take(lib, a.memory_layout, TTMEM_MEMORY_LAYOUT);
    take(lib, a.memory_type, TTMEM_MEMORY_TYPE);
    take(lib, a.memory_shards, TTMEM_MEMORY_SHARDS);
    take(lib, a.memory_nd_shards, TTMEM_MEMORY_ND_SHARDS);

    take(lib, a.tensor_buffer, TTMEM_TENSOR_BUFFER);
    take(lib, a.tensor_spec, TTMEM_TENSOR_SPEC);
    take(lib, a.topology_sharded, TTMEM_TOPOLOGY_SHARDED);
    take(lib, a.topology_replicated, TTMEM_TOPOLOGY_REPLICATED);
    take(lib, a.mesh_shape_make, TTMEM_MESH_SHAPE_MAKE);
}

void take_api(const Library& lib, bool is_065, Api& a) noexcept {
    take(lib, a.buffer_page_size, TTMEM_BUFFER_PAGE_SIZE);
    take(lib, a.buffer_size_per_bank, TTMEM_BUFFER_SIZE_PER_BANK);
    take(lib, a.buffer_address, TTMEM_BUFFER_ADDRESS);

    take(lib, a.buffer_aligned_page_size, TTMEM_BUFFER_ALIGNED_PAGE_SIZE);
    take(lib, a.buffer_is_per_core, TTMEM_BUFFER_IS_PER_CORE);
    take(lib, a.buffer_core_addresses, TTMEM_BUFFER_CORE_ADDRESSES);
    take(lib, a.buffer_is_range_lockstep, TTMEM_BUFFER_IS_RANGE_LOCKSTEP);
    take(lib, a.buffer_shard_spec, TTMEM_BUFFER_SHARD_SPEC);

    take(lib, a.statistics, is_065 ? TTMEM_065_STATISTICS : TTMEM_STATISTICS);
    take(lib, a.num_banks, is_065 ? TTMEM_065_NUM_BANKS : TTMEM_NUM_BANKS);
    take(lib, a.bank_size, is_065 ? TTMEM_065_BANK_SIZE : TTMEM_BANK_SIZE);
    take(lib, a.alignment, is_065 ? TTMEM_065_ALIGNMENT : TTMEM_ALIGNMENT);
    take(lib, a.base_address, is_065 ? TTMEM_065_BASE_ADDRESS : TTMEM_BASE_ADDRESS);

    take(lib, a.bank_core, is_065 ? TTMEM_065_BANK_CORE : TTMEM_BANK_CORE);

    take(lib, a.arena_ranges_on, TTMEM_ARENA_RANGES_ON);

    a.device_vtable = vtable_of_objects(lib, TTMEM_DEVICE_VTABLE);
    a.mesh_vtable = vtable_of_objects(lib, TTMEM_MESH_VTABLE);
    take(lib, a.mesh_id, TTMEM_MESH_ID);
    take(lib, a.mesh_device_ids, TTMEM_MESH_DEVICE_IDS);
    take(lib, a.mesh_devices, TTMEM_MESH_DEVICES);
    take(lib, a.mesh_parent, TTMEM_MESH_PARENT);
    take(lib, a.mesh_allocator, is_065 ? TTMEM_065_MESH_ALLOCATOR : TTMEM_MESH_ALLOCATOR);
    take(lib, a.active_device, TTMEM_ACTIVE_DEVICE);
    take(lib, a.device_arch, TTMEM_DEVICE_ARCH);
    take(lib, a.device_grid, TTMEM_DEVICE_GRID);
    take(lib, a.device_l1_size, TTMEM_DEVICE_L1_SIZE);
    take(lib, a.device_dram_size, TTMEM_DEVICE_DRAM_SIZE);
    take(lib, a.device_dram_channels, TTMEM_DEVICE_DRAM_CHANNELS);

    take(lib, a.mesh_view, TTMEM_MESH_VIEW);
    take(lib, a.view_devices_in, TTMEM_VIEW_DEVICES_IN);
    take(lib, a.range_start, TTMEM_RANGE_START);
    take(lib, a.range_end, TTMEM_RANGE_END);
    take(lib, a.range_make, TTMEM_RANGE_MAKE);
    take(lib, a.coordinate_values, TTMEM_COORDINATE_VALUES);
    take(lib, a.coordinate_make, TTMEM_COORDINATE_MAKE);

    take(lib, a.program_id, TTMEM_PROGRAM_ID);
    take(lib, a.program_config_size, TTMEM_PROGRAM_CONFIG_SIZE);
    take(lib, a.program_kernels, TTMEM_PROGRAM_KERNELS);
    take(lib, a.program_circular_buffers, TTMEM_PROGRAM_CIRCULAR_BUFFERS);
    take(lib, a.program_dataflow_buffers, TTMEM_PROGRAM_DATAFLOW_BUFFERS);
    take(lib, a.circular_buffer_size, TTMEM_CIRCULAR_BUFFER_SIZE);
    take(lib, a.circular_buffer_is_global, TTMEM_CIRCULAR_BUFFER_IS_GLOBAL);
    take(lib, a.circular_buffer_cores, TTMEM_CIRCULAR_BUFFER_CORES);
    take(lib, a.circular_buffer_id, TTMEM_CIRCULAR_BUFFER_ID);
    take(lib, a.circular_buffer_indices, TTMEM_CIRCULAR_BUFFER_INDICES);
    take(lib, a.circular_buffer_format, TTMEM_CIRCULAR_BUFFER_FORMAT);
    take(lib, a.circular_buffer_address, TTMEM_CIRCULAR_BUFFER_ADDRESS);
    take(lib, a.kernel_name, TTMEM_KERNEL_NAME);
    take(lib, a.kernel_cores, TTMEM_KERNEL_CORES);
    take(lib, a.kernel_scratchpads, TTMEM_KERNEL_SCRATCHPADS);
    take(lib, a.kernel_scratchpads_078, TTMEM_078_KERNEL_SCRATCHPADS);
    take(lib, a.kernel_common_arguments, TTMEM_KERNEL_COMMON_ARGUMENTS);
    // Before 0.76.0 asking for a binary that was never built (mock clusters build none) crashes, without a test for it.
    if (lib.symbol(TTMEM_COMPILE_AND_ALLOCATE) != nullptr) {
        take(lib, a.kernel_packed_size, TTMEM_KERNEL_PACKED_SIZE);
    }
    a.compute_kernel_vtable = vtable_of_objects(lib, TTMEM_COMPUTE_KERNEL_VTABLE);
    a.ethernet_kernel_vtable = vtable_of_objects(lib, TTMEM_ETHERNET_KERNEL_VTABLE);

    take_tensor_api(lib, a);

    take(lib, a.context_of_device, TTMEM_CONTEXT_OF_DEVICE);
    take(lib, a.context, TTMEM_CONTEXT);
    take(lib, a.context_067, TTMEM_067_CONTEXT);
    take(lib, a.context_exists, TTMEM_CONTEXT_EXISTS);
    take(lib, a.cluster, TTMEM_CLUSTER);
    take(lib, a.max_worker_l1, TTMEM_MAX_WORKER_L1);
    take(lib, a.dispatch_core_manager, TTMEM_DISPATCH_CORE_MANAGER);
    take(lib, a.dispatch_cores, TTMEM_DISPATCH_CORES);
    take(lib, a.dispatch_config, TTMEM_DISPATCH_CONFIG);
    take(lib, a.cluster_driver, TTMEM_CLUSTER_DRIVER);
    take(lib, a.driver_chip, TTMEM_UMD_CHIP);
    a.mock_chip_vtable = vtable_of_objects(lib, TTMEM_UMD_MOCK_CHIP_VTABLE);
    take(lib, a.cluster_descriptor, TTMEM_CLUSTER_DESCRIPTOR);
    take(lib, a.cluster_board_type, TTMEM_CLUSTER_BOARD_TYPE);
    take(lib, a.mock_registered, TTMEM_MOCK_REGISTERED);
    take(lib, a.unique_ids, TTMEM_UMD_UNIQUE_IDS);
    take(lib, a.unique_ids_authentic, TTMEM_UMD_AUTHENTIC);
    take(lib, a.board_id, TTMEM_UMD_BOARD_ID);
    take(lib, a.board_type, TTMEM_UMD_BOARD_TYPE);
    take(lib, a.board_type_from_id, TTMEM_UMD_BOARD_TYPE_FROM_ID);
    take(lib, a.is_mmio, TTMEM_UMD_IS_MMIO);
    take(lib, a.mmio_chips, TTMEM_UMD_MMIO_CHIPS);
}

bool can_read_programs(const Api& a) noexcept {
    return a.program_id != nullptr && a.program_kernels != nullptr && a.program_circular_buffers != nullptr &&
           a.circular_buffer_size != nullptr && a.circular_buffer_is_global != nullptr &&
           a.circular_buffer_cores != nullptr && a.circular_buffer_id != nullptr &&
           a.circular_buffer_address != nullptr && a.kernel_name != nullptr && a.kernel_cores != nullptr &&
           a.compute_kernel_vtable != nullptr;
}

ForkLock g_lock;

}  // namespace

std::atomic<const Symbols*> g_symbols{nullptr};
constinit Hot g_hot;

[[gnu::cold]] const Symbols& find_symbols() noexcept {
    const std::lock_guard guard(g_lock);
    if (const Symbols* done = g_symbols.load(std::memory_order_relaxed)) {
        return *done;
    }
    auto* found = new (std::nothrow) Symbols;
    if (found == nullptr) {
        __builtin_trap();  // no memory for a few hundred bytes and no way to reach the function that was called
    }
    found->library = Library::loaded("libtt_metal.so");
    const Library& lib = found->library;
    found->is_065 = lib.symbol(TTMEM_ALLOCATE_BUFFER) == nullptr && lib.symbol(TTMEM_065_ALLOCATE_BUFFER) != nullptr;
    take_originals(lib, found->is_065, g_hot.original);
    take_api(lib, found->is_065, found->api);
    take(lib, g_hot.mesh_backing, TTMEM_MESH_BACKING);
    found->traces_followed = g_hot.original.trace_end != nullptr && g_hot.original.trace_release != nullptr &&
                             lib.symbol(TTMEM_072_ALLOCATIONS_UNSAFE) == nullptr;
    found->programs_known = can_read_programs(found->api) && g_hot.original.program_gone != nullptr;
    found->has_scratchpads = lib.symbol(TTMEM_ALLOCATE_SCRATCHPADS) != nullptr;
    found->scratchpads_known =
        found->api.kernel_common_arguments != nullptr &&
        (found->api.kernel_scratchpads != nullptr || found->api.kernel_scratchpads_078 != nullptr);
    char release[32];
    lib.wheel_release(release);
    const Version version = parse_version(release);
    found->dataflow_layout = trust_in(kDataflowLayout, version);
    found->arena_layout = trust_in(kArenaLayout, version);
    g_symbols.store(found, std::memory_order_release);
    return *found;
}

const char* Symbols::missing() const noexcept {
    return first_missing(kBufferRequirements, [this](const char* name) { return library.symbol(name) != nullptr; });
}

}  // namespace ttmem::tt_metal
