// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// `ttmem why`: an explanation (analysis/why.hpp) for people and as JSON (docs/why.md). Pure.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

#include "analysis/why.hpp"
#include "model/model.hpp"
#include "output/lines.hpp"

namespace ttmem::output {

// No line is wider than `width` columns (at least 40). `utf8`: the map of the bank is drawn with block characters, else
// with ASCII alone.
monitor::Lines why_text(const api::Model& model, const analysis::Why& why, size_t width, bool utf8 = false);

// Lines of explanations. Adds a sentence on as many lines as it takes, the first one at `indent`.
void add_wrapped(monitor::Lines& lines, const std::string& text, size_t width, size_t indent, monitor::Style style);

// A figure after its name, which takes `columns`; without a name it belongs to the line above.
void add_figure(monitor::Lines& lines, const std::string& name, const std::string& value, size_t columns = 14);

nlohmann::ordered_json why_json(const api::Model& model, const analysis::Why& why);

}  // namespace ttmem::output
