// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The mangled names of libtt_metal.so (and of the driver library beside it) that the hooks stand in for or call.
//
// Every name was looked up with `nm -D` and `readelf -rW` in the wheels 0.65.0 to 0.81.1 on PyPI. A name can be stood
// in for only if libtt_metal.so calls it through its own procedure linkage table; all the hooked ones have such a
// JUMP_SLOT in every release that the comment names. Names are macros because they serve as assembler labels too.
#pragma once

// --- Stood in for ----------------------------------------------------------------------------------------------------

// The allocator. 0.66.0 and later; 0.65.0 has the same members on the class Allocator.
#define TTMEM_ALLOCATE_BUFFER "_ZN2tt8tt_metal13AllocatorImpl15allocate_bufferEPNS0_6BufferE"
#define TTMEM_DEALLOCATE_BUFFER "_ZN2tt8tt_metal13AllocatorImpl17deallocate_bufferEPNS0_6BufferE"
#define TTMEM_DEALLOCATE_BUFFERS "_ZN2tt8tt_metal13AllocatorImpl18deallocate_buffersEv"
#define TTMEM_ALLOCATOR_CLEAR "_ZN2tt8tt_metal13AllocatorImpl5clearEv"
#define TTMEM_ALLOCATOR_CREATED "_ZN2tt8tt_metal13AllocatorImplC2ERKNS0_15AllocatorConfigE"
// The base's destructor, which the derived one calls, and the whole object's: up to 0.72.0 it is not virtual and called
// directly.
#define TTMEM_ALLOCATOR_GONE "_ZN2tt8tt_metal13AllocatorImplD2Ev"
#define TTMEM_ALLOCATOR_GONE_WHOLE "_ZN2tt8tt_metal13AllocatorImplD1Ev"
// 0.65.0. From 0.66.0 on Allocator is a wrapper: of these four it keeps deallocate_buffers, which forwards.
#define TTMEM_065_ALLOCATE_BUFFER "_ZN2tt8tt_metal9Allocator15allocate_bufferEPNS0_6BufferE"
#define TTMEM_065_DEALLOCATE_BUFFER "_ZN2tt8tt_metal9Allocator17deallocate_bufferEPNS0_6BufferE"
#define TTMEM_065_DEALLOCATE_BUFFERS "_ZN2tt8tt_metal9Allocator18deallocate_buffersEv"
#define TTMEM_065_ALLOCATOR_CLEAR "_ZN2tt8tt_metal9Allocator5clearEv"
#define TTMEM_065_ALLOCATOR_CREATED "_ZN2tt8tt_metal9AllocatorC2ERKNS0_15AllocatorConfigE"
#define TTMEM_065_ALLOCATOR_GONE "_ZN2tt8tt_metal9AllocatorD2Ev"
#define TTMEM_065_ALLOCATOR_GONE_WHOLE "_ZN2tt8tt_metal9AllocatorD1Ev"
// Every release.
#define TTMEM_HOOK_ALLOCATE "_ZN2tt8tt_metal12GraphTracker13hook_allocateEPKNS0_6BufferE"
#define TTMEM_BUFFER_GONE "_ZN2tt8tt_metal6BufferD1Ev"
#define TTMEM_MESH_HANDLES "_ZN2tt8tt_metal11distributed10MeshBuffer25initialize_device_buffersEv"
// A buffer at an address of the caller's choice: device, address, size, page size, type, sharding, two options. On the
// class Buffer up to 0.78.0, on BufferImpl from 0.79.0.
#define TTMEM_CREATE_ARGUMENTS                                                                                        \
    "6createEPNS0_7IDeviceEmmmNS0_10BufferTypeERKNS0_18BufferShardingArgsESt8optionalIbES8_IN4ttsl10StrongTypeIhNS0_" \
    "14SubDeviceIdTagEEEE"
#define TTMEM_CREATE_AT "_ZN2tt8tt_metal10BufferImpl" TTMEM_CREATE_ARGUMENTS
#define TTMEM_078_CREATE_AT "_ZN2tt8tt_metal6Buffer" TTMEM_CREATE_ARGUMENTS
#define TTMEM_VIEW "_ZN2tt8tt_metal10BufferImpl4viewERNS0_6BufferERKNS0_12BufferRegionE"
#define TTMEM_078_VIEW "_ZN2tt8tt_metal6Buffer4viewERKNS0_12BufferRegionE"
// A mesh or submesh is ready. 0.66.0 and later; 0.65.0 has it as a virtual member of MeshDevice, reached through the
// vtable.
#define TTMEM_MESH_OPENED                                                 \
    "_ZN2tt8tt_metal11distributed14MeshDeviceImpl15initialize_implEPNS1_" \
    "10MeshDeviceEhmmmSt4spanIKjLm18446744073709551615EEb"
#define TTMEM_065_MESH_OPENED \
    "_ZN2tt8tt_metal11distributed10MeshDevice10initializeEhmmmSt4spanIKjLm18446744073709551615EEb"
