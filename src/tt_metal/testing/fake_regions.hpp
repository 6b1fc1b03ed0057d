// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Requests to the made-up libtt_metal.so that a memory region is too small for.
#pragma once

#include "tt_metal/release/foreign.hpp"

namespace fake {

// A program is larger than the kernel-config ring of `mesh`, then a trace is larger than its trace region. Both are
// refused with tt-metal's exceptions, which have to come back with the hooks' lines; else the process ends.
void refuse_by_regions(ttmem::tt_metal::MeshDevice* mesh);

}  // namespace fake
