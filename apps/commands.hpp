// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The subcommands behind their command lines. Each gives the program's exit code and says on stderr what went wrong.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ttmem {

inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;  // the command line makes no sense

// What `ttmem run` answers when it does not become the command, as env(1) does.
inline constexpr int kExitRunFailed = 125;
inline constexpr int kExitNotExecutable = 126;
inline constexpr int kExitNotFound = 127;

// Becomes `command` with tracking turned on; returns only on failure. `command` is not empty.
int run_command(const std::vector<std::string>& command);

// One picture of all devices and processes on stdout, as tables or as JSON (src/api/json.hpp).
int snapshot_command(bool json, bool buffers);

// The monitor: once, or again and again until it is quit.
inline constexpr uint64_t kUsualIntervalMs = 1000;
inline constexpr uint64_t kLeastIntervalMs = 100;
inline constexpr uint64_t kMostIntervalMs = 86'400'000;
int top_command(bool watch, uint64_t interval_ms);

// Serves the old socket until it is told to stop. `log_level`: error, warning, info or debug.
inline constexpr const char* kUsualSocket = "/tmp/tt_allocation_server.sock";
int server_command(const std::string& socket_path, const std::string& log_level);

}  // namespace ttmem