// Programs. compile_and_allocate is there from 0.76.0 on and calls the next two; before, the workload calls them
// itself.
#define TTMEM_COMPILE_AND_ALLOCATE "_ZN2tt8tt_metal6detail11ProgramImpl20compile_and_allocateEPNS0_7IDeviceEb"
#define TTMEM_ALLOCATE_CIRCULAR_BUFFERS "_ZN2tt8tt_metal6detail11ProgramImpl25allocate_circular_buffersEPKNS0_7IDeviceE"
#define TTMEM_VALIDATE_CIRCULAR_BUFFERS \
    "_ZN2tt8tt_metal6detail11ProgramImpl31validate_circular_buffer_regionEPKNS0_7IDeviceE"
#define TTMEM_PROGRAM_COMPILE "_ZN2tt8tt_metal6detail11ProgramImpl7compileEPNS0_7IDeviceEb"
#define TTMEM_PROGRAM_GONE "_ZN2tt8tt_metal6detail11ProgramImplD1Ev"
#define TTMEM_MARK_ADDRESS "_ZN2tt8tt_metal6detail11ProgramImpl23CircularBufferAllocator12mark_addressEmmm"
// 0.81.1 is the release in which its arguments and its results were looked into.
#define TTMEM_ADD_DATAFLOW_BUFFER                                                                              \
    "_ZN2tt8tt_metal6detail11ProgramImpl19add_dataflow_bufferERKNS0_12CoreRangeSetERKNS0_12experimental3dfb20" \
    "DataflowBufferConfigE"
// The functions that change a circular buffer of a launched program (there are no others in any release, see
// docs/decisions/0005). The fourth and the sixth are there from 0.72.0 and 0.71.2 on, the third from 0.69.0.
#define TTMEM_RESIZE_CIRCULAR_BUFFER "_ZN2tt8tt_metal29UpdateCircularBufferTotalSizeERNS0_7ProgramEmj"
#define TTMEM_PLACE_IN_BUFFER "_ZN2tt8tt_metal34UpdateDynamicCircularBufferAddressERNS0_7ProgramEmRKNS0_6BufferE"
#define TTMEM_PLACE_IN_BUFFER_AT "_ZN2tt8tt_metal34UpdateDynamicCircularBufferAddressERNS0_7ProgramEmRKNS0_6BufferEj"
#define TTMEM_PLACE_IN_TENSOR "_ZN2tt8tt_metal34UpdateDynamicCircularBufferAddressERNS0_7ProgramEmRKNS0_10MeshTensorE"
#define TTMEM_PLACE_AND_RESIZE_IN_BUFFER \
    "_ZN2tt8tt_metal46UpdateDynamicCircularBufferAddressAndTotalSizeERNS0_7ProgramEmRKNS0_6BufferEj"
#define TTMEM_PLACE_AND_RESIZE_IN_TENSOR \
    "_ZN2tt8tt_metal46UpdateDynamicCircularBufferAddressAndTotalSizeERNS0_7ProgramEmRKNS0_10MeshTensorEj"
#define TTMEM_PLACE_IN_GLOBAL                                                                         \
    "_ZN2tt8tt_metal12experimental34UpdateDynamicCircularBufferAddressERNS0_7ProgramEmRKNS1_20Global" \
    "CircularBufferE"
#define TTMEM_ENQUEUE_WORKLOAD \
    "_ZN2tt8tt_metal11distributed19EnqueueMeshWorkloadERNS1_16MeshCommandQueueERNS1_12MeshWorkloadEb"
// A workload takes a program for a part of a mesh; its kernels' binaries go into a DRAM buffer. Every release.
#define TTMEM_ADD_PROGRAM \
    "_ZN2tt8tt_metal11distributed16MeshWorkloadImpl11add_programERKNS1_19MeshCoordinateRangeEONS0_7ProgramE"
#define TTMEM_LOAD_BINARIES "_ZN2tt8tt_metal11distributed16MeshWorkloadImpl13load_binariesERNS1_16MeshCommandQueueE"
// Lays a workload's programs out in the kernel-config ring; throws where one is larger than the ring. Every release.
#define TTMEM_LAY_OUT_IN_RING "_ZN2tt8tt_metal11distributed16MeshWorkloadImpl16finalize_offsetsEPNS1_10MeshDeviceE"
// The persistent L1 arena, 0.80.0 and later: each allocator has one; what it gives out is in no buffer.
#define TTMEM_ARENA_CREATED "_ZN2tt8tt_metal17PersistentL1ArenaC1EmmRKNS0_12CoreRangeSetE"
#define TTMEM_ARENA_ALLOCATE "_ZN2tt8tt_metal17PersistentL1Arena8allocateERKNS0_12CoreRangeSetEmm"
#define TTMEM_ARENA_DEALLOCATE "_ZN2tt8tt_metal17PersistentL1Arena10deallocateEm"
// L1 of service cores, 0.78.0 and later.
#define TTMEM_SERVICE_ALLOCATE \
    "_ZN2tt8tt_metal8internal22ServiceCoreManagerImpl11allocate_l1EPNS0_7IDeviceENS_7xy_pairEm"
