// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The checks of `ttmem doctor`. Open no device, load no library, change nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace ttmem::doctor {

enum class Level : uint8_t {
    kOk,
    kNote,     // worth knowing; nothing is wrong
    kWarning,  // something works less well than it could
    kProblem   // something does not work
};
std::string_view to_string(Level level);

struct Finding {
    std::string topic;  // "driver", "card 0", "ledgers", "stacks", "container", "server", "hooks", "ttnn"
    Level level = Level::kOk;
    std::string text;
    std::string remedy;  // what to do; empty when nothing is to be done
};

struct Places {
    std::string sysfs_root = "/sys";
    std::string device_folder = "/dev/tenstorrent";
    std::string ledger_base;  // empty: as the tools look for it
    std::string server_socket = "/tmp/tt_allocation_server.sock";
    std::string http = "127.0.0.1:9465";  // empty: not asked
    int server_patience_ms = 1000;        // with each of the two
    Result<std::string> hooks{Error{}};   // the hooks library, or why it was not found
    std::string root;                     // before "/.dockerenv" and the like; for tests
    std::string proc = "/proc";
    std::vector<std::string> ttnn;  // where to look for ttnn; empty: everywhere usual
};

std::vector<Finding> check_driver(const Places& places);
std::vector<Finding> check_ledgers(const Places& places);
// Whether Python stacks are read in each tracked process that runs; `state` and `frames` as its ledger's header has them.
std::vector<Finding> check_stacks(const Places& places);
Finding stack_finding(const std::string& process, uint32_t state, uint32_t frames);
std::vector<Finding> check_containers(const Places& places);  // empty outside of containers, where none is missed
std::vector<Finding> check_server(const Places& places);
std::vector<Finding> check_tracking(const Places& places);  // hooks, environment, ttnn

// All of them.
std::vector<Finding> examine(const Places& places);

}  // namespace ttmem::doctor
