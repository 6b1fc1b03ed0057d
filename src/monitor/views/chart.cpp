// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "monitor/views/chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "output/text.hpp"

namespace ttmem::monitor {
namespace {

// Bits of a braille cell, by column and by row from below.
constexpr std::array<std::array<uint8_t, 4>, 2> kDots = {{{0x40, 0x04, 0x02, 0x01}, {0x80, 0x20, 0x10, 0x08}}};

// The height of a value from 0 to 1, in `steps` of the chart; one at least for any that is not 0. nullopt: not known.
std::optional<size_t> level(float value, size_t steps) {
    if (std::isnan(value)) {
        return std::nullopt;
    }
    if (value <= 0) {
        return 0;
    }
    const auto at = static_cast<size_t>(std::lround(std::min(value, 1.0f) * static_cast<float>(steps)));
    return std::max<size_t>(at, 1);
}

void draw_braille(const Canvas& canvas, const Curve& curve, std::vector<uint8_t>& dots) {
    const size_t width = canvas.width();
    const size_t height = canvas.height();
    std::optional<size_t> before;
    for (size_t column = 0; column < std::min(curve.values.size(), 2 * width); ++column) {
        const std::optional<size_t> now = level(curve.values[column], 4 * height);
        if (now) {
            size_t low = 0;
            size_t high = *now;
            if (!curve.filled) {
                // A line from where the last one ended; one that lies at nothing runs along the lower edge.
                high = std::max<size_t>(*now, 1);
                const size_t last = before ? std::max<size_t>(*before, 1) : high;
                low = std::min(high, last) - 1;
                low = last < high ? last : std::min(low, high - 1);
                high = std::max(high, last > high ? last - 1 : high);
            }
            for (size_t step = low; step < high; ++step) {
                const size_t cell = (height - 1 - step / 4) * width + column / 2;
                dots[cell] |= kDots[column % 2][step % 4];
            }
        }
        before = now;
    }
}

void draw_blocks(const Canvas& canvas, const Curve& curve, bool ascii) {
    const size_t steps = ascii ? 1 : 8;
    for (size_t column = 0; column < canvas.width(); ++column) {
        std::optional<size_t> now;
        for (const size_t at : {2 * column, 2 * column + 1}) {
            if (at < curve.values.size()) {
                const std::optional<size_t> value = level(curve.values[at], steps * canvas.height());
                now = value ? std::max(now.value_or(0), *value) : now;
            }
        }
        if (!now) {
            continue;
        }
        if (!curve.filled) {
            const size_t cell = canvas.height() - 1 - (std::max<size_t>(*now, 1) - 1) / steps;
            const Canvas one = canvas.part(cell, column, 1, 1);
            one.clear();
            one.put_glyph(0, 0, ascii ? U'*' : U'\u2501', curve.style);
            continue;
        }
        for (size_t row = 0; row * steps < *now; ++row) {
            const size_t part = std::min(steps, *now - row * steps);
            canvas.put_glyph(canvas.height() - 1 - row, column, ascii ? U'#' : static_cast<char32_t>(0x2580 + part),
                             curve.style);
        }
    }
}

std::string span_text(uint32_t seconds) {
    if (seconds % 3600 == 0 && seconds > 0) {
        return std::to_string(seconds / 3600) + " h";
    }
    if (seconds % 60 == 0 && seconds > 60) {
        return std::to_string(seconds / 60) + " min";
    }
    return std::to_string(seconds) + " s";
}

}  // namespace

void draw_curves(const Canvas& canvas, const std::vector<Curve>& curves, Strokes strokes) {
    if (strokes != Strokes::kBraille) {
        for (const Curve& curve : curves) {
            draw_blocks(canvas, curve, strokes == Strokes::kAscii);
        }
        return;
    }
    const size_t cells = canvas.width() * canvas.height();
    std::vector<uint8_t> all(cells, 0);
    std::vector<uint8_t> own(cells, 0);
    std::vector<Style> styles(cells, Style::kPlain);
    for (const Curve& curve : curves) {
        std::fill(own.begin(), own.end(), 0);
        draw_braille(canvas, curve, own);
        for (size_t cell = 0; cell < cells; ++cell) {
            if (own[cell] != 0) {
                // A line keeps a cell to itself: among the dots of a filled curve it would be lost.
                all[cell] = curve.filled ? all[cell] | own[cell] : own[cell];
                styles[cell] = curve.style;
            }
        }
    }
    for (size_t cell = 0; cell < cells; ++cell) {
        if (all[cell] != 0) {
            canvas.put_glyph(cell / canvas.width(), cell % canvas.width(), 0x2800 + all[cell], styles[cell]);
        }
    }
}

void draw_value_axis(const Canvas& canvas, const std::string& top, const std::string& middle,
                     const std::string& bottom) {
    const size_t height = canvas.height();
    const auto label = [&](size_t row, const std::string& text) {
        canvas.put_right(row, 0, text, kAxisWidth - 1, Style::kFrame);
    };
    for (size_t row = 0; row < height; ++row) {
        const bool marked = row == 0 || row + 1 == height || (height >= 5 && row == height / 2);
        canvas.put_glyph(row, kAxisWidth - 1,
                         canvas.ascii() ? (marked ? U'+' : U'|')
                         : marked       ? U'\u2524'
                                        : U'\u2502',
                         Style::kFrame);
    }
    if (height == 0) {
        return;
    }
    label(0, top);
    if (height >= 5) {
        label(height / 2, middle);
    }
    if (height >= 2) {
        label(height - 1, bottom);
    }
}

void draw_time_axis(const Canvas& canvas, size_t row, uint32_t seconds) {
    const std::string begin = "-" + span_text(seconds);
    const std::string middle = "-" + span_text(seconds / 2);
    canvas.put(row, 0, begin, Style::kFrame);
    const size_t at = canvas.width() / 2;
    if (canvas.width() >= begin.size() + middle.size() + 12) {
        canvas.put(row, at - middle.size() / 2, middle, Style::kFrame);
    }
    if (canvas.width() >= begin.size() + 5) {
        canvas.put_right(row, canvas.width() - 3, "now", 3, Style::kFrame);
    }
}

}  // namespace ttmem::monitor
