// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Refusals by a memory region with a size of its own: a program that is larger than the kernel-config ring, a trace that
// is larger than the trace region. Both are recorded with the exception's own figures, and the exception gets the lines
// of refusal_lines.hpp. Any other exception is left alone. errno is kept.
#pragma once

#include <exception>

#include "tt_metal/release/foreign.hpp"

namespace ttmem::tt_metal {

void record_ring_refusal(MeshDevice* mesh, std::exception& error) noexcept;

// `impl`: the mesh whose trace was being captured.
void record_trace_refusal(const MeshDeviceImpl* impl, std::exception& error) noexcept;

}  // namespace ttmem::tt_metal
