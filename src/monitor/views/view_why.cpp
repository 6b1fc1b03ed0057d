// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// View 7: why a request was refused, who holds the memory and what would help.
#include <algorithm>
#include <string>

#include "monitor/data/explained.hpp"
#include "monitor/scene.hpp"
#include "monitor/views/widgets.hpp"
#include "output/text.hpp"

namespace ttmem::monitor {
namespace {

std::string title_of(const ExplainedPage& page) {
    if (page.of_peaks) {
        return page.count == 0 ? "No peak"
                               : "Peak " + std::to_string(page.place + 1) + " of " + std::to_string(page.count);
    }
    if (page.count == 0) {
        return "No refusal";
    }
    return "Refusal " + std::to_string(page.place + 1) + " of " + std::to_string(page.count) +
           (page.place == 0 ? ", the latest" : ", counted from the latest");
}

}  // namespace

void draw_why(const Scene& scene, const Canvas& canvas, Frame& frame) {
    const ExplainedPage& page = *scene.explained;
    const Canvas area = canvas.rows(1, canvas.height() - 1);
    if (page.lines.empty()) {
        area.put(0, 2, "the refusals are being read", Style::kDim);
        return;
    }
    const size_t end = canvas.put(0, 0, title_of(page), Style::kHeading);
    if (page.count > 1) {
        // Older refusals are on the left; peaks stand in the order of their list.
        const bool has_left = page.of_peaks ? page.place > 0 : page.place + 1 < page.count;
        const bool has_right = page.of_peaks ? page.place + 1 < page.count : page.place > 0;
        const char* keys = !has_right  ? "Left: the one before"
                           : !has_left ? "Right: the one after"
                                       : "Left: the one before   Right: the one after";
        canvas.put(0, end + 3, keys, Style::kDim);
    }
    const size_t rows = area.height();
    const size_t first = std::min(scene.state->own().position, page.lines.size() - std::min(page.lines.size(), rows));
    const Canvas text = area.part(0, 0, rows, area.width() - 2);
    for (size_t i = first; i < std::min(page.lines.size(), first + rows); ++i) {
        text.put_line(i - first, 0, page.lines[i]);
    }
    end_text(area, first, rows, page.lines.size(), frame);
}

}  // namespace ttmem::monitor
