// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Building blocks of views.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "monitor/terminal/grid.hpp"

namespace ttmem::monitor {

struct Frame;

// A stretch of a bar.
struct BarPart {
    double share = 0;  // of the whole bar
    Style style = Style::kPlain;
};

// "[████▌    ]" over `width` columns (at least 3), from the left: any use shows, and only a full one fills it. With
// ASCII "[####-----]".
void draw_bar(const Canvas& canvas, size_t row, size_t column, size_t width, const std::vector<BarPart>& parts);

// The same, for a figure of a whole; "[ unknown ]" as dots when either is absent or the whole is 0.
void draw_bar(const Canvas& canvas, size_t row, size_t column, size_t width, const api::Bytes& part,
              const api::Bytes& whole, Style style);

// A mark at the right edge that shows which part of a long list is seen; nothing when all is.
void draw_scroll_mark(const Canvas& canvas, size_t first, size_t page, size_t count);

// Ends a list drawn on `area` from its row `first` on: the mark below, and its extent for keys and clicks.
void end_list(const Canvas& area, size_t first, size_t page, size_t count, size_t selected, Frame& frame);

// Ends a text that is scrolled and has nothing to select.
void end_text(const Canvas& area, size_t first, size_t page, size_t lines, Frame& frame);

// A framed, cleared box in the middle, at most as large as the canvas; gives its inside.
Canvas draw_box(const Canvas& screen, size_t height, size_t width, std::string_view title);

// How long ago something was, as of now: "12s", "3m", "5h", "2d". then_ns 0: unknown.
std::string age_text(uint64_t now_ns, uint64_t then_ns);

struct TableColumn {
    const char* name;
    size_t width;  // 0: the rest of the line; one column a table at most, the last
    bool right;
};

}  // namespace ttmem::monitor
