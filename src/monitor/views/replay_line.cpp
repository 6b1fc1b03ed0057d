// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The bar and the words that say where in a recording the picture is.
#include "monitor/data/replay_line.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "monitor/scene.hpp"
#include "output/text.hpp"

namespace ttmem::monitor {
namespace {

struct Mark {
    char32_t glyph;
    char32_t ascii;
    Style style;
    int rank;  // the higher one is seen where two are in one column
};

std::optional<Mark> mark_of(replay::NoteKind kind) {
    switch (kind) {
        case replay::NoteKind::kRefusal:
            return Mark{U'\u2716', U'x', Style::kError, 4};
        case replay::NoteKind::kGap:
            return Mark{U'?', U'?', Style::kWarning, 3};
        case replay::NoteKind::kPeak:
            return Mark{U'\u25b2', U'^', Style::kGood, 2};
        case replay::NoteKind::kStep:
            return Mark{U'\u2502', U'|', Style::kKey, 1};
        default:
            return std::nullopt;
    }
}

void draw_time_bar(const ReplayLine& line, const Canvas& canvas) {
    const size_t width = canvas.width();
    const size_t now = line.column_of(line.now_ns, width);
    std::vector<Mark> marks(width, Mark{0, 0, Style::kFrame, 0});
    for (const replay::Note& note : *line.notes) {
        const std::optional<Mark> mark = mark_of(note.kind);
        Mark& there = marks[line.column_of(note.time_ns, width)];
        if (mark && mark->rank > there.rank) {
            there = *mark;
        }
    }
    for (size_t column = 0; column < width; ++column) {
        Mark mark = marks[column];
        if (column == now) {
            mark = {U'\u25cf', U'o', Style::kSelected, 0};
        } else if (mark.rank == 0) {
            mark = column < now ? Mark{U'\u2501', U'=', Style::kTitle, 0} : Mark{U'\u2500', U'-', Style::kFrame, 0};
        }
        canvas.put_glyph(0, column, canvas.ascii() ? mark.ascii : mark.glyph, mark.style);
    }
}

}  // namespace

void draw_replay(const Scene& scene, const Canvas& canvas) {
    if (scene.replay == nullptr || canvas.height() < kReplayLines || canvas.width() == 0) {
        return;
    }
    const ReplayLine& line = *scene.replay;
    draw_time_bar(line, canvas);
    size_t at =
        canvas.put(1, 0, " +" + seconds_text(line.now_ns - std::min(line.now_ns, line.first_ns)), Style::kTitle);
    at = canvas.put(1, at, " of " + seconds_text(line.last_ns - line.first_ns), Style::kDim);
    at = canvas.put(1, at, "  event " + std::to_string(line.events) + " of " + std::to_string(line.all_events));
    if (line.step) {
        at = canvas.put(1, at, "  step " + std::to_string(*line.step), Style::kKey);
    }
    if (!line.said.empty() && at + 4 < canvas.width()) {
        canvas.put_cut(1, at, "  " + line.said, canvas.width() - at, Style::kWarning);
    }
}

}  // namespace ttmem::monitor
