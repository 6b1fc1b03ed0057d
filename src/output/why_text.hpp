// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// `ttmem why`: an explanation (analysis/why.hpp) for people and as JSON (docs/why.md). Pure.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>

#include "analysis/why.hpp"
#include "model/model.hpp"
#include "output/lines.hpp"

namespace ttmem::output {

// No line is wider than `width` columns (at least 40).
monitor::Lines why_text(const api::Model& model, const analysis::Why& why, size_t width);

nlohmann::ordered_json why_json(const api::Model& model, const analysis::Why& why);

}  // namespace ttmem::output
