// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Curves in characters: braille dots (two by four in a cell), block elements (eight steps in a cell) or ASCII.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "monitor/terminal/grid.hpp"

namespace ttmem::monitor {

struct Curve {
    std::vector<float> values;  // two a column of the canvas, 0 to 1 from the lower to the upper edge; NaN: nothing
    Style style = Style::kPlain;
    bool filled = true;  // down to the lower edge; else a line
};

enum class Strokes : uint8_t { kBraille, kBlocks, kAscii };

// Values that are above 0 show at least one step; those out of range stay at the edge. Later curves lie on earlier
// ones; a line leaves nothing of an earlier one in the cells that it passes through.
void draw_curves(const Canvas& canvas, const std::vector<Curve>& curves, Strokes strokes);

// Labels at the upper edge, in the middle (with room) and at the lower edge, and a vertical line; takes kAxisWidth
// columns at the left.
inline constexpr size_t kAxisWidth = 6;
void draw_value_axis(const Canvas& canvas, const std::string& top, const std::string& middle,
                     const std::string& bottom);

// "-60 s ... -30 s ... now" over the whole width.
void draw_time_axis(const Canvas& canvas, size_t row, uint32_t seconds);

}  // namespace ttmem::monitor
