// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <string>

#include "ask_server.hpp"
#include "commands.hpp"
#include "inventory/inventory.hpp"
#include "monitor/keys.hpp"
#include "monitor/live.hpp"

namespace ttmem {

int top_command(const TopOptions& options) {
    if (options.keys) {
        std::fputs(monitor::key_listing().c_str(), stdout);
        return 0;
    }
    if (!options.watch) {
        return once_command(options.once);
    }
    ServerAsker server;
    inventory::Inventory inventory(server.settings(inventory::TelemetryUse::kFollow));
    // A server that was named has to be there at the start; later the ledgers are read while it is away.
    if (server.is_named() && inventory.refresh() != nullptr && !server.complaint().empty()) {
        std::fprintf(stderr, "ttmem top: %s\n", server.complaint().c_str());
        return kExitFailure;
    }
    std::string why;
    if (!monitor::watch(
            inventory,
            {options.interval_ms, static_cast<monitor::View>(options.view - 1), options.ascii, TTMEM_VERSION}, why)) {
        std::fprintf(stderr, "ttmem top: cannot draw here: %s (without -w it prints plain text)\n", why.c_str());
        return kExitFailure;
    }
    return 0;
}

}  // namespace ttmem
