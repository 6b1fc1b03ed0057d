// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The cores of a device as the map of view 5 shows them.
#pragma once

#include <optional>
#include <vector>

#include "analysis/l1_analysis.hpp"
#include "model/model.hpp"

namespace ttmem::monitor {

struct L1Cell {
    api::Core core;
    bool in_bank = true;          // false: the allocator hands out nothing of it (inventory::core_without_bank)
    std::optional<double> share;  // of its bank, that buffers and the circular buffers there take; above 1 they overlap
    bool clash = false;           // some program on it cannot be launched now
};

// By row and column; needs a model with buffers and programs.
std::vector<L1Cell> l1_cells(inventory::L1Analysis& l1);

}  // namespace ttmem::monitor
