// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "serving_options.hpp"

#include <cstdint>
#include <string>

#include "command_line.hpp"
#include "shared_options.hpp"

namespace ttmem {

void add_serving_options(CLI::App& app, ServerCommand& command) {
    app.set_version_flag("-V,--version", std::string("ttmem ") + TTMEM_VERSION);
    app.add_option("--config", command.config, "Configuration file (TOML); options go before it")->type_name("FILE");
    add_place_options(app);
    app.add_option("--socket", command.socket, "Path of the old socket (default /tmp/tt_allocation_server.sock)")
        ->type_name("PATH");
    app.add_option("--http", command.http, "Where HTTP is served, or off (default 127.0.0.1:9465)")
        ->type_name("ADDRESS:PORT");
    app.add_flag("--http-remote", command.http_remote, "Let --http be an address that other machines can reach");
    app.add_option("--http-host", command.http_hosts, "A name that clients may call this server by; may be repeated")
        ->type_name("NAME");
    app.add_option("--api-socket", command.api_socket,
                   "Path of the unix socket that shows owners their details, or off\n(default "
                   "$XDG_RUNTIME_DIR/ttmem/api.sock; of root /run/ttmem/api.sock)")
        ->type_name("PATH");
    app.add_option("--log-level", command.log_level, "How much to say on stderr (default info)")
        ->type_name("LEVEL")
        ->check(CLI::IsMember({"error", "warning", "info", "debug"}));
    app.add_option("--ledger-dir", command.ledger_directories,
                   "A further folder with ledgers, which a container shares; may be given several times")
        ->type_name("DIR")
        ->check(CLI::Validator(CLI::ExistingDirectory).description(""))
        ->expected(1)
        ->take_all();
    CLI::Option* none = app.add_flag("--no-history", command.no_history, "Write no history");
    app.add_option("--history", command.history,
                   "The history's file (default $STATE_DIRECTORY/history.db, or ttmem/history.db in $XDG_STATE_HOME)")
        ->type_name("PATH")
        ->excludes(none);
    app.add_option("--history-size", command.history_max_mib, "The most that it may take (default 256)")
        ->type_name("MIB")
        ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 20));
    app.add_option("--history-days", command.history_days, "How long it is kept (default 30)")
        ->type_name("DAYS")
        ->check(CLI::Range(uint64_t{1}, uint64_t{3650}));
    app.footer(
        "Serves programs that speak the proof of concept's socket (instrumented builds of libtt_metal.so that report "
        "to it,\n"
        "monitors that ask), and over HTTP metrics for Prometheus and JSON. Answers take in the ledgers of tracked\n"
        "processes, which need no server. Stays in the foreground; SIGTERM and SIGINT stop it. See docs/server.md and\n"
        "docs/legacy-protocol.md.");
}

void read_serving_options() {
    CLI::App app(kServingAbout, "ttmem server");
    ServerCommand command;
    add_serving_options(app, command);
    parse(app, {});
}

}  // namespace ttmem
