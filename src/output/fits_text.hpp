// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Answers of analysis/fits.hpp as text and as JSON, for `ttmem fits` and the Python package. Pure.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <vector>

#include "analysis/fits.hpp"
#include "output/lines.hpp"

namespace ttmem::output {

// `on_empty_board`: the model is of an empty board (analysis::model_of), which has no process.
monitor::Lines fits_text(const api::Model& model, const analysis::TensorQuestion& question,
                         const std::vector<analysis::Fit>& fits, bool on_empty_board, size_t width);

// {"schema", "fits": of all answers, "tensor", "answers": [...]}; docs/why.md lists the members.
nlohmann::ordered_json fits_json(const api::Model& model, const analysis::TensorQuestion& question,
                                 const std::vector<analysis::Fit>& fits, bool on_empty_board);

}  // namespace ttmem::output
