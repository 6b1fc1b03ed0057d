// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The output of `ttmem top` when it does not watch: one table of all devices and processes. Pure.
#pragma once

#include <string>
#include <string_view>

#include "model/model.hpp"

namespace ttmem::monitor {

inline constexpr size_t kOneShotWidth = 79;  // of every line at least

// `version`: of this program. No control codes, every line ends with a line feed. A "~" before a sensor's value: it is
// old, because the card does not answer now.
// All lines of the table are equally wide: `width` columns, at least kOneShotWidth; notices below it may be longer.
std::string one_shot_table(const api::Model& model, std::string_view version, size_t width = kOneShotWidth);

}  // namespace ttmem::monitor
