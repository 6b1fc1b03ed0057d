// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The circular buffers of a program in the graph of the operation that launched it, where ttnn's own capture has them
// and ttnn-visualizer looks for them: the schema has no table of them.
#pragma once

#include <string>
#include <vector>

#include "ledger/read/snapshot.hpp"
#include "visualizer/graph.hpp"

namespace ttmem::visualizer {

// "{[0-0 - 7-7], [0-8 - 3-9]}": a set of cores as tt-metal prints it.
std::string core_range_word(const std::vector<ledger::CoreRange>& cores);

// On each of `devices` the buffers of the program before end, and those of `program` begin. Dataflow buffers and
// scratchpads are circular buffers in it, since ttnn-visualizer draws no others.
void add_circular_buffers(Graph& graph, const ledger::Program& program, const std::vector<int>& devices);

}  // namespace ttmem::visualizer
