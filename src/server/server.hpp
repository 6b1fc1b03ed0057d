// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The server as a whole: its sources, its socket, its one loop, and how it starts and stops.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "history/store.hpp"
#include "server/http/http_service.hpp"
#include "server/log.hpp"

namespace ttmem::server {

struct ServerOptions {
    std::string socket_path = "/tmp/tt_allocation_server.sock";
    mode_t socket_mode = 0666;  // every user's processes may report, and every user may ask for the totals
    LogLevel log_level = LogLevel::kInfo;
    std::string ledger_base;                      // empty: as for every reader
    std::vector<std::string> ledger_directories;  // further ones, shared with containers
    bool keep_history = true;
    history::Settings history;
    HttpSettings http;
    // Reads the configuration file again and gives what it and the command line say; empty: there is no file.
    std::function<Result<ServerOptions>()> reread;
};

// Serves until SIGTERM or SIGINT; SIGHUP rereads the configuration file if there is one. Sockets that a service manager
// passes are used. The exit code: 0 when stopped, 1 when it could not start (stderr says why).
int run_server(const ServerOptions& options);

}  // namespace ttmem::server
