// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Buffers of one process that hold the same bytes of a chip. Pure.
//
//   two allocators   a parent mesh and its submesh do not know of each other and may give out one address twice: what is
//                    written into one buffer overwrites the other
//   dangling view    the memory that a view looks into was freed, and a new buffer lies there now: a use of the view
//                    reads or overwrites that buffer
#pragma once

#include "model/model.hpp"

namespace ttmem::inventory {

inline constexpr size_t kMostConflicts = 64;  // kept, of the largest number of bytes; the rest is counted

// Fills Model::conflicts and Model::conflict_count from Model::buffers, which have to be whole. O(n log n) in
// the buffers of a process that has views that dangle or several allocators with bytes on one chip.
void find_conflicts(api::Model& model);

}  // namespace ttmem::inventory
