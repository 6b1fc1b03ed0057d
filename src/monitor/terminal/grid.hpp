// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A screen as a grid of styled cells, and the pen that views draw with. Whatever is drawn stays inside the pen's area:
// text that is too long is cut. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "output/lines.hpp"
#include "output/style.hpp"

namespace ttmem::monitor {

struct Cell {
    char32_t glyph = U' ';
    std::array<char32_t, 2> marks{};  // combining characters on it, 0 none
    Style style = Style::kPlain;
    bool tail = false;   // right half of the wide character before it
    bool drawn = false;  // put() wrote here
    bool operator==(const Cell&) const = default;
};

class Grid {
public:
    Grid(size_t height, size_t width) : height_(height), width_(width), cells_(height * width) {}

    size_t height() const { return height_; }
    size_t width() const { return width_; }
    Cell& at(size_t row, size_t column) { return cells_[row * width_ + column]; }
    const Cell& at(size_t row, size_t column) const { return cells_[row * width_ + column]; }

    // Cells that were drawn twice without having been cleared in between: parts of a layout that lie on each other.
    size_t overlaps() const { return overlaps_; }
    void count_overlap() { ++overlaps_; }

    // A row as UTF-8, without the blanks at its end.
    std::string row_text(size_t row) const;
    std::string text() const;  // all rows, each with a newline

private:
    size_t height_;
    size_t width_;
    std::vector<Cell> cells_;
    size_t overlaps_ = 0;
};

// A rectangle of a grid. Coordinates are its own; nothing gets out of it. Cheap to copy. The grid must outlive it.
class Canvas {
public:
    explicit Canvas(Grid& grid, bool ascii = false)
        : grid_(&grid), height_(grid.height()), width_(grid.width()), ascii_(ascii) {}

    size_t height() const { return height_; }
    size_t width() const { return width_; }
    size_t top() const { return top_; }    // in the grid
    size_t left() const { return left_; }  // in the grid
    bool ascii() const { return ascii_; }

    // A part of this canvas, cut off where it would reach outside; may be empty.
    Canvas part(size_t row, size_t column, size_t height, size_t width) const;
    Canvas rows(size_t row, size_t height) const { return part(row, 0, height, width_); }

    // Draws and gives the column after the text. Any text may come: control characters and broken UTF-8 become "?".
    size_t put(size_t row, size_t column, std::string_view text, Style style = Style::kPlain) const;
    // Cut to `width` columns, the last then is "~".
    size_t put_cut(size_t row, size_t column, std::string_view text, size_t width, Style style = Style::kPlain) const;
    size_t put_right(size_t row, size_t column, std::string_view text, size_t width, Style style = Style::kPlain) const;
    void put_glyph(size_t row, size_t column, char32_t glyph, Style style) const;
    size_t put_line(size_t row, size_t column, const Line& line) const;

    void clear() const;  // blank, as if never drawn
    void restyle(size_t row, size_t column, size_t width, Style style) const;
    void restyle_row(size_t row, Style style) const { restyle(row, 0, width_, style); }

private:
    Grid* grid_;
    size_t top_ = 0;
    size_t left_ = 0;
    size_t height_;
    size_t width_;
    bool ascii_;
};

}  // namespace ttmem::monitor
