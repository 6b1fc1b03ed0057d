// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The server as a whole: its sources, its socket, its one loop, and how it starts and stops.
#pragma once

#include <sys/types.h>

#include <string>

#include "history/store.hpp"
#include "server/http_service.hpp"
#include "server/log.hpp"

namespace ttmem::server {

struct ServerOptions {
    std::string socket_path = "/tmp/tt_allocation_server.sock";
    mode_t socket_mode = 0666;  // every user's processes may report, and every user may ask for the totals
    LogLevel log_level = LogLevel::kInfo;
    std::string ledger_base;  // empty: as for every reader
    bool keep_history = true;
    history::Settings history;
    HttpSettings http;
};

// Serves until SIGTERM or SIGINT. The exit code: 0 when stopped, 1 when it could not start (stderr says why).
int run_server(const ServerOptions& options);

}  // namespace ttmem::server