#define TTMEM_SERVICE_RESERVE \
    "_ZN2tt8tt_metal8internal22ServiceCoreManagerImpl17reserve_l1_to_topEPNS0_7IDeviceENS_7xy_pairEm"
#define TTMEM_SERVICE_DEALLOCATE \
    "_ZN2tt8tt_metal8internal22ServiceCoreManagerImpl13deallocate_l1EPNS0_7IDeviceENS_7xy_pairEm"
#define TTMEM_SERVICE_RELEASE \
    "_ZN2tt8tt_metal8internal22ServiceCoreManagerImpl7releaseEPNS0_7IDeviceERKSt6vectorINS_7xy_pairESaIS6_EE"
#define TTMEM_SERVICE_CLOSED "_ZN2tt8tt_metal8internal22ServiceCoreManagerImpl15on_device_closeEi"
// Kernel-config rings, every release. A queue's managers are rebuilt with the first (without its first argument up to
// 0.67.0), which makes each ring with the second.
#define TTMEM_RINGS_RESET                                                                                              \
    "_ZN2tt8tt_metal16program_dispatch42reset_config_buf_mgrs_and_expected_workersERKNS0_3HalERSt5arrayINS0_21WorkerC" \
    "onfigBufferMgrELm8EERS5_IjLm8EEjj"
#define TTMEM_067_RINGS_RESET                                                                                        \
    "_ZN2tt8tt_metal16program_dispatch42reset_config_buf_mgrs_and_expected_workersERSt5arrayINS0_21WorkerConfigBuff" \
    "erMgrELm8EERS2_IjLm8EEjj"
#define TTMEM_RING_INIT "_ZN2tt8tt_metal21WorkerConfigBufferMgr15init_add_bufferEjj"
#define TTMEM_RING_RESERVE "_ZN2tt8tt_metal21WorkerConfigBufferMgr7reserveERKSt6vectorIjSaIjEE"
#define TTMEM_RING_FREE "_ZN2tt8tt_metal21WorkerConfigBufferMgr4freeEj"
#define TTMEM_RING_ALLOC "_ZN2tt8tt_metal21WorkerConfigBufferMgr5allocEj"
#define TTMEM_RING_FILL "_ZN2tt8tt_metal21WorkerConfigBufferMgr20mark_completely_fullEj"
#define TTMEM_TRACE_ARGUMENTS \
    "EjRSt5arrayINS0_28LaunchMessageRingBufferStateELm8EERS2_IjLm8EERS2_INS0_21WorkerConfigBufferMgrELm8EES5_S7_SA_"
#define TTMEM_TRACE_BEGINS "_ZN2tt8tt_metal14trace_dispatch35reset_host_dispatch_state_for_trace" TTMEM_TRACE_ARGUMENTS
#define TTMEM_TRACE_ENDS "_ZN2tt8tt_metal14trace_dispatch24load_host_dispatch_state" TTMEM_TRACE_ARGUMENTS

// A trace's capture has ended; a trace is released (0.78.0 and later: before, a virtual member calls it directly). The
// id is a number in a class of its own, given by reference.
#define TTMEM_TRACE_END                                                                                    \
    "_ZN2tt8tt_metal11distributed14MeshDeviceImpl14end_mesh_traceEhRKN4ttsl10StrongTypeIjNS1_14MeshTraceI" \
    "dTagEEE"
#define TTMEM_TRACE_RELEASE                                                                                \
    "_ZN2tt8tt_metal11distributed14MeshDeviceImpl18release_mesh_traceERKN4ttsl10StrongTypeIjNS1_14MeshTra" \
    "ceIdTagEEE"
// There up to 0.72.0 alone: marks the releases whose trace releases pass by unseen.
#define TTMEM_072_ALLOCATIONS_UNSAFE "_ZN2tt8tt_metal13AllocatorImpl23mark_allocations_unsafeEv"
// Memory that no operation allocates: of global semaphores (0.78.0 and later), of global circular buffers
// (0.80.0 and later; before), of sockets between meshes (every release) and with the host (0.78.0 and later), which
// _ttnncpp.so makes.
#define TTMEM_SEMAPHORE_BUFFER \
    "_ZN2tt8tt_metal19GlobalSemaphoreImpl12setup_bufferESt8optionalIjENS0_10BufferTypeES2_ImE"
#define TTMEM_GLOBAL_BUFFERS \
    "_ZN2tt8tt_metal12experimental24GlobalCircularBufferImpl16setup_cb_buffersENS0_10BufferTypeEj"
#define TTMEM_078_GLOBAL_BUFFERS \
    "_ZN2tt8tt_metal12experimental20GlobalCircularBuffer16setup_cb_buffersENS0_10BufferTypeEj"
