// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A mesh or submesh is open: its chips and its allocator are described before the first buffer. A single device opened
// by ttnn is a mesh of one. The end is the allocator's (hook_allocator.cpp): a mesh's close runs several times, and a
// submesh may outlive its parent's close.
#include "tt_metal/dry_run.hpp"
#include "tt_metal/objects/allocators.hpp"
#include "tt_metal/objects/config_rings.hpp"
#include "tt_metal/objects/programs.hpp"
#include "tt_metal/objects/traces.hpp"
#include "tt_metal/record_context.hpp"
#include "tt_metal/release/stand_ins.hpp"
#include "tt_metal/tracking.hpp"

namespace ttmem::tt_metal {
namespace {

void record(MeshDevice* mesh, RingsOfMesh& rings) noexcept {
    if (tracking() != nullptr) {
        const ErrnoKeeper keeper;
        open_mesh(mesh);
        if (python_frames::state() != python_frames::State::kOn) {
            look_for_stacks();  // checked before the first buffer comes: ttnn releases the GIL where it makes one
        }
        rings.belong_to(mesh);
        report_waiting_programs();
    }
}

}  // namespace

bool mesh_opened(MeshDeviceImpl* impl, MeshDevice* mesh, uint8_t queues, size_t l1_small, size_t trace, size_t l1,
                 Span32 banks, bool minimal) {
    RingsOfMesh rings;
    const bool opened = originals().mesh_opened(impl, mesh, queues, l1_small, trace, l1, banks, minimal);
    if (opened) {
        dry_run_mesh_opened(impl);
        record(mesh, rings);
        if (tracking() != nullptr) {
            Allocator* const* allocator = symbols().api.mesh_allocator(mesh);
            trace_mesh_opened(impl, allocator != nullptr ? *allocator : nullptr);
        }
    }
    return opened;
}

bool mesh_opened_065(MeshDevice* mesh, uint8_t queues, size_t l1_small, size_t trace, size_t l1, Span32 banks,
                     bool minimal) {
    RingsOfMesh rings;
    const bool opened = originals().mesh_opened_065(mesh, queues, l1_small, trace, l1, banks, minimal);
    if (opened) {
        record(mesh, rings);
    }
    return opened;
}

}  // namespace ttmem::tt_metal
