// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// `ttmem run --summary`: what is said after the command has ended.
#pragma once

#include <string>
#include <vector>

#include "dry_run/verdict.hpp"
#include "output/lines.hpp"

namespace ttmem {

// Runs the command as a child, tracked, and prints on stderr at its end what it and its descendants held at most beside
// what was configured, and how many requests were refused. Gives the command's exit code.
int run_with_summary(const std::vector<std::string>& command);

// The table alone; empty where no device was opened. Unknown figures are "-".
monitor::Lines summary_table(const std::vector<dry_run::DevicePeaks>& devices);

}  // namespace ttmem