#define TTMEM_MESH_SOCKET \
    "_ZN2tt8tt_metal11distributed10MeshSocketC1ERKSt10shared_ptrINS1_10MeshDeviceEERKNS1_12SocketConfigE"
#define TTMEM_DEVICE_TO_HOST                                                                               \
    "_ZN2tt8tt_metal11distributed9D2HSocketC1ERKSt10shared_ptrINS1_10MeshDeviceEERKNS1_13MeshCoreCoordEjN" \
    "S2_12ProcessScopeE"
#define TTMEM_HOST_TO_DEVICE                                                                               \
    "_ZN2tt8tt_metal11distributed9H2DSocketC1ERKSt10shared_ptrINS1_10MeshDeviceEERKNS1_13MeshCoreCoordENS" \
    "0_10BufferTypeEjNS1_7H2DModeE"
// The functions that a dry run stands in for (hook_dry_run.cpp), 0.78.0 and later.
#define TTMEM_TRACE_ID_ARGUMENT "RKN4ttsl10StrongTypeIjNS1_14MeshTraceIdTagEEE"
#define TTMEM_BEGIN_MESH_TRACE \
    "_ZN2tt8tt_metal11distributed14MeshDeviceImpl16begin_mesh_traceEh" TTMEM_TRACE_ID_ARGUMENT
#define TTMEM_ISSUE_TRACE                                                                        \
    "_ZN2tt8tt_metal14trace_dispatch20issue_trace_commandsEPNS0_11distributed10MeshDeviceERNS0_" \
    "19SystemMemoryManagerERKNS1_21TraceDispatchMetadataEhRKSt5arrayIjLm8EENS_7xy_pairE"
#define TTMEM_ISSUE_EVENT_WAIT \
    "_ZN2tt8tt_metal14event_dispatch29issue_wait_for_event_commandsEhhRNS0_19SystemMemoryManagerEj"
#define TTMEM_078_RESET_WORKERS                                                                     \
    "_ZN2tt8tt_metal16program_dispatch37reset_worker_dispatch_state_on_deviceEPNS0_11distributed10" \
    "MeshDeviceERNS0_19SystemMemoryManagerEhNS_7xy_pairERKSt5arrayIjLm8EEb"
#define TTMEM_RESET_WORKERS \
    TTMEM_078_RESET_WORKERS "St4spanIKSt6vectorIjN4ttsl17aligned_allocatorIjLm16EEEELm18446744073709551615EE"
#define TTMEM_CORE_DESCRIPTOR "_ZN2tt8tt_metal12MetalEnvImpl26get_core_descriptor_configEihRKNS0_18DispatchCoreConfigE"
#define TTMEM_GO_SIGNALS_OF "_ZN2tt8tt_metal11distributed18FDMeshCommandQueue"
#define TTMEM_GO_SIGNALS_CHIPS "St13unordered_setIjSt4hashIjESt8equal_toIjESaIjEE"
#define TTMEM_GO_SIGNALS_WORKERS "RKN4ttsl10StrongTypeIhNS0_14SubDeviceIdTagEEEj"
#define TTMEM_GO_SIGNALS_METADATA "RKNS0_16program_dispatch23ProgramDispatchMetadataE"
#define TTMEM_GO_SIGNALS                                                                                 \
    TTMEM_GO_SIGNALS_OF                                                                                  \
    "45write_go_signal_sequences_to_unused_sub_gridsERK" TTMEM_GO_SIGNALS_CHIPS TTMEM_GO_SIGNALS_WORKERS \
    "b" TTMEM_GO_SIGNALS_METADATA
#define TTMEM_080_GO_SIGNALS                                                                             \
    TTMEM_GO_SIGNALS_OF                                                                                  \
    "45write_go_signal_sequences_to_unused_sub_gridsERK" TTMEM_GO_SIGNALS_CHIPS TTMEM_GO_SIGNALS_WORKERS \
    "bb" TTMEM_GO_SIGNALS_METADATA
#define TTMEM_078_GO_SIGNALS                                                                            \
    TTMEM_GO_SIGNALS_OF                                                                                 \
    "45write_go_signal_sequences_to_unused_sub_gridsER" TTMEM_GO_SIGNALS_CHIPS TTMEM_GO_SIGNALS_WORKERS \
    "bb" TTMEM_GO_SIGNALS_METADATA
#define TTMEM_072_GO_SIGNALS                                                                                      \
    TTMEM_GO_SIGNALS_OF "35write_go_signal_to_unused_sub_gridsER" TTMEM_GO_SIGNALS_CHIPS TTMEM_GO_SIGNALS_WORKERS \
                        "bb" TTMEM_GO_SIGNALS_METADATA
