// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Traces: captured (from here on buffers are unsafe), released. The buffers that a trace itself takes (of type TRACE,
// or of DRAM where the device was opened without a trace region) are allocated as the capture ends.
#include "tt_metal/dry_run.hpp"
#include "tt_metal/hooks/name_scope.hpp"
#include "tt_metal/objects/region_refusals.hpp"
#include "tt_metal/objects/traces.hpp"
#include "tt_metal/release/stand_ins.hpp"
#include "tt_metal/tracking.hpp"

namespace ttmem::tt_metal {
namespace {

const SystemName kTrace("trace");

}  // namespace

void trace_end(MeshDeviceImpl* impl, uint8_t queue, const MeshTraceId* trace) {
    const NameScope scope(kTrace);
    if (is_dry_run()) {
        capture_empty_trace(impl, queue, trace);
    }
    try {
        originals().trace_end(impl, queue, trace);
    } catch (std::exception& error) {
        if (tracking() != nullptr) {
            record_trace_refusal(impl, error);
        }
        throw;
    }
    if (tracking() != nullptr && symbols().traces_followed) {
        const ErrnoKeeper keeper;
        trace_captured(impl, trace->value);
    }
}

void trace_release(MeshDeviceImpl* impl, const MeshTraceId* trace) {
    const uint32_t id = trace->value;
    originals().trace_release(impl, trace);
    if (tracking() != nullptr) {
        const ErrnoKeeper keeper;
        trace_released(impl, id);
    }
}

}  // namespace ttmem::tt_metal
