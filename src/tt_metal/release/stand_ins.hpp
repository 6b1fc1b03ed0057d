// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The stand-ins: one row for each function of tt-metal's that the hooks stand in for.
//
// A row is how often it is called (hot: for every buffer or launch; such stand-ins lie side by side), what it is there,
// the first and the last release that export it (66 is 0.66.0, 99 is none yet), the stand-in's name, the member of
// Originals that it passes on to, the mangled name (names.hpp), and tt-metal's own declaration (declared.hpp). The
// stand-in's type is derived from that declaration. A definition that differs from it does not compile, for it was not
// declared (CMakeLists.txt makes that an error), and a declaration that is mangled otherwise than the name says does
// not link (signatures_test).
#pragma once

#include "tt_metal/release/names.hpp"
#include "tt_metal/release/stand_in_type.hpp"

// clang-format off
#define TTMEM_HOOKED_FUNCTIONS(ROW)                                                                                                                \
    ROW(hot,  member,        66, 99, allocate_buffer,            allocate_buffer,            TTMEM_ALLOCATE_BUFFER,            &theirs::AllocatorImpl::allocate_buffer)             \
    ROW(hot,  member,        66, 99, deallocate_buffer,          deallocate_buffer,          TTMEM_DEALLOCATE_BUFFER,          &theirs::AllocatorImpl::deallocate_buffer)           \
    ROW(rare, member,        66, 99, deallocate_buffers,         deallocate_buffers,         TTMEM_DEALLOCATE_BUFFERS,         &theirs::AllocatorImpl::deallocate_buffers)          \
    ROW(rare, member,        66, 99, allocator_clear,            allocator_clear,            TTMEM_ALLOCATOR_CLEAR,            &theirs::AllocatorImpl::clear)                       \
    ROW(rare, constructor,   66, 99, allocator_created,          allocator_created,          TTMEM_ALLOCATOR_CREATED,          theirs::AllocatorImpl(const theirs::AllocatorConfig&)) \
    ROW(rare, destructor,    66, 99, allocator_gone,             allocator_gone,             TTMEM_ALLOCATOR_GONE,             theirs::AllocatorImpl)                               \
    ROW(rare, destructor,    66, 99, allocator_gone_whole,       allocator_gone_whole,       TTMEM_ALLOCATOR_GONE_WHOLE,       theirs::AllocatorImpl)                               \
    ROW(rare, member,        65, 65, allocate_buffer_065,        allocate_buffer,            TTMEM_065_ALLOCATE_BUFFER,        &theirs::Allocator::allocate_buffer)                 \
    ROW(rare, member,        65, 65, deallocate_buffer_065,      deallocate_buffer,          TTMEM_065_DEALLOCATE_BUFFER,      &theirs::Allocator::deallocate_buffer)               \
    ROW(rare, member,        65, 99, deallocate_buffers_065,     wrapper_deallocate_buffers, TTMEM_065_DEALLOCATE_BUFFERS,     &theirs::Allocator::deallocate_buffers)              \
    ROW(rare, member,        65, 65, allocator_clear_065,        allocator_clear,            TTMEM_065_ALLOCATOR_CLEAR,        &theirs::Allocator::clear)                           \
    ROW(rare, constructor,   65, 65, allocator_created_065,      allocator_created,          TTMEM_065_ALLOCATOR_CREATED,      theirs::Allocator(const theirs::AllocatorConfig&))   \
    ROW(rare, destructor,    65, 65, allocator_gone_065,         allocator_gone,             TTMEM_065_ALLOCATOR_GONE,         theirs::Allocator)                                   \
    ROW(rare, destructor,    65, 65, allocator_gone_whole_065,   allocator_gone_whole,       TTMEM_065_ALLOCATOR_GONE_WHOLE,   theirs::Allocator)                                   \
    ROW(hot,  member,        65, 99, hook_allocate,              hook_allocate,              TTMEM_HOOK_ALLOCATE,              &theirs::GraphTracker::hook_allocate)                \
    ROW(hot,  destructor,    65, 99, buffer_gone,                buffer_gone,                TTMEM_BUFFER_GONE,                theirs::Buffer)                                      \
    ROW(hot,  member,        65, 99, mesh_handles,               mesh_handles,               TTMEM_MESH_HANDLES,               &theirs::distributed::MeshBuffer::initialize_device_buffers) \
    ROW(hot,  function,      72, 99, allocate_device_buffer,     allocate_device_buffer,     TTMEM_ALLOCATE_DEVICE_BUFFER,     &theirs::tensor_impl::allocate_device_buffer)       \
    ROW(hot,  constructor,   72, 99, tensor_made,                tensor_made,                TTMEM_TENSOR_MADE,                theirs::MeshTensor(std::shared_ptr<theirs::distributed::MeshBuffer>, theirs::TensorSpec, theirs::TensorTopology)) \
    ROW(hot,  function,      78, 99, tensor_distributed,         tensor_distributed,         TTMEM_TENSOR_DISTRIBUTED,         overload<void(theirs::MeshTensor&, theirs::TensorTopology)>(&theirs::update_tensor_topology)) \
    ROW(hot,  member,        72, 77, tensor_distributed_072,     tensor_distributed,         TTMEM_072_TENSOR_DISTRIBUTED,     &theirs::MeshTensor::update_tensor_topology)         \
    ROW(hot,  static_member, 79, 99, create_at,                  create_at,                  TTMEM_CREATE_AT,                  &theirs::BufferImpl::create)                         \
    ROW(rare, static_member, 65, 78, create_at_078,              create_at,                  TTMEM_078_CREATE_AT,              &theirs::Buffer::create)                             \
    ROW(rare, member,        79, 99, view,                       view,                       TTMEM_VIEW,                       &theirs::BufferImpl::view)                           \
    ROW(rare, member,        65, 78, view_078,                   view_078,                   TTMEM_078_VIEW,                   &theirs::Buffer::view)                               \
    ROW(rare, member,        66, 99, mesh_opened,                mesh_opened,                TTMEM_MESH_OPENED,                &theirs::distributed::MeshDeviceImpl::initialize_impl) \
    ROW(rare, member,        65, 99, mesh_opened_065,            mesh_opened_065,            TTMEM_065_MESH_OPENED,            &theirs::distributed::MeshDevice::initialize)        \
    ROW(hot,  member,        76, 99, compile_and_allocate,       compile_and_allocate,       TTMEM_COMPILE_AND_ALLOCATE,       &theirs::detail::ProgramImpl::compile_and_allocate)  \
    ROW(rare, member,        65, 99, allocate_circular_buffers,  allocate_circular_buffers,  TTMEM_ALLOCATE_CIRCULAR_BUFFERS,  &theirs::detail::ProgramImpl::allocate_circular_buffers) \
    ROW(hot,  member,        65, 99, validate_circular_buffers,  validate_circular_buffers,  TTMEM_VALIDATE_CIRCULAR_BUFFERS,  &theirs::detail::ProgramImpl::validate_circular_buffer_region) \
    ROW(rare, member,        65, 99, program_compile,            program_compile,            TTMEM_PROGRAM_COMPILE,            &theirs::detail::ProgramImpl::compile)               \
    ROW(rare, destructor,    65, 99, program_gone,               program_gone,               TTMEM_PROGRAM_GONE,               theirs::detail::ProgramImpl)                         \
    ROW(hot,  member,        65, 99, mark_address,               mark_address,               TTMEM_MARK_ADDRESS,               &theirs::detail::ProgramImpl::CircularBufferAllocator::mark_address) \
    ROW(rare, member,        67, 99, add_dataflow_buffer,        add_dataflow_buffer,        TTMEM_ADD_DATAFLOW_BUFFER,        &theirs::detail::ProgramImpl::add_dataflow_buffer)   \
    ROW(rare, function,      65, 99, resize_circular_buffer,     resize_circular_buffer,     TTMEM_RESIZE_CIRCULAR_BUFFER,     &theirs::UpdateCircularBufferTotalSize)              \
    ROW(hot,  function,      65, 99, place_in_buffer,            place_in_buffer,            TTMEM_PLACE_IN_BUFFER,            overload<void(theirs::Program&, theirs::CBHandle, const theirs::Buffer&)>(&theirs::UpdateDynamicCircularBufferAddress)) \
    ROW(hot,  function,      69, 99, place_in_buffer_at,         place_in_buffer_at,         TTMEM_PLACE_IN_BUFFER_AT,         overload<void(theirs::Program&, theirs::CBHandle, const theirs::Buffer&, uint32_t)>(&theirs::UpdateDynamicCircularBufferAddress)) \
    ROW(hot,  function,      72, 99, place_in_tensor,            place_in_tensor,            TTMEM_PLACE_IN_TENSOR,            overload<void(theirs::Program&, theirs::CBHandle, const theirs::MeshTensor&)>(&theirs::UpdateDynamicCircularBufferAddress)) \
    ROW(rare, function,      65, 99, place_and_resize_in_buffer, place_and_resize_in_buffer, TTMEM_PLACE_AND_RESIZE_IN_BUFFER, overload<void(theirs::Program&, theirs::CBHandle, const theirs::Buffer&, uint32_t)>(&theirs::UpdateDynamicCircularBufferAddressAndTotalSize)) \
    ROW(rare, function,      71, 99, place_and_resize_in_tensor, place_and_resize_in_tensor, TTMEM_PLACE_AND_RESIZE_IN_TENSOR, overload<void(theirs::Program&, theirs::CBHandle, const theirs::MeshTensor&, uint32_t)>(&theirs::UpdateDynamicCircularBufferAddressAndTotalSize)) \
    ROW(rare, function,      65, 99, place_in_global,            place_in_global,            TTMEM_PLACE_IN_GLOBAL,            &theirs::experimental::UpdateDynamicCircularBufferAddress) \
    ROW(hot,  function,      65, 99, enqueue_workload,           enqueue_workload,           TTMEM_ENQUEUE_WORKLOAD,           &theirs::distributed::EnqueueMeshWorkload)           \
    ROW(rare, member,        65, 99, add_program,                add_program,                TTMEM_ADD_PROGRAM,                &theirs::distributed::MeshWorkloadImpl::add_program) \
    ROW(hot,  member,        65, 99, load_binaries,              load_binaries,              TTMEM_LOAD_BINARIES,              &theirs::distributed::MeshWorkloadImpl::load_binaries) \
    ROW(rare, member,        65, 99, lay_out_in_ring,            lay_out_in_ring,            TTMEM_LAY_OUT_IN_RING,            &theirs::distributed::MeshWorkloadImpl::finalize_offsets) \
    ROW(rare, constructor,   80, 99, arena_created,              arena_created,              TTMEM_ARENA_CREATED,              theirs::PersistentL1Arena(theirs::DeviceAddr, theirs::DeviceAddr, const theirs::CoreRangeSet&)) \
    ROW(rare, member,        80, 99, arena_allocate,             arena_allocate,             TTMEM_ARENA_ALLOCATE,             &theirs::PersistentL1Arena::allocate)                \
    ROW(rare, member,        80, 99, arena_deallocate,           arena_deallocate,           TTMEM_ARENA_DEALLOCATE,           &theirs::PersistentL1Arena::deallocate)              \
    ROW(rare, member,        78, 99, service_allocate,           service_allocate,           TTMEM_SERVICE_ALLOCATE,           &theirs::internal::ServiceCoreManagerImpl::allocate_l1) \
    ROW(rare, member,        78, 99, service_reserve,            service_reserve,            TTMEM_SERVICE_RESERVE,            &theirs::internal::ServiceCoreManagerImpl::reserve_l1_to_top) \
    ROW(rare, member,        78, 99, service_deallocate,         service_deallocate,         TTMEM_SERVICE_DEALLOCATE,         &theirs::internal::ServiceCoreManagerImpl::deallocate_l1) \
    ROW(rare, member,        78, 99, service_release,            service_release,            TTMEM_SERVICE_RELEASE,            &theirs::internal::ServiceCoreManagerImpl::release)  \
    ROW(rare, member,        78, 99, service_device_close,       service_device_close,       TTMEM_SERVICE_CLOSED,             &theirs::internal::ServiceCoreManagerImpl::on_device_close) \
    ROW(rare, function,      68, 99, rings_reset,                rings_reset,                TTMEM_RINGS_RESET,                overload<void(const theirs::Hal&, theirs::ConfigBufferArray&, theirs::ExpectedWorkersArray&, uint32_t, uint32_t)>(&theirs::program_dispatch::reset_config_buf_mgrs_and_expected_workers)) \
    ROW(rare, function,      65, 67, rings_reset_067,            rings_reset_067,            TTMEM_067_RINGS_RESET,            overload<void(theirs::ConfigBufferArray&, theirs::ExpectedWorkersArray&, uint32_t, uint32_t)>(&theirs::program_dispatch::reset_config_buf_mgrs_and_expected_workers)) \
    ROW(rare, member,        65, 99, ring_init,                  ring_init,                  TTMEM_RING_INIT,                  &theirs::WorkerConfigBufferMgr::init_add_buffer)     \
    ROW(hot,  member,        65, 99, ring_reserve,               ring_reserve,               TTMEM_RING_RESERVE,               &theirs::WorkerConfigBufferMgr::reserve)             \
    ROW(hot,  member,        65, 99, ring_free,                  ring_free,                  TTMEM_RING_FREE,                  &theirs::WorkerConfigBufferMgr::free)                \
    ROW(hot,  member,        65, 99, ring_alloc,                 ring_alloc,                 TTMEM_RING_ALLOC,                 &theirs::WorkerConfigBufferMgr::alloc)               \
    ROW(rare, member,        65, 99, ring_fill,                  ring_fill,                  TTMEM_RING_FILL,                  &theirs::WorkerConfigBufferMgr::mark_completely_full) \
    ROW(rare, function,      65, 99, trace_begins,               trace_begins,               TTMEM_TRACE_BEGINS,               &theirs::trace_dispatch::reset_host_dispatch_state_for_trace) \
    ROW(rare, function,      65, 99, trace_ends,                 trace_ends,                 TTMEM_TRACE_ENDS,                 &theirs::trace_dispatch::load_host_dispatch_state) \
    ROW(rare, member,        66, 99, begin_mesh_trace,           begin_mesh_trace,           TTMEM_BEGIN_MESH_TRACE,           &theirs::distributed::MeshDeviceImpl::begin_mesh_trace) \
    ROW(rare, function,      78, 99, issue_trace,                issue_trace,                TTMEM_ISSUE_TRACE,                &theirs::trace_dispatch::issue_trace_commands)       \
    ROW(rare, function,      65, 99, issue_event_wait,           issue_event_wait,           TTMEM_ISSUE_EVENT_WAIT,           &theirs::event_dispatch::issue_wait_for_event_commands) \
    ROW(rare, function,      80, 99, reset_workers,              reset_workers,              TTMEM_RESET_WORKERS,              overload<void(theirs::distributed::MeshDevice*, theirs::SystemMemoryManager&, uint8_t, ::tt::xy_pair, const theirs::ExpectedWorkersArray&, bool, theirs::program_dispatch::DispatchData)>(&theirs::program_dispatch::reset_worker_dispatch_state_on_device)) \
    ROW(rare, function,      78, 79, reset_workers_078,          reset_workers_078,          TTMEM_078_RESET_WORKERS,          overload<void(theirs::distributed::MeshDevice*, theirs::SystemMemoryManager&, uint8_t, ::tt::xy_pair, const theirs::ExpectedWorkersArray&, bool)>(&theirs::program_dispatch::reset_worker_dispatch_state_on_device)) \
    ROW(rare, member,        78, 99, core_descriptor,            core_descriptor,            TTMEM_CORE_DESCRIPTOR,            &theirs::MetalEnvImpl::get_core_descriptor_config)   \
    ROW(rare, member,        66, 99, read_shard,                 read_shard,                 TTMEM_READ_SHARD,                 &theirs::distributed::FDMeshCommandQueue::read_shard_from_device) \
    ROW(rare, member,        72, 99, submit_reads,               submit_reads,               TTMEM_SUBMIT_READS,               overload<void(std::unordered_map<theirs::IDevice*, uint32_t>&, bool, std::vector<theirs::MemoryPin>)>(&theirs::distributed::FDMeshCommandQueue::submit_memcpy_request)) \
    ROW(rare, member,        65, 71, submit_reads_066,           submit_reads_066,           TTMEM_066_SUBMIT_READS,           overload<void(std::unordered_map<theirs::IDevice*, uint32_t>&, bool)>(&theirs::distributed::FDMeshCommandQueue::submit_memcpy_request)) \
    ROW(rare, member,        81, 99, go_signals,                 go_signals,                 TTMEM_GO_SIGNALS,                 overload<void(const std::unordered_set<uint32_t>&, const theirs::SubDeviceId&, uint32_t, bool, const theirs::program_dispatch::ProgramDispatchMetadata&)>(&theirs::distributed::FDMeshCommandQueue::write_go_signal_sequences_to_unused_sub_grids)) \
    ROW(rare, member,        80, 80, go_signals_080,             go_signals_080,             TTMEM_080_GO_SIGNALS,             overload<void(const std::unordered_set<uint32_t>&, const theirs::SubDeviceId&, uint32_t, bool, bool, const theirs::program_dispatch::ProgramDispatchMetadata&)>(&theirs::distributed::FDMeshCommandQueue::write_go_signal_sequences_to_unused_sub_grids)) \
    ROW(rare, member,        78, 79, go_signals_078,             go_signals_078,             TTMEM_078_GO_SIGNALS,             overload<void(std::unordered_set<uint32_t>&, const theirs::SubDeviceId&, uint32_t, bool, bool, const theirs::program_dispatch::ProgramDispatchMetadata&)>(&theirs::distributed::FDMeshCommandQueue::write_go_signal_sequences_to_unused_sub_grids)) \
    ROW(rare, member,        65, 77, go_signals_072,             go_signals_078,             TTMEM_072_GO_SIGNALS,             &theirs::distributed::FDMeshCommandQueue::write_go_signal_to_unused_sub_grids) \
    ROW(rare, member,        66, 99, trace_end,                  trace_end,                  TTMEM_TRACE_END,                  &theirs::distributed::MeshDeviceImpl::end_mesh_trace) \
    ROW(rare, member,        66, 99, trace_release,              trace_release,              TTMEM_TRACE_RELEASE,              &theirs::distributed::MeshDeviceImpl::release_mesh_trace) \
    ROW(rare, member,        78, 99, semaphore_buffer,           semaphore_buffer,           TTMEM_SEMAPHORE_BUFFER,           &theirs::GlobalSemaphoreImpl::setup_buffer)          \
    ROW(rare, member,        79, 99, global_buffers,             global_buffers,             TTMEM_GLOBAL_BUFFERS,             &theirs::experimental::GlobalCircularBufferImpl::setup_cb_buffers) \
    ROW(rare, member,        65, 78, global_buffers_078,         global_buffers,             TTMEM_078_GLOBAL_BUFFERS,         &theirs::experimental::GlobalCircularBuffer::setup_cb_buffers) \
    ROW(rare, constructor,   65, 99, mesh_socket,                mesh_socket,                TTMEM_MESH_SOCKET,                theirs::distributed::MeshSocket(const std::shared_ptr<theirs::distributed::MeshDevice>&, const theirs::distributed::SocketConfig&)) \
    ROW(rare, constructor,   78, 99, device_to_host,             device_to_host,             TTMEM_DEVICE_TO_HOST,             theirs::distributed::D2HSocket(const std::shared_ptr<theirs::distributed::MeshDevice>&, const theirs::distributed::MeshCoreCoord&, uint32_t, theirs::distributed::D2HSocket::ProcessScope)) \
    ROW(rare, constructor,   72, 99, host_to_device,             host_to_device,             TTMEM_HOST_TO_DEVICE,             theirs::distributed::H2DSocket(const std::shared_ptr<theirs::distributed::MeshDevice>&, const theirs::distributed::MeshCoreCoord&, theirs::BufferType, uint32_t, theirs::distributed::H2DMode))