// Reached through the queue's vtable, whose entry names the function: a preloaded one takes its place.
#define TTMEM_READ_SHARD                                                                                               \
    "_ZN2tt8tt_metal11distributed18FDMeshCommandQueue22read_shard_from_deviceERKNS1_10MeshBufferERKNS1_14Mesh"         \
    "CoordinateEPvSt10shared_ptrINS0_12experimental12PinnedMemoryEERKSt8optionalINS0_12BufferRegionEERSt13unordered_"  \
    "map"                                                                                                              \
    "IPNS0_7IDeviceEjSt4hashISL_ESt8equal_toISL_ESaISt4pairIKSL_jEEESt4spanIKN4ttsl10StrongTypeIhNS0_14SubDeviceIdTag" \
    "EEELm18446744073709551615EE"
#define TTMEM_SUBMIT_READS                                                                                         \
    "_ZN2tt8tt_metal11distributed18FDMeshCommandQueue21submit_memcpy_requestERSt13unordered_mapIPNS0_7IDeviceEjSt" \
    "4hashIS5_ESt8equal_toIS5_ESaISt4pairIKS5_jEEEbSt6vectorINS0_9MemoryPinESaISH_EE"
#define TTMEM_066_SUBMIT_READS                                                                                     \
    "_ZN2tt8tt_metal11distributed18FDMeshCommandQueue21submit_memcpy_requestERSt13unordered_mapIPNS0_7IDeviceEjSt" \
    "4hashIS5_ESt8equal_toIS5_ESaISt4pairIKS5_jEEEb"

// --- Called, never stood in for --------------------------------------------------------------------------------------

// Buffer's accessors, every release.
#define TTMEM_BUFFER_PAGE_SIZE "_ZNK2tt8tt_metal6Buffer9page_sizeEv"
#define TTMEM_BUFFER_NUM_PAGES "_ZNK2tt8tt_metal6Buffer9num_pagesEv"
#define TTMEM_BUFFER_SIZE_PER_BANK "_ZNK2tt8tt_metal6Buffer21aligned_size_per_bankEv"
#define TTMEM_BUFFER_ADDRESS "_ZNK2tt8tt_metal6Buffer7addressEv"
#define TTMEM_BUFFER_IS_DRAM "_ZNK2tt8tt_metal6Buffer7is_dramEv"
#define TTMEM_BUFFER_IS_L1 "_ZNK2tt8tt_metal6Buffer5is_l1Ev"
#define TTMEM_BUFFER_IS_TRACE "_ZNK2tt8tt_metal6Buffer8is_traceEv"  // up to 0.78.0
#define TTMEM_BUFFER_NUM_CORES "_ZNK2tt8tt_metal6Buffer9num_coresEv"
// 0.79.0 and later.
#define TTMEM_BUFFER_SIZE "_ZNK2tt8tt_metal6Buffer4sizeEv"
#define TTMEM_BUFFER_TYPE "_ZNK2tt8tt_metal6Buffer11buffer_typeEv"
#define TTMEM_BUFFER_UNIQUE_ID "_ZNK2tt8tt_metal6Buffer9unique_idEv"
#define TTMEM_BUFFER_DEVICE "_ZNK2tt8tt_metal6Buffer6deviceEv"
#define TTMEM_BUFFER_LAYOUT "_ZNK2tt8tt_metal6Buffer13buffer_layoutEv"

#define TTMEM_BUFFER_ALIGNED_PAGE_SIZE "_ZNK2tt8tt_metal6Buffer17aligned_page_sizeEv"
// Buffers that do not lie in every bank (HYBRID allocator): per core from 0.78.0 on, range lockstep from 0.80.0 on.
#define TTMEM_BUFFER_IS_PER_CORE \
    "_ZN2tt8tt_metal12experimental19per_core_allocation22is_per_core_allocationERKNS0_6BufferE"
#define TTMEM_BUFFER_CORE_ADDRESSES \
    "_ZN2tt8tt_metal12experimental19per_core_allocation22get_per_core_addressesERKNS0_6BufferE"
#define TTMEM_BUFFER_IS_RANGE_LOCKSTEP \
    "_ZN2tt8tt_metal12experimental25range_lockstep_allocation28is_range_lockstep_allocationERKNS0_6BufferE"
#define TTMEM_BUFFER_SHARD_SPEC "_ZNK2tt8tt_metal6Buffer10shard_specEv"

