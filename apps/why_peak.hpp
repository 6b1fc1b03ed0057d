// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "commands.hpp"

namespace ttmem {

// `ttmem why --peak`: the holders of memory at a process's peak. Of the options `of` is a pid or empty; `memory`: "dram",
// "l1", "l1_small" or "trace", empty for the kind that was fullest.
int why_peak_command(const WhyOptions& options, const std::string& memory);

}  // namespace ttmem
