// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The screen as lines of styled text: a pure function of the model and the size. Renderers put it out (render.hpp);
// nothing here knows a terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "analysis/holders.hpp"
#include "analysis/observed_peaks.hpp"
#include "model/model.hpp"
#include "output/style.hpp"

namespace ttmem::monitor {

struct Span {
    std::string text;  // printable UTF-8
    Style style = Style::kPlain;
};

struct Line {
    std::vector<Span> spans;

    Line() = default;
    Line(std::string text, Style style = Style::kPlain) { add(std::move(text), style); }
    Line& add(std::string text, Style style = Style::kPlain) {
        spans.push_back({std::move(text), style});
        return *this;
    }
    std::string text() const;
};

using Lines = std::vector<Line>;

struct Size {
    size_t width = 80;
    size_t height = 0;  // 0: as long as it gets
};

// `ttmem snapshot` for people: every kind of memory, exact figures; with the model's buffers where it lists them.
Lines snapshot_table(const api::Model& model);

// `ttmem snapshot --observe` for people: the most that each process held meanwhile; ">=" before a lower bound.
Lines observed_table(const api::Model& model, const inventory::ObservedPeaks& peaks);

// `ttmem snapshot --group-by` for people: groups of buffers, the largest first.
Lines holder_table(const api::Model& model, inventory::GroupBy by);

}  // namespace ttmem::monitor