// The allocator: AllocatorImpl's own from 0.66.0, Allocator's in 0.65.0.
#define TTMEM_NUM_BANKS "_ZNK2tt8tt_metal13AllocatorImpl13get_num_banksERKNS0_10BufferTypeE"
#define TTMEM_BANK_SIZE "_ZNK2tt8tt_metal13AllocatorImpl13get_bank_sizeERKNS0_10BufferTypeE"
#define TTMEM_ALIGNMENT "_ZNK2tt8tt_metal13AllocatorImpl13get_alignmentENS0_10BufferTypeE"
#define TTMEM_STATISTICS "_ZNK2tt8tt_metal13AllocatorImpl14get_statisticsERKNS0_10BufferTypeE"
#define TTMEM_065_STATISTICS "_ZNK2tt8tt_metal9Allocator14get_statisticsERKNS0_10BufferTypeE"
#define TTMEM_BASE_ADDRESS "_ZNK2tt8tt_metal13AllocatorImpl23get_base_allocator_addrERKNS0_10HalMemTypeE"
#define TTMEM_065_NUM_BANKS "_ZNK2tt8tt_metal9Allocator13get_num_banksERKNS0_10BufferTypeE"
#define TTMEM_065_BANK_SIZE "_ZNK2tt8tt_metal9Allocator13get_bank_sizeERKNS0_10BufferTypeE"
#define TTMEM_065_ALIGNMENT "_ZNK2tt8tt_metal9Allocator13get_alignmentENS0_10BufferTypeE"
#define TTMEM_065_BASE_ADDRESS "_ZNK2tt8tt_metal9Allocator23get_base_allocator_addrERKNS0_10HalMemTypeE"

// The core that an L1 bank lies on. Every release.
#define TTMEM_BANK_CORE "_ZNK2tt8tt_metal13AllocatorImpl29get_logical_core_from_bank_idEj"
#define TTMEM_065_BANK_CORE "_ZNK2tt8tt_metal9Allocator29get_logical_core_from_bank_idEj"

#define TTMEM_ARENA_RANGES_ON "_ZNK2tt8tt_metal17PersistentL1Arena15occupied_rangesERKNS_7xy_pairE"

// Devices and meshes, every release unless said.
#define TTMEM_DEVICE_VTABLE "_ZTVN2tt8tt_metal6DeviceE"
#define TTMEM_MESH_VTABLE "_ZTVN2tt8tt_metal11distributed10MeshDeviceE"
#define TTMEM_MESH_ID "_ZNK2tt8tt_metal11distributed10MeshDevice2idEv"
#define TTMEM_MESH_DEVICES "_ZNK2tt8tt_metal11distributed10MeshDevice11get_devicesEv"
#define TTMEM_MESH_DEVICE_IDS "_ZNK2tt8tt_metal11distributed10MeshDevice14get_device_idsEv"
#define TTMEM_MESH_PARENT "_ZNK2tt8tt_metal11distributed10MeshDevice15get_parent_meshEv"
#define TTMEM_MESH_ALLOCATOR "_ZNK2tt8tt_metal11distributed10MeshDevice14allocator_implEv"  // 0.66.0 and later
#define TTMEM_065_MESH_ALLOCATOR "_ZNK2tt8tt_metal11distributed10MeshDevice9allocatorEv"
#define TTMEM_MESH_BACKING "_ZNK2tt8tt_metal11distributed10MeshBuffer18get_backing_bufferEv"
#define TTMEM_ACTIVE_DEVICE "_ZN2tt8tt_metal6detail15GetActiveDeviceEi"
#define TTMEM_DEVICE_ARCH "_ZNK2tt8tt_metal6Device4archEv"
#define TTMEM_DEVICE_GRID "_ZNK2tt8tt_metal6Device17logical_grid_sizeEv"
#define TTMEM_DEVICE_L1_SIZE "_ZNK2tt8tt_metal6Device16l1_size_per_coreEv"
#define TTMEM_DEVICE_DRAM_SIZE "_ZNK2tt8tt_metal6Device21dram_size_per_channelEv"
#define TTMEM_DEVICE_DRAM_CHANNELS "_ZNK2tt8tt_metal6Device17num_dram_channelsEv"

#define TTMEM_MESH_VIEW "_ZNK2tt8tt_metal11distributed10MeshDevice8get_viewEv"
#define TTMEM_VIEW_DEVICES_IN "_ZNK2tt8tt_metal11distributed14MeshDeviceView11get_devicesERKNS1_19MeshCoordinateRangeE"
#define TTMEM_RANGE_START "_ZNK2tt8tt_metal11distributed19MeshCoordinateRange11start_coordEv"
#define TTMEM_RANGE_END "_ZNK2tt8tt_metal11distributed19MeshCoordinateRange9end_coordEv"
#define TTMEM_RANGE_MAKE "_ZN2tt8tt_metal11distributed19MeshCoordinateRangeC1ERKNS1_14MeshCoordinateES5_"
#define TTMEM_COORDINATE_VALUES "_ZNK2tt8tt_metal11distributed14MeshCoordinate6coordsEv"
#define TTMEM_COORDINATE_MAKE "_ZN2tt8tt_metal11distributed14MeshCoordinateC1ESt4spanIKjLm18446744073709551615EE"

