// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Stand-ins for the calls that a mock cannot serve, in a dry run (dry_run.hpp); elsewhere they only pass on.
//
// A trace. Capturing launches that a mock never prepared crashes, so the operations between begin and end run as
// themselves. At the end an empty trace is captured under the id: the id, its errors, its place in the device's list,
// its release and tt-metal's checks of allocations beside a live trace are then tt-metal's own. The size of the trace's
// buffer is not known.
//
// Commands for dispatch cores that are not there: replaying a trace, waiting for an event, announcing a new
// sub-device manager, and, when a workload runs on a part of a mesh, letting the dispatch cores of the other chips count
// its workers. Nothing of the host's own bookkeeping is in them.
//
// The grid that a program's description is checked against. On a mock tt-metal takes the one that belongs to the
// default dispatch, whatever dispatch the device was opened with, and refuses programs that a card runs (N300 and T3000
// dispatch from Ethernet cores and have a row more).
#include <stdexcept>
#include <string>
#include <utility>

#include "tt_metal/dry_run.hpp"
#include "tt_metal/release/stand_ins.hpp"
#include "tt_metal/release/symbols.hpp"

namespace ttmem::tt_metal {

namespace {

// Whether a call is not passed on, which is counted then.
bool leave_out(DryRunFigure figure) noexcept {
    if (!is_dry_run()) {
        return false;
    }
    count(figure);
    return true;
}

}  // namespace

void begin_mesh_trace(MeshDeviceImpl* mesh, uint8_t queue, const MeshTraceId* trace) {
    if (!is_dry_run()) {
        originals().begin_mesh_trace(mesh, queue, trace);
        return;
    }
    switch (start_capture(mesh, queue, *trace)) {
        case CaptureStart::kStarted:
            return;
        case CaptureStart::kBusy:
            throw std::runtime_error("CQ " + std::to_string(queue) +
                                     " is already being used for tracing (said by ttmem dry-run)");
        case CaptureStart::kNoRoom:
            throw std::runtime_error("ttmem dry-run: more traces are being captured at once than it keeps");
    }
}

void capture_empty_trace(MeshDeviceImpl* mesh, uint8_t queue, const MeshTraceId* trace) {
    if (end_capture(mesh, queue, *trace)) {
        count(DryRunFigure::kTracesCaptured);
        originals().begin_mesh_trace(mesh, queue, trace);
    }
}

void issue_trace(MeshDevice* mesh, SystemMemory* memory, const TraceMetadata* trace, uint8_t queue,
                 const ExpectedWorkers* workers, Grid core) {
    if (leave_out(DryRunFigure::kTracesExecuted)) {
        return;
    }
    originals().issue_trace(mesh, memory, trace, queue, workers, core);
}

void issue_event_wait(uint8_t queue, uint8_t queue_of_event, SystemMemory* memory, uint32_t event) {
    if (leave_out(DryRunFigure::kEventWaits)) {
        return;
    }
    originals().issue_event_wait(queue, queue_of_event, memory, event);
}

void reset_workers(MeshDevice* mesh, SystemMemory* memory, uint8_t queue, Grid core, const ExpectedWorkers* workers,
                   bool reset_messages, ForeignSpan data) {
    if (leave_out(DryRunFigure::kSubDeviceLoads)) {
        return;
    }
    originals().reset_workers(mesh, memory, queue, core, workers, reset_messages, data);
}

void reset_workers_078(MeshDevice* mesh, SystemMemory* memory, uint8_t queue, Grid core, const ExpectedWorkers* workers,
                       bool reset_messages) {
    if (leave_out(DryRunFigure::kSubDeviceLoads)) {
        return;
    }
    originals().reset_workers_078(mesh, memory, queue, core, workers, reset_messages);
}

const CoreDescriptor* core_descriptor(MetalEnvironment* environment, int chip, uint8_t queues,
                                      const DispatchConfig* config) {
    const auto is_default = [](const DispatchConfig& of) { return of.type == 0 && of.has_axis == 0; };
    DispatchConfig real;
    if (is_default(*config) && is_dry_run() && dispatch_of_device(real) && !is_default(real)) {
        count(DryRunFigure::kGridsCorrected);
        return originals().core_descriptor(environment, chip, queues, &real);
    }
    return originals().core_descriptor(environment, chip, queues, config);
}

void read_shard(MeshQueue* queue, const MeshBuffer* buffer, const MeshCoordinate* at, void* to,
                std::shared_ptr<PinnedMemory> pinned, const OptionalRegion* region, TransfersPerDevice* transfers,
                ForeignSpan sub_devices) {
    if (leave_out(DryRunFigure::kReadsSkipped)) {
        return;
    }
    originals().read_shard(queue, buffer, at, to, std::move(pinned), region, transfers, sub_devices);
}

// A mock has no device that takes reads out of the queue; after some thousand the next read would wait for ever.
void submit_reads(MeshQueue* queue, TransfersPerDevice* transfers, bool blocking, MemoryPins pins) {
    if (!is_dry_run()) {
        originals().submit_reads(queue, transfers, blocking, &pins);
    }
}

void submit_reads_066(MeshQueue* queue, TransfersPerDevice* transfers, bool blocking) {
    if (!is_dry_run()) {
        originals().submit_reads_066(queue, transfers, blocking);
    }
}

void go_signals(MeshQueue* queue, const ChipIds* used, const SubDeviceNumber* sub_device, uint32_t workers,
                bool multicast, const DispatchMetadata* metadata) {
    if (leave_out(DryRunFigure::kPartialLaunches)) {
        return;
    }
    originals().go_signals(queue, used, sub_device, workers, multicast, metadata);
}

void go_signals_080(MeshQueue* queue, const ChipIds* used, const SubDeviceNumber* sub_device, uint32_t workers,
                    bool multicast, bool unicast, const DispatchMetadata* metadata) {
    if (leave_out(DryRunFigure::kPartialLaunches)) {
        return;
    }
    originals().go_signals_080(queue, used, sub_device, workers, multicast, unicast, metadata);
}

void go_signals_078(MeshQueue* queue, ChipIds* used, const SubDeviceNumber* sub_device, uint32_t workers,
                    bool multicast, bool unicast, const DispatchMetadata* metadata) {
    if (leave_out(DryRunFigure::kPartialLaunches)) {
        return;
    }
    originals().go_signals_078(queue, used, sub_device, workers, multicast, unicast, metadata);
}

void go_signals_072(MeshQueue* queue, ChipIds* used, const SubDeviceNumber* sub_device, uint32_t workers,
                    bool multicast, bool unicast, const DispatchMetadata* metadata) {
    go_signals_078(queue, used, sub_device, workers, multicast, unicast, metadata);
}

}  // namespace ttmem::tt_metal
