// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/server.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "commands.hpp"

namespace ttmem {
namespace {

constexpr const char* kOff = "off";

// Where tools look for the server: of the machine if root started it, else of the user.
std::string usual_api_socket() {
    if (geteuid() == 0) {
        return "/run/ttmem/api.sock";
    }
    const char* runtime = std::getenv("XDG_RUNTIME_DIR");
    return runtime == nullptr || runtime[0] != '/' ? "" : std::string(runtime) + "/ttmem/api.sock";
}

}  // namespace

int server_command(const ServerCommand& command) {
    server::ServerOptions options;
    options.keep_history = command.history.keep;
    options.history.path = command.history.database;
    options.history.max_bytes = command.history.max_mib << 20;
    options.history.keep_minutes_s = command.history.days * 86'400;
    options.http.version = TTMEM_VERSION;
    options.socket_path = command.socket.value_or(options.socket_path);
    if (command.log_level) {
        options.log_level = server::parse_log_level(*command.log_level).value_or(options.log_level);
    }
    options.http.remote = command.http_remote;
    options.http.hosts = command.http_hosts;
    if (command.http) {
        options.http.address = *command.http == kOff ? "" : *command.http;
        options.http.address_required = true;
    }
    if (!options.http.address.empty()) {
        const std::string complaint = server::address_complaint(options.http.address, options.http.remote);
        if (!complaint.empty()) {
            std::fprintf(stderr, "ttmem server: %s\n", complaint.c_str());
            return kExitUsage;
        }
    }
    options.http.api_socket = command.api_socket.value_or(usual_api_socket());
    options.http.api_socket_required = command.api_socket.has_value();
    if (options.http.api_socket == kOff) {
        options.http.api_socket.clear();
    }
    return server::run_server(options);
}

}  // namespace ttmem