// The cluster. Contexts have numbers from 0.67.4 on.
#define TTMEM_CONTEXT_OF_DEVICE "_ZN2tt8tt_metal18extract_context_idEPKNS0_7IDeviceE"
#define TTMEM_CONTEXT "_ZN2tt8tt_metal12MetalContext8instanceEN4ttsl10StrongTypeIiNS0_12ContextIdTagEEE"
#define TTMEM_067_CONTEXT "_ZN2tt8tt_metal12MetalContext8instanceEv"
#define TTMEM_CONTEXT_EXISTS "_ZN2tt8tt_metal12MetalContext15instance_existsEN4ttsl10StrongTypeIiNS0_12ContextIdTagEEE"
#define TTMEM_CLUSTER "_ZN2tt8tt_metal12MetalContext11get_clusterEv"
// Tensors. The functions of a TensorSpec are there from 0.78.0 on; earlier releases have only the function that makes
// the buffer of a tensor.
#define TTMEM_ALLOCATE_DEVICE_BUFFER \
    "_ZN2tt8tt_metal11tensor_impl22allocate_device_bufferEPNS0_11distributed10MeshDeviceERKNS0_10TensorSpecE"
// A tensor on a mesh, and what says how it is distributed over the chips, 0.72.0 and later. Its topology may be set
// afterwards, in 0.72.0 by a member of it; before, topologies are ttnn's own.
#define TTMEM_TENSOR_MADE                                                                          \
    "_ZN2tt8tt_metal10MeshTensorC1ESt10shared_ptrINS0_11distributed10MeshBufferEENS0_10TensorSpec" \
    "ENS0_14TensorTopologyE"
#define TTMEM_TENSOR_DISTRIBUTED "_ZN2tt8tt_metal22update_tensor_topologyERNS0_10MeshTensorENS0_14TensorTopologyE"
#define TTMEM_072_TENSOR_DISTRIBUTED "_ZN2tt8tt_metal10MeshTensor22update_tensor_topologyENS0_14TensorTopologyE"
#define TTMEM_TENSOR_BUFFER "_ZNK2tt8tt_metal10MeshTensor11mesh_bufferEv"
#define TTMEM_TENSOR_SPEC "_ZNK2tt8tt_metal10MeshTensor11tensor_specEv"
#define TTMEM_TOPOLOGY_SHARDED \
    "_ZN2tt8tt_metal14TensorTopology30create_sharded_tensor_topologyERKNS0_11distributed9MeshShapeEi"
#define TTMEM_TOPOLOGY_REPLICATED \
    "_ZN2tt8tt_metal14TensorTopology39create_fully_replicated_tensor_topologyERKNS0_11distributed9MeshShapeE"
#define TTMEM_MESH_SHAPE_MAKE "_ZN2tt8tt_metal11distributed9MeshShapeC1Ejj"
#define TTMEM_TENSOR_DATA_TYPE "_ZNK2tt8tt_metal12TensorLayout13get_data_typeEv"
#define TTMEM_TENSOR_LAYOUT "_ZNK2tt8tt_metal12TensorLayout10get_layoutEv"
#define TTMEM_TENSOR_MEMORY "_ZNK2tt8tt_metal12TensorLayout17get_memory_configEv"
#define TTMEM_MEMORY_LAYOUT "_ZNK2tt8tt_metal12MemoryConfig13memory_layoutEv"
#define TTMEM_MEMORY_TYPE "_ZNK2tt8tt_metal12MemoryConfig11buffer_typeEv"
#define TTMEM_MEMORY_SHARDS "_ZNK2tt8tt_metal12MemoryConfig10shard_specEv"
#define TTMEM_MEMORY_ND_SHARDS "_ZNK2tt8tt_metal12MemoryConfig13nd_shard_specEv"
// Memory beside buffers, and the cluster it is on. Every release unless said.
#define TTMEM_MAX_WORKER_L1 "_ZN2tt8tt_metal3hal33get_max_worker_l1_unreserved_sizeEv"
#define TTMEM_DISPATCH_CORE_MANAGER "_ZN2tt8tt_metal12MetalContext25get_dispatch_core_managerEv"
#define TTMEM_DISPATCH_CORES "_ZN2tt8tt_metal21dispatch_core_manager30get_all_logical_dispatch_coresEi"
#define TTMEM_CLUSTER_DESCRIPTOR "_ZNK2tt7Cluster16get_cluster_descEv"  // 0.67.0 and later
#define TTMEM_CLUSTER_BOARD_TYPE "_ZNK2tt7Cluster14get_board_typeEi"
#define TTMEM_DISPATCH_CONFIG "_ZN2tt8tt_metal21dispatch_core_manager24get_dispatch_core_configEv"
#define TTMEM_CLUSTER_DRIVER "_ZNK2tt7Cluster10get_driverEv"  // 0.72.0 and later
#define TTMEM_UMD_CHIP "_ZNK2tt3umd7Cluster8get_chipEi"
#define TTMEM_UMD_MOCK_CHIP_VTABLE "_ZTVN2tt3umd8MockChipE"
#define TTMEM_MOCK_REGISTERED "_ZN2tt8tt_metal12experimental23is_mock_mode_registeredEv"  // 0.66.0 and later
// The driver library: libdevice up to 0.68.0, libtt-umd after.
#define TTMEM_UMD_UNIQUE_IDS "_ZNK2tt3umd17ClusterDescriptor19get_chip_unique_idsEv"
#define TTMEM_UMD_AUTHENTIC "_ZNK2tt3umd17ClusterDescriptor29has_authentic_chip_unique_idsEv"  // 0.78.0 and later
#define TTMEM_UMD_BOARD_ID "_ZNK2tt3umd17ClusterDescriptor21get_board_id_for_chipEi"
#define TTMEM_UMD_BOARD_TYPE "_ZNK2tt3umd17ClusterDescriptor14get_board_typeEi"
#define TTMEM_UMD_BOARD_TYPE_FROM_ID "_ZN2tt28get_board_type_from_board_idEm"
#define TTMEM_UMD_IS_MMIO "_ZNK2tt3umd17ClusterDescriptor20is_chip_mmio_capableEi"
#define TTMEM_UMD_MMIO_CHIPS "_ZNK2tt3umd17ClusterDescriptor19get_chips_with_mmioEv"

