// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// `ttmem dry-run` runs programs on a mock cluster. A mock crashes in some functions, because they look at a device that
// is not there: traces, waiting for events, loading a sub-device manager. In a dry run the hooks stand in for exactly
// these (hook_dry_run.cpp). Everywhere else the original is called.
//
// A call is of a dry run only if three things come together: the dry run asked for it (TT_ALLOC_DRY_RUN names its
// record), TT_METAL_MOCK_CLUSTER_DESC_PATH names a description, and the chip that tt-metal has opened is a mock
// (tt::umd::MockChip, by its vtable).
#pragma once

#include <cstdint>

#include "base/dry_run_record.hpp"
#include "tt_metal/release/foreign.hpp"

namespace ttmem::tt_metal {

// Whether the process is a dry run on a mock device. Never before a mesh has been opened. The answer yes is kept; where
// the environment does not ask, the answer costs a load and a branch. Never throws; errno is kept. Thread safe.
bool is_dry_run() noexcept;

// Call when a mesh is opened, tracked or not: traces of an older mesh at this address are forgotten.
void dry_run_mesh_opened(const MeshDeviceImpl* mesh) noexcept;

// Adds one to a figure of the dry run's record (base/dry_run_record.hpp). Only where is_dry_run().
void count(DryRunFigure figure) noexcept;

// The dispatch that the device was opened with. False: it cannot be asked now. Only where is_dry_run().
bool dispatch_of_device(DispatchConfig& config) noexcept;

// Traces that are being captured on a mesh's queues. Thread safe.
enum class CaptureStart : uint8_t { kStarted, kBusy, kNoRoom };
CaptureStart start_capture(const MeshDeviceImpl* mesh, uint8_t queue, const MeshTraceId& trace) noexcept;
// True: this trace was being captured on this queue, and is no longer.
bool end_capture(const MeshDeviceImpl* mesh, uint8_t queue, const MeshTraceId& trace) noexcept;
// Before tt-metal ends the capture of `trace`: begins an empty one under its id where the trace was being captured in
// the dry run. Where it was not, tt-metal's own end refuses it. Throws what tt-metal throws.
void capture_empty_trace(MeshDeviceImpl* mesh, uint8_t queue, const MeshTraceId* trace);

}  // namespace ttmem::tt_metal
