// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Refusals of living and ended processes in words, for `ttmem snapshot`, `ttmem l1` and `ttmem top`. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "model/model.hpp"
#include "output/lines.hpp"

namespace ttmem::output {

// A heading and the latest refusals, wrapped at `width` columns (0: not wrapped). Empty where there are none.
monitor::Lines refusal_list(const api::Model& model, size_t width);

// "1 refusal for want of memory; the latest in process 42, which has ended: ... (ttmem why 42)". Empty where there are
// none.
std::string refusal_summary(const api::Model& model);

}  // namespace ttmem::output
