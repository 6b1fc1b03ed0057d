// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Runs a command on one mock board, tracked, and gathers the ledgers of all its processes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "dry_run/runtime_root.hpp"
#include "dry_run/verdict.hpp"

namespace ttmem::dry_run {

struct RunRequest {
    std::vector<std::string> command;
    std::string description;  // YAML of the mock cluster
    std::string hooks;        // path of libtt_alloc_hooks.so
    std::string cache;        // cache_folder()
    Compiler compiler;
    std::optional<uint64_t> timeout_ms;
    bool output_to_stderr = false;  // the command's stdout, where stdout is to hold the report alone
};

struct RunResult {
    Ending ending;
    uint64_t nanoseconds = 0;
    std::vector<RunLedger> ledgers;
    std::vector<std::string> notes;  // what the hooks stood in for; ledgers that could not be read, and why
};

// Blocks until the command has ended, or the time is over; then everything that it started is ended. SIGINT and SIGTERM
// to this process go to the command. Not thread safe: it changes signal handlers while it runs.
// Error: the command or what it needs could not be started.
Result<RunResult> run_on_board(const RunRequest& request);

}  // namespace ttmem::dry_run
