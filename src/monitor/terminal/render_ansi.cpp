// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "monitor/terminal/render.hpp"
#include "output/text.hpp"

namespace ttmem::monitor {
namespace {

std::string colour_code(int colour, bool ground, Colours depth) {
    if (colour < 0) {
        return "";
    }
    const std::string begin = ground ? ";48" : ";38";
    switch (depth) {
        case Colours::kNone:
            return "";
        case Colours::k8:
            return ";" + std::to_string((ground ? 40 : 30) + colour);
        case Colours::k256:
            return begin + ";5;" + std::to_string(colour);
        case Colours::kTrue:
            return begin + ";2;" + std::to_string(colour >> 16 & 0xff) + ";" + std::to_string(colour >> 8 & 0xff) +
                   ";" + std::to_string(colour & 0xff);
    }
    return "";
}

std::string codes(Style style, const Look& look) {
    const Appearance how = appearance(style, look);
    return std::string("\x1b[0") + (how.bold ? ";1" : "") + (how.dim ? ";2" : "") + (how.reverse ? ";7" : "") +
           colour_code(how.foreground, false, look.colours) + colour_code(how.background, true, look.colours) + "m";
}

}  // namespace

std::string ansi_text(const Grid& grid, const Look& look) {
    std::string all;
    for (size_t row = 0; row < grid.height(); ++row) {
        Style style = Style::kPlain;
        for (size_t column = 0; column < grid.width(); ++column) {
            const Cell& cell = grid.at(row, column);
            if (cell.tail) {
                continue;
            }
            if (cell.style != style) {
                style = cell.style;
                all += codes(style, look);
            }
            append_utf8(all, cell.glyph);
            for (const char32_t mark : cell.marks) {
                if (mark != 0) {
                    append_utf8(all, mark);
                }
            }
        }
        all += style == Style::kPlain ? "\n" : "\x1b[0m\n";
    }
    return all;
}

}  // namespace ttmem::monitor
