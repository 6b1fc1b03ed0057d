// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The bank that could not grant a request, drawn to scale: what is taken and free by address, the largest hole, and
// below it what was wanted. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "analysis/why.hpp"
#include "output/lines.hpp"

namespace ttmem::output {

// Adds an empty line, the legend, the bank and the request, none wider than `width` (at least 40). Without
// Why::bank it adds nothing. `utf8`: draws with block characters, else with ASCII alone.
void add_bank_map(monitor::Lines& lines, const analysis::Why& why, size_t width, bool utf8);

}  // namespace ttmem::output
