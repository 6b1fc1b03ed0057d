// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "dry_run/boards.hpp"

#include <algorithm>
#include <array>

#include "embedded_boards.hpp"

namespace ttmem::dry_run {
std::span<const Board> boards() {
    // clang-format off
    static const std::array kBoards{
        Board{"n150", "N150", "wormhole_b0", 1, 1, 1, 12, 12872318208, 8, 8, 64, 89171968,
              "tt-umd's cluster descriptor example wormhole_N150", embedded::n150},
        Board{"n300", "N300, two chips", "wormhole_b0", 2, 1, 2, 12, 12872318208, 8, 8, 64, 89171968,
              "tt-umd's cluster descriptor example wormhole_N300", embedded::n300},
        Board{"t3000", "T3000 or TT-QuietBox (Wormhole), four N300", "wormhole_b0", 8, 2, 4, 12, 12872318208, 8, 8, 64, 89171968,
              "tt-umd's cluster descriptor example t3k_cluster_desc", embedded::t3000},
        Board{"galaxy", "Wormhole Galaxy", "wormhole_b0", 32, 8, 4, 12, 12872318208, 8, 9, 72, 100318464,
              "tt-umd's cluster descriptor example 6u_cluster_desc", embedded::galaxy},
        Board{"p100", "P100", "blackhole", 1, 1, 1, 7, 29939989632, 11, 10, 110, 160723200,
              "tt-umd's cluster descriptor example blackhole_P100", embedded::p100},
        Board{"p150", "P150", "blackhole", 1, 1, 1, 8, 34217131008, 11, 10, 110, 160723200,
              "tt-umd's cluster descriptor example blackhole_P150", embedded::p150},
        Board{"p300", "P300, two chips", "blackhole", 2, 1, 2, 8, 34217131008, 11, 10, 110, 160723200,
              "tt-umd's cluster descriptor example blackhole_P300_both_mmio", embedded::p300},
        Board{"p150x4", "four P150", "blackhole", 4, 2, 2, 8, 34217131008, 11, 10, 110, 160723200,
              "tt-umd's cluster descriptor example blackhole_4xP150", embedded::p150x4},
        Board{"p150x8", "eight P150", "blackhole", 8, 2, 4, 8, 34217131008, 12, 10, 120, 175334400,
              "tt-umd's cluster descriptor example blackhole_8xP150", embedded::p150x8},
        Board{"quietbox", "TT-QuietBox (Blackhole), four P150", "blackhole", 4, 2, 2, 8, 34217131008, 11, 10, 110, 160723200,
              "Tenstorrent's product pages (four P150c cards); chips and links as p150x4", embedded::p150x4},
        Board{"quietbox2", "TT-QuietBox 2 (Blackhole), two P300", "blackhole", 4, 2, 2, 8, 34217131008, 11, 10, 110, 160723200,
              "tt-metal's mesh graph p300_x2 (2x2) and tt-umd's example blackhole_P300_both_mmio; which ports join the boards is assumed", embedded::quietbox2},
        Board{"blackhole-galaxy", "Blackhole Galaxy", "blackhole", 32, 8, 4, 8, 34217131008, 12, 10, 120, 175334400,
              "tt-umd's cluster descriptor example blackhole_galaxy", embedded::blackhole_galaxy}
    };
    // clang-format on
    return kBoards;
}

const Board* find_board(std::string_view name) {
    const std::span<const Board> all = boards();
    const auto found = std::find_if(all.begin(), all.end(), [name](const Board& board) { return board.name == name; });
    return found == all.end() ? nullptr : &*found;
}

std::string board_names() {
    std::string names;
    for (const Board& board : boards()) {
        names += (names.empty() ? "" : ", ") + std::string(board.name);
    }
    return names;
}

}  // namespace ttmem::dry_run
