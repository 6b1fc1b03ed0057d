// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/server.hpp"

#include "commands.hpp"

namespace ttmem {

int server_command(const std::string& socket_path, const std::string& log_level, const ServerHistory& history) {
    server::ServerOptions options;
    options.keep_history = history.keep;
    options.history.path = history.database;
    options.history.max_bytes = history.max_mib << 20;
    options.history.keep_minutes_s = history.days * 86'400;
    options.socket_path = socket_path;
    options.log_level = server::parse_log_level(log_level).value_or(server::LogLevel::kInfo);
    return server::run_server(options);
}

}  // namespace ttmem
