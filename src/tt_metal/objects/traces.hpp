// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Which meshes have a trace that was captured and not yet released. A replay writes to the addresses that the trace was
// captured with, so a buffer that is allocated while a trace is alive may be overwritten by it: such buffers are
// marked.
//
// Thread safe. A forked child sees its parent's traces, which its copies of tt-metal's objects have as well.
#pragma once

#include <cstdint>

#include "tt_metal/release/foreign.hpp"
#include "tt_metal/release/symbols.hpp"

namespace ttmem::tt_metal {

// A mesh was opened: reports of its traces name `impl`; `allocator` hands out its memory.
void trace_mesh_opened(const void* impl, const Allocator* allocator) noexcept;

void trace_captured(const void* impl, uint32_t trace) noexcept;
void trace_released(const void* impl, uint32_t trace) noexcept;

// The allocator of the mesh's memory; nullptr: the mesh was opened before tracking began.
const Allocator* trace_allocator(const void* impl) noexcept;

// The allocator is gone, and the traces of its mesh with it.
void trace_forget(const Allocator* allocator) noexcept;

// Whether a trace of the allocator's mesh is alive, or of a mesh that is not known (opened before tracking began).
bool any_trace_of(const Allocator* allocator) noexcept;

// False most of the time, and then all that a buffer costs.
inline bool any_trace() noexcept {
    return __builtin_expect(g_hot.traces.load(std::memory_order_relaxed) != 0, 0);
}

}  // namespace ttmem::tt_metal
