// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A libtt_metal.so with the functions that a dry run stands in for, and no others. Each original prints its name, and
// aborts where an argument is not the one that the caller gave. FAKE_CHIP=mock: its chip is the driver's MockChip; else
// it is of another class, as a card's is.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "tt_metal/release/foreign.hpp"
#include "tt_metal/release/names.hpp"

#define EXPORTED_DATA(name) __asm__(name) __attribute__((visibility("default")))
#define EXPORTED(name) __asm__(name) __attribute__((visibility("default"), noinline))

namespace ttmem::tt_metal {

struct PinnedMemory {};

extern const void* const mock_chip_vtable[3] EXPORTED_DATA(TTMEM_UMD_MOCK_CHIP_VTABLE);
const void* const mock_chip_vtable[3] = {};

namespace {

const void* const card_vtable[3] = {};
const void* chip = nullptr;
const void* driver = &driver;
int context_word = 0;

// Addresses that no other argument has.
template <typename T>
T* mark(uintptr_t number) {
    return reinterpret_cast<T*>(0x1000 * number);
}
constexpr Grid kCore{11, 12};
constexpr ForeignSpan kSpan{nullptr, 13};

void require(bool right) {
    if (!right) {
        std::abort();
    }
}

}  // namespace

bool context_exists(int) EXPORTED(TTMEM_CONTEXT_EXISTS);
bool context_exists(int number) {
    return number == 0;
}
void* context(int) EXPORTED(TTMEM_CONTEXT);
void* context(int) {
    return &context_word;
}
void* cluster(void*) EXPORTED(TTMEM_CLUSTER);
void* cluster(void* of) {
    return of;
}
const void* const* cluster_driver(const void*) EXPORTED(TTMEM_CLUSTER_DRIVER);
const void* const* cluster_driver(const void*) {
    return &driver;
}
const void* driver_chip(const void*, int) EXPORTED(TTMEM_UMD_CHIP);
const void* driver_chip(const void*, int) {
    return &chip;
}
void* dispatch_core_manager(void*) EXPORTED(TTMEM_DISPATCH_CORE_MANAGER);
void* dispatch_core_manager(void* of) {
    return of;
}
DispatchConfig dispatch_config(void*) EXPORTED(TTMEM_DISPATCH_CONFIG);
DispatchConfig dispatch_config(void*) {
    return {1, 0, 0, {}};  // from Ethernet cores
}

bool mesh_opened(MeshDeviceImpl*, MeshDevice*, uint8_t, size_t, size_t, size_t, Span32, bool)
    EXPORTED(TTMEM_MESH_OPENED);
bool mesh_opened(MeshDeviceImpl*, MeshDevice*, uint8_t, size_t, size_t, size_t, Span32, bool) {
    return true;
}
void begin_mesh_trace(MeshDeviceImpl*, uint8_t, const MeshTraceId*) EXPORTED(TTMEM_BEGIN_MESH_TRACE);
void begin_mesh_trace(MeshDeviceImpl* mesh, uint8_t queue, const MeshTraceId* trace) {
    require(mesh == mark<MeshDeviceImpl>(1) && queue == 1);
    std::printf("begin %u\n", trace->value);
}
void end_mesh_trace(MeshDeviceImpl*, uint8_t, const MeshTraceId*) EXPORTED(TTMEM_TRACE_END);
void end_mesh_trace(MeshDeviceImpl* mesh, uint8_t queue, const MeshTraceId* trace) {
    require(mesh == mark<MeshDeviceImpl>(1) && queue == 1);
    std::printf("end %u\n", trace->value);
}
void issue_trace(MeshDevice*, SystemMemory*, const TraceMetadata*, uint8_t, const ExpectedWorkers*, Grid)
    EXPORTED(TTMEM_ISSUE_TRACE);
void issue_trace(MeshDevice* mesh, SystemMemory* memory, const TraceMetadata* trace, uint8_t queue,
                 const ExpectedWorkers* workers, Grid core) {
    require(mesh == mark<MeshDevice>(2) && memory == mark<SystemMemory>(3) && trace == mark<TraceMetadata>(4) &&
            queue == 5 && workers == mark<ExpectedWorkers>(6) && core.x == kCore.x && core.y == kCore.y);
    std::puts("trace");
}
void issue_event_wait(uint8_t, uint8_t, SystemMemory*, uint32_t) EXPORTED(TTMEM_ISSUE_EVENT_WAIT);
void issue_event_wait(uint8_t queue, uint8_t queue_of_event, SystemMemory* memory, uint32_t event) {
    require(queue == 7 && queue_of_event == 8 && memory == mark<SystemMemory>(3) && event == 9);
    std::puts("wait");
}
void reset_workers(MeshDevice*, SystemMemory*, uint8_t, Grid, const ExpectedWorkers*, bool, ForeignSpan)
    EXPORTED(TTMEM_RESET_WORKERS);
void reset_workers(MeshDevice* mesh, SystemMemory* memory, uint8_t queue, Grid core, const ExpectedWorkers* workers,
                   bool reset, ForeignSpan data) {
    require(mesh == mark<MeshDevice>(2) && memory == mark<SystemMemory>(3) && queue == 5 && core.x == kCore.x &&
            core.y == kCore.y && workers == mark<ExpectedWorkers>(6) && reset && data.size == kSpan.size);
    std::puts("reset");
}
void reset_workers_078(MeshDevice*, SystemMemory*, uint8_t, Grid, const ExpectedWorkers*, bool)
    EXPORTED(TTMEM_078_RESET_WORKERS);
void reset_workers_078(MeshDevice* mesh, SystemMemory* memory, uint8_t queue, Grid core, const ExpectedWorkers* workers,
                       bool reset) {
    require(mesh == mark<MeshDevice>(2) && memory == mark<SystemMemory>(3) && queue == 5 && core.x == kCore.x &&
            core.y == kCore.y && workers == mark<ExpectedWorkers>(6) && reset);
    std::puts("reset of 0.78");
}
const CoreDescriptor* core_descriptor(MetalEnvironment*, int, uint8_t, const DispatchConfig*)
    EXPORTED(TTMEM_CORE_DESCRIPTOR);
const CoreDescriptor* core_descriptor(MetalEnvironment* environment, int number, uint8_t queues,
                                      const DispatchConfig* config) {
    require(environment == mark<MetalEnvironment>(10) && number == 3 && queues == 2);
    std::printf("grid of dispatch %u\n", config->type);
    return mark<CoreDescriptor>(14);
}
void read_shard(MeshQueue*, const MeshBuffer*, const MeshCoordinate*, void*, std::shared_ptr<PinnedMemory>,
                const OptionalRegion*, TransfersPerDevice*, ForeignSpan) EXPORTED(TTMEM_READ_SHARD);
void read_shard(MeshQueue* queue, const MeshBuffer* buffer, const MeshCoordinate* at, void* to,
                std::shared_ptr<PinnedMemory> pinned, const OptionalRegion* region, TransfersPerDevice* transfers,
                ForeignSpan sub_devices) {
    require(queue == mark<MeshQueue>(15) && buffer == mark<MeshBuffer>(16) && at == mark<MeshCoordinate>(17) &&
            to == mark<void>(18) && pinned.use_count() >= 1 && region == mark<OptionalRegion>(19) &&
            transfers == mark<TransfersPerDevice>(20) && sub_devices.size == kSpan.size);
    std::puts("read");
}
void submit_reads(MeshQueue*, TransfersPerDevice*, bool, MemoryPins) EXPORTED(TTMEM_SUBMIT_READS);
// `pins` is no address that was made up: it travels as that of the caller's copy.
void submit_reads(MeshQueue* queue, TransfersPerDevice* transfers, bool blocking, MemoryPins pins) {
    require(queue == mark<MeshQueue>(15) && transfers == mark<TransfersPerDevice>(20) && blocking &&
            reinterpret_cast<uintptr_t>(&pins) % alignof(MemoryPins) == 0);
    std::puts("submit");
}
void submit_reads_066(MeshQueue*, TransfersPerDevice*, bool) EXPORTED(TTMEM_066_SUBMIT_READS);
void submit_reads_066(MeshQueue* queue, TransfersPerDevice* transfers, bool blocking) {
    require(queue == mark<MeshQueue>(15) && transfers == mark<TransfersPerDevice>(20) && blocking);
    std::puts("submit of 0.66");
}
bool is_go_signals(MeshQueue* queue, const ChipIds* used, const SubDeviceNumber* sub_device, uint32_t workers,
                   bool multicast, const DispatchMetadata* metadata) {
    return queue == mark<MeshQueue>(15) && used == mark<ChipIds>(21) && sub_device == mark<SubDeviceNumber>(22) &&
           workers == 23 && multicast && metadata == mark<DispatchMetadata>(24);
}
void go_signals(MeshQueue*, const ChipIds*, const SubDeviceNumber*, uint32_t, bool, const DispatchMetadata*)
    EXPORTED(TTMEM_GO_SIGNALS);
void go_signals(MeshQueue* queue, const ChipIds* used, const SubDeviceNumber* sub_device, uint32_t workers,
                bool multicast, const DispatchMetadata* metadata) {
    require(is_go_signals(queue, used, sub_device, workers, multicast, metadata));
    std::puts("signals");
}
void go_signals_080(MeshQueue*, const ChipIds*, const SubDeviceNumber*, uint32_t, bool, bool, const DispatchMetadata*)
    EXPORTED(TTMEM_080_GO_SIGNALS);
void go_signals_080(MeshQueue* queue, const ChipIds* used, const SubDeviceNumber* sub_device, uint32_t workers,
                    bool multicast, bool unicast, const DispatchMetadata* metadata) {
    require(is_go_signals(queue, used, sub_device, workers, multicast, metadata) && !unicast);
    std::puts("signals of 0.80");
}
void go_signals_078(MeshQueue*, ChipIds*, const SubDeviceNumber*, uint32_t, bool, bool, const DispatchMetadata*)
    EXPORTED(TTMEM_078_GO_SIGNALS);
void go_signals_078(MeshQueue* queue, ChipIds* used, const SubDeviceNumber* sub_device, uint32_t workers,
                    bool multicast, bool unicast, const DispatchMetadata* metadata) {
    require(is_go_signals(queue, used, sub_device, workers, multicast, metadata) && !unicast);
    std::puts("signals of 0.78");
}

namespace {

void run() {
    const char* class_of_chip = std::getenv("FAKE_CHIP");
    const bool mock = class_of_chip != nullptr && std::strcmp(class_of_chip, "mock") == 0;
    chip = (mock ? mock_chip_vtable : card_vtable) + 2;
    auto* const mesh = mark<MeshDeviceImpl>(1);
    mesh_opened(mesh, nullptr, 1, 0, 0, 0, {nullptr, 0}, false);
    const MeshTraceId trace{7};
    const MeshTraceId other{8};
    begin_mesh_trace(mesh, 1, &trace);
    std::puts("operations");
    end_mesh_trace(mesh, 1, &other);  // is not being captured: the original says so
    end_mesh_trace(mesh, 1, &trace);
    auto* const device = mark<MeshDevice>(2);
    auto* const memory = mark<SystemMemory>(3);
    auto* const workers = mark<ExpectedWorkers>(6);
    issue_trace(device, memory, mark<TraceMetadata>(4), 5, workers, kCore);
    issue_event_wait(7, 8, memory, 9);
    reset_workers(device, memory, 5, kCore, workers, true, kSpan);
    reset_workers_078(device, memory, 5, kCore, workers, true);
    const auto pinned = std::make_shared<PinnedMemory>();
    read_shard(mark<MeshQueue>(15), mark<MeshBuffer>(16), mark<MeshCoordinate>(17), mark<void>(18), pinned,
               mark<OptionalRegion>(19), mark<TransfersPerDevice>(20), kSpan);
    require(pinned.use_count() == 1);
    submit_reads(mark<MeshQueue>(15), mark<TransfersPerDevice>(20), true, {});
    submit_reads_066(mark<MeshQueue>(15), mark<TransfersPerDevice>(20), true);
    auto* const chips = mark<ChipIds>(21);
    auto* const part = mark<SubDeviceNumber>(22);
    go_signals(mark<MeshQueue>(15), chips, part, 23, true, mark<DispatchMetadata>(24));
    go_signals_080(mark<MeshQueue>(15), chips, part, 23, true, false, mark<DispatchMetadata>(24));
    go_signals_078(mark<MeshQueue>(15), chips, part, 23, true, false, mark<DispatchMetadata>(24));
    const DispatchConfig by_default;
    require(core_descriptor(mark<MetalEnvironment>(10), 3, 2, &by_default) == mark<CoreDescriptor>(14));
    std::puts("done");
}

}  // namespace
}  // namespace ttmem::tt_metal

extern "C" __attribute__((visibility("default"))) void run_scenario(const char*) {
    ttmem::tt_metal::run();
    std::fflush(stdout);
    std::_Exit(0);
}
