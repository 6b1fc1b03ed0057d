// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Output of `ttmem dry-run` and `ttmem boards`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dry_run/boards.hpp"
#include "dry_run/runtime_root.hpp"
#include "dry_run/verdict.hpp"
#include "output/lines.hpp"

namespace ttmem {

struct BoardResult {
    std::string board;
    dry_run::Verdict verdict;
    uint64_t nanoseconds = 0;
};

struct DryRunReport {
    std::vector<std::string> command;
    std::string ttnn;          // folder of the package
    std::string ttnn_release;  // empty unknown
    dry_run::Compiler compiler;
    std::vector<BoardResult> boards;
    int exit_code = 0;
};

// For people: a table, then for each board that does not fit, or is not exact, why.
monitor::Lines dry_run_table(const DryRunReport& report);
// A JSON object (docs/before-you-run.md).
std::string dry_run_json(const DryRunReport& report);

monitor::Lines boards_table();
std::string boards_json();

}  // namespace ttmem