// Programs, their circular buffers and kernels, every release unless said.
#define TTMEM_PROGRAM_ID "_ZNK2tt8tt_metal6detail11ProgramImpl6get_idEv"
#define TTMEM_PROGRAM_KERNELS "_ZN2tt8tt_metal6detail11ProgramImpl11get_kernelsEj"
// The bytes that a launch takes in the kernel-config ring of a core, by kind of core; 0 until the program is laid out.
// Every release.
#define TTMEM_PROGRAM_CONFIG_SIZE "_ZN2tt8tt_metal6detail11ProgramImpl23get_program_config_sizeEj"
#define TTMEM_PROGRAM_CIRCULAR_BUFFERS "_ZNK2tt8tt_metal6detail11ProgramImpl16circular_buffersEv"
#define TTMEM_PROGRAM_DATAFLOW_BUFFERS "_ZNK2tt8tt_metal6detail11ProgramImpl16dataflow_buffersEv"  // 0.67.0 and later
#define TTMEM_CIRCULAR_BUFFER_SIZE "_ZNK2tt8tt_metal14CircularBuffer4sizeEv"
#define TTMEM_CIRCULAR_BUFFER_IS_GLOBAL "_ZNK2tt8tt_metal14CircularBuffer18globally_allocatedEv"
#define TTMEM_CIRCULAR_BUFFER_CORES "_ZNK2tt8tt_metal14CircularBuffer11core_rangesEv"
#define TTMEM_CIRCULAR_BUFFER_ID "_ZNK2tt8tt_metal14CircularBuffer2idEv"
#define TTMEM_CIRCULAR_BUFFER_INDICES "_ZNK2tt8tt_metal14CircularBuffer14buffer_indicesEv"
#define TTMEM_CIRCULAR_BUFFER_FORMAT "_ZNK2tt8tt_metal14CircularBuffer11data_formatEj"
#define TTMEM_CIRCULAR_BUFFER_ADDRESS "_ZNK2tt8tt_metal18CircularBufferImpl7addressEv"
#define TTMEM_KERNEL_NAME "_ZNK2tt8tt_metal6Kernel4nameB5cxx11Ev"
#define TTMEM_KERNEL_CORES "_ZNK2tt8tt_metal6Kernel18logical_corerangesEv"
#define TTMEM_KERNEL_PACKED_SIZE "_ZNK2tt8tt_metal6Kernel22get_binary_packed_sizeEPNS0_7IDeviceEi"
// Scratchpads, 0.78.0 and later: what the program allocates, what a kernel binds (0.78.0: without the fourth argument
// of the function that it calls), and the kernel's common runtime arguments, one of which is the scratchpad's address.
#define TTMEM_ALLOCATE_SCRATCHPADS "_ZN2tt8tt_metal6detail11ProgramImpl20allocate_scratchpadsEPKNS0_7IDeviceE"
#define TTMEM_KERNEL_SCRATCHPADS                                                                        \
    "_ZNK2tt8tt_metal6Kernel34process_scratchpad_binding_handlesERKSt8functionIFvRKNSt7__cxx1112basic_" \
    "stringIcSt11char"                                                                                  \
    "_traitsIcESaIcEEEjjRKSt8optionalINS0_11LLKMetadataEEEE"
#define TTMEM_078_KERNEL_SCRATCHPADS                                                                                  \
    "_ZNK2tt8tt_metal6Kernel34process_scratchpad_binding_handlesESt8functionIFvRKNSt7__cxx1112basic_stringIcSt11char" \
    "_traitsIcESaIcEEEjjEE"
#define TTMEM_KERNEL_COMMON_ARGUMENTS "_ZN2tt8tt_metal6Kernel24common_runtime_args_dataEv"
#define TTMEM_COMPUTE_KERNEL_VTABLE "_ZTVN2tt8tt_metal13ComputeKernelE"
#define TTMEM_ETHERNET_KERNEL_VTABLE "_ZTVN2tt8tt_metal14EthernetKernelE"
