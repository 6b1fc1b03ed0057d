// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdio>

#include "ask_server.hpp"
#include "commands.hpp"
#include "inventory/inventory.hpp"
#include "monitor/terminal/render.hpp"
#include "output/json.hpp"
#include "output/lines.hpp"

namespace ttmem {

int snapshot_command(bool json, bool buffers) {
    ServerAsker server;
    inventory::Inventory inventory(server.settings(inventory::TelemetryUse::kOnce));
    inventory::Request request;
    request.buffers = buffers;
    request.space = true;
    request.l1 = true;
    const auto model = inventory.refresh(request);
    if (!server.complaint().empty()) {
        std::fprintf(stderr, "ttmem snapshot: %s\n", server.complaint().c_str());
        return kExitFailure;
    }
    const bool written =
        monitor::write_text(STDOUT_FILENO, json ? monitor::Lines{monitor::Line(api::to_json_text(*model, 2))}
                                                : monitor::snapshot_table(*model));
    return written ? 0 : kExitFailure;
}

}  // namespace ttmem
