// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "monitor/views/widgets.hpp"

#include <algorithm>
#include <cmath>

#include "monitor/scene.hpp"
#include "output/text.hpp"

namespace ttmem::monitor {

void draw_bar(const Canvas& canvas, size_t row, size_t column, size_t width, const std::vector<BarPart>& parts) {
    const size_t cells = std::max<size_t>(width, 3) - 2;
    canvas.put(row, column, "[", Style::kFrame);
    canvas.put(row, column + cells + 1, "]", Style::kFrame);
    // In eighths of a cell, which block elements can show.
    const size_t steps = canvas.ascii() ? 1 : 8;
    const size_t all = cells * steps;
    double before = 0;
    size_t at = 0;  // steps drawn
    size_t drawn = 0;
    for (const BarPart& part : parts) {
        const double until = std::min(1.0, before + std::max(part.share, 0.0));
        size_t end = static_cast<size_t>(std::lround(until * static_cast<double>(all)));
        if (part.share > 0) {
            end = std::max(end, at + 1);
        }
        if (until < 1 && all > steps) {
            end = std::min(end, all - 1);
        }
        end = std::min(end, all);
        // Only the last stretch may end within a cell: a cell has one colour.
        const bool last = &part == &parts.back();
        const size_t whole = last || part.share <= 0 ? end / steps : std::min(cells, (end + steps - 1) / steps);
        for (; drawn < whole; ++drawn) {
            canvas.put_glyph(row, column + 1 + drawn, canvas.ascii() ? U'#' : U'\u2588', part.style);
        }
        if (last && end % steps != 0 && drawn < cells && drawn * steps < end) {
            canvas.put_glyph(row, column + 1 + drawn, static_cast<char32_t>(0x2588 + 8 - end % steps), part.style);
            ++drawn;
        }
        at = end;
        before = until;
    }
    for (; drawn < cells; ++drawn) {
        canvas.put_glyph(row, column + 1 + drawn, canvas.ascii() ? U'-' : U'\u00b7', Style::kFrame);
    }
}

void draw_bar(const Canvas& canvas, size_t row, size_t column, size_t width, const api::Bytes& part,
              const api::Bytes& whole, Style style) {
    if (!part || !whole || *whole == 0) {
        draw_bar(canvas, row, column, width, {});
        return;
    }
    const double share = static_cast<double>(*part) / static_cast<double>(*whole);
    draw_bar(canvas, row, column, width, {{*part >= *whole ? 1.0 : std::min(share, 0.999999), style}});
}

void draw_scroll_mark(const Canvas& canvas, size_t first, size_t page, size_t count) {
    if (count <= page || canvas.height() == 0 || canvas.width() == 0) {
        return;
    }
    const size_t height = canvas.height();
    const size_t length = std::max<size_t>(1, height * page / count);
    const size_t start = std::min(height - length, first * (height - length) / std::max<size_t>(1, count - page));
    for (size_t row = 0; row < height; ++row) {
        const bool on = row >= start && row < start + length;
        canvas.put_glyph(row, canvas.width() - 1, canvas.ascii() ? (on ? U'#' : U'|') : (on ? U'\u2588' : U'\u2502'),
                         Style::kFrame);
    }
}

void end_list(const Canvas& area, size_t first, size_t page, size_t count, size_t selected, Frame& frame) {
    draw_scroll_mark(area, first, page, count);
    frame.rows = count;
    frame.page = page;
    frame.selected = selected;
}

void end_text(const Canvas& area, size_t first, size_t page, size_t lines, Frame& frame) {
    draw_scroll_mark(area, first, page, lines);
    frame.rows = lines - std::min(lines, page) + 1;
    frame.page = page;
    frame.selected = first;
}

std::string age_text(uint64_t now_ns, uint64_t then_ns) {
    if (then_ns == 0 || then_ns > now_ns) {
        return then_ns == 0 ? kUnknown : "0s";
    }
    const uint64_t seconds = (now_ns - then_ns) / 1'000'000'000;
    if (seconds < 120) {
        return std::to_string(seconds) + "s";
    }
    if (seconds < 7200) {
        return std::to_string(seconds / 60) + "m";
    }
    return seconds < 172'800 ? std::to_string(seconds / 3600) + "h" : std::to_string(seconds / 86'400) + "d";
}

Canvas draw_box(const Canvas& screen, size_t height, size_t width, std::string_view title) {
    height = std::min(height, screen.height());
    width = std::min(width, screen.width());
    const Canvas box = screen.part((screen.height() - height) / 2, (screen.width() - width) / 2, height, width);
    box.clear();
    const bool ascii = screen.ascii();
    for (size_t column = 1; column + 1 < width; ++column) {
        const bool titled = column >= 2 && column < title.size() + 4;
        if (!titled) {
            box.put_glyph(0, column, ascii ? U'-' : U'\u2500', Style::kFrame);
        }
        box.put_glyph(height - 1, column, ascii ? U'-' : U'\u2500', Style::kFrame);
    }
    box.put(0, 2, " " + std::string(title) + " ", Style::kTitle);
    for (size_t row = 0; row < height; ++row) {
        const bool top = row == 0;
        const bool bottom = row + 1 == height;
        const char32_t left = ascii ? (top || bottom ? U'+' : U'|') : top ? U'\u250c' : bottom ? U'\u2514' : U'\u2502';
        const char32_t right = ascii ? (top || bottom ? U'+' : U'|') : top ? U'\u2510' : bottom ? U'\u2518' : U'\u2502';
        box.put_glyph(row, 0, left, Style::kFrame);
        box.put_glyph(row, width - 1, right, Style::kFrame);
    }
    return box.part(1, 2, height - 2, width - 4);
}

}  // namespace ttmem::monitor
