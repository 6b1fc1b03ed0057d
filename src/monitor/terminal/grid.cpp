// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "monitor/terminal/grid.hpp"

#include <algorithm>

#include "output/text.hpp"

namespace ttmem::monitor {
std::string Grid::row_text(size_t row) const {
    std::string text;
    for (size_t column = 0; column < width_; ++column) {
        const Cell& cell = at(row, column);
        if (cell.tail) {
            continue;
        }
        append_utf8(text, cell.glyph);
        for (const char32_t mark : cell.marks) {
            if (mark != 0) {
                append_utf8(text, mark);
            }
        }
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

std::string Grid::text() const {
    std::string all;
    for (size_t row = 0; row < height_; ++row) {
        all += row_text(row) + "\n";
    }
    return all;
}

Canvas Canvas::part(size_t row, size_t column, size_t height, size_t width) const {
    Canvas inner = *this;
    row = std::min(row, height_);
    column = std::min(column, width_);
    inner.top_ = top_ + row;
    inner.left_ = left_ + column;
    inner.height_ = std::min(height, height_ - row);
    inner.width_ = std::min(width, width_ - column);
    return inner;
}

size_t Canvas::put(size_t row, size_t column, std::string_view text, Style style) const {
    if (row >= height_) {
        return column;
    }
    while (!text.empty()) {
        const Character character = next_character(text);
        text.remove_prefix(character.bytes);
        char32_t code = character.safe() ? character.code : U'?';
        const size_t wide = width_of(code);
        if (ascii_ && code >= 0x80) {
            code = U'?';
        }
        if (wide == 0) {
            if (!ascii_ && column > 0 && column <= width_) {
                size_t before = left_ + column - 1;
                before -= grid_->at(top_ + row, before).tail && before > 0 ? 1 : 0;
                std::array<char32_t, 2>& marks = grid_->at(top_ + row, before).marks;
                if (marks[0] == 0) {
                    marks[0] = code;
                } else if (marks[1] == 0) {
                    marks[1] = code;
                }
            }
            continue;
        }
        if (column + wide > width_) {
            return width_;
        }
        for (size_t i = 0; i < wide; ++i) {
            Cell& cell = grid_->at(top_ + row, left_ + column + i);
            if (cell.drawn) {
                grid_->count_overlap();
            }
            cell = {};
            cell.style = style;
            cell.drawn = true;
            if (ascii_ || i == 0) {
                cell.glyph = code;
            } else {
                cell.tail = true;
            }
        }
        column += wide;
    }
    return column;
}

size_t Canvas::put_cut(size_t row, size_t column, std::string_view text, size_t width, Style style) const {
    return put(row, column, cut(printable(text), width), style);
}

size_t Canvas::put_right(size_t row, size_t column, std::string_view text, size_t width, Style style) const {
    return put(row, column, fit_right(cut(printable(text), width), width), style);
}

void Canvas::put_glyph(size_t row, size_t column, char32_t glyph, Style style) const {
    if (row >= height_ || column >= width_) {
        return;
    }
    Cell& cell = grid_->at(top_ + row, left_ + column);
    if (cell.drawn) {
        grid_->count_overlap();
    }
    cell = {};
    cell.glyph = glyph;
    cell.style = style;
    cell.drawn = true;
}

size_t Canvas::put_line(size_t row, size_t column, const Line& line) const {
    for (const Span& span : line.spans) {
        column = put(row, column, span.text, span.style);
    }
    return column;
}

void Canvas::clear() const {
    for (size_t row = 0; row < height_; ++row) {
        for (size_t column = 0; column < width_; ++column) {
            grid_->at(top_ + row, left_ + column) = {};
        }
        // The other half of a wide character that stood across the border.
        if (width_ > 0 && left_ > 0 && grid_->at(top_ + row, left_ - 1).glyph != U' ' &&
            width_of(grid_->at(top_ + row, left_ - 1).glyph) == 2) {
            grid_->at(top_ + row, left_ - 1).glyph = U' ';
        }
        const size_t behind = left_ + width_;
        if (behind < grid_->width() && grid_->at(top_ + row, behind).tail) {
            grid_->at(top_ + row, behind).tail = false;
            grid_->at(top_ + row, behind).glyph = U' ';
        }
    }
}

void Canvas::restyle(size_t row, size_t column, size_t width, Style style) const {
    if (row >= height_) {
        return;
    }
    for (size_t i = column; i < std::min(column + width, width_); ++i) {
        grid_->at(top_ + row, left_ + i).style = style;
    }
}

}  // namespace ttmem::monitor
