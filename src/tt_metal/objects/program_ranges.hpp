// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The part of a mesh that a program runs on, which its workload knows and the program does not.
#pragma once

#include <vector>

#include "tt_metal/release/symbols.hpp"

namespace ttmem::tt_metal {

// The workload runs the program on this part of whatever mesh it is enqueued on; until the program ends.
void keep_range(const Symbols& symbols, const Program* program, const MeshRange* range) noexcept;
void forget_range(const Program* program) noexcept;

// The devices of the mesh that the program runs on; empty when nothing was kept of it. Throws what foreign functions
// throw.
std::vector<Device*> devices_of_program(const Symbols& symbols, const Program* program, const MeshDevice* mesh);

}  // namespace ttmem::tt_metal
