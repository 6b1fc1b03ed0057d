// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/server.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "commands.hpp"
#include "history/query.hpp"
#include "server/config.hpp"

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

template <typename T>
std::optional<T> first_of(const std::optional<T>& command_line, const std::optional<T>& file) {
    return command_line ? command_line : file;
}

std::string unless_off(const std::string& text) {
    return text == kOff ? "" : text;
}

// The command line before the file, and that before what is usual.
Result<server::ServerOptions> options_of(const ServerCommand& command) {
    server::Config file;
    if (command.config) {
        Result<server::Config> read = server::read_config(*command.config);
        if (!read) {
            return read.error();
        }
        file = std::move(read.value());
    }
    server::ServerOptions options;
    options.socket_path = first_of(command.socket, file.socket_path).value_or(options.socket_path);
    options.log_level = file.log_level.value_or(options.log_level);
    options.ledger_directories = command.ledger_directories.empty()
                                     ? file.ledgers_shared.value_or(std::vector<std::string>())
                                     : command.ledger_directories;
    if (command.log_level) {
        options.log_level = server::parse_log_level(*command.log_level).value_or(options.log_level);
    }
    options.ledger_base = file.ledgers_directory.value_or("");

    server::HttpSettings& http = options.http;
    http.version = TTMEM_VERSION;
    http.remote = command.http_remote || file.http_remote.value_or(false);
    http.hosts = command.http_hosts.empty() ? file.http_hosts.value_or(std::vector<std::string>()) : command.http_hosts;
    http.most_processes = file.http_most_processes.value_or(http.most_processes);
    if (const auto address = first_of(command.http, file.http_address)) {
        http.address = unless_off(*address);
        http.address_required = true;
    }
    if (!http.address.empty()) {
        const std::string complaint = server::address_complaint(http.address, http.remote);
        if (!complaint.empty()) {
            return Error{complaint, EINVAL};
        }
    }
    const auto api_socket = first_of(command.api_socket, file.api_socket);
    http.api_socket = unless_off(api_socket.value_or(usual_api_socket()));
    http.api_socket_required = api_socket.has_value();

    options.keep_history = !command.no_history && file.history_enabled.value_or(true);
    options.history.path = first_of(command.history, file.history_path).value_or("");
    if (const auto mib = first_of(command.history_max_mib, file.history_max_mib)) {
        options.history.max_bytes = *mib << 20;
    }
    if (const auto days = first_of(command.history_days, file.history_days)) {
        options.history.keep_minutes_s = *days * 86'400;
    }
    if (options.keep_history) {
        http.history_path = options.history.path.empty() ? history::default_database_path() : options.history.path;
    }
    if (command.config) {
        options.reread = [command] { return options_of(command); };
    }
    return options;
}

}  // namespace

int server_command(const ServerCommand& command) {
    const Result<server::ServerOptions> options = options_of(command);
    if (!options) {
        std::fprintf(stderr, "ttmem server: %s\n", options.error().message.c_str());
        return kExitUsage;
    }
    return server::run_server(options.value());
}

}  // namespace ttmem
