// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The boards that a dry run knows: for each the description that tt-metal opens a mock cluster from (share/boards,
// embedded), and the figures that `ttmem boards` lists. The figures are of a device opened with the defaults by ttnn
// 0.81.1 (dispatch on worker cores, no L1_SMALL, no trace region); tests/e2e holds them against that ttnn.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ttmem::dry_run {

struct Board {
    std::string_view name;
    std::string_view title;
    std::string_view arch;  // "wormhole_b0", "blackhole"
    uint32_t chips = 0;
    uint32_t rows = 0;  // of the mesh that the whole system is
    uint32_t columns = 0;
    // Of one chip
    uint32_t dram_banks = 0;
    uint64_t dram_bytes = 0;    // that the allocator hands out, all banks together
    uint32_t grid_columns = 0;  // of the worker cores that programs may use
    uint32_t grid_rows = 0;
    uint32_t l1_banks = 0;
    uint64_t l1_bytes = 0;         // that the allocator hands out, all banks together
    std::string_view source;       // where chips, links and harvesting are from
    std::string_view description;  // YAML
};

// Every board, in the order in which they are listed.
std::span<const Board> boards();

// nullptr: there is no board of this name.
const Board* find_board(std::string_view name);

// "n150, n300, ..."
std::string board_names();

}  // namespace ttmem::dry_run