// clang-format on

namespace ttmem::tt_metal {

namespace theirs = ::tt::tt_metal;

#define TTMEM_STAND_IN_TYPE_member(...) StandIn<decltype(__VA_ARGS__)>
#define TTMEM_STAND_IN_TYPE_static_member(...) StandIn<decltype(__VA_ARGS__)>
#define TTMEM_STAND_IN_TYPE_function(...) StandIn<decltype(__VA_ARGS__)>
#define TTMEM_STAND_IN_TYPE_constructor(...) ConstructorOf<__VA_ARGS__>::Type
#define TTMEM_STAND_IN_TYPE_destructor(...) DestructorOf<__VA_ARGS__>::Type
#define TTMEM_STAND_IN_ATTRIBUTES_hot __attribute__((visibility("default"), used, hot))
#define TTMEM_STAND_IN_ATTRIBUTES_rare __attribute__((visibility("default"), used))

// Declared under the mangled name of the function that each stands in for, and exported (hooks.map says the same).
#define TTMEM_DECLARE_STAND_IN(often, kind, since, until, stand_in, original, name, ...)  \
    std::remove_pointer_t<TTMEM_STAND_IN_TYPE_##kind(__VA_ARGS__)> stand_in __asm__(name) \
        TTMEM_STAND_IN_ATTRIBUTES_##often;
TTMEM_HOOKED_FUNCTIONS(TTMEM_DECLARE_STAND_IN)
#undef TTMEM_DECLARE_STAND_IN

}  // namespace ttmem::tt_metal
