// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "ask_server.hpp"
#include "base/descriptor_limit.hpp"
#include "commands.hpp"
#include "inventory/inventory.hpp"
#include "monitor/keys.hpp"
#include "monitor/live.hpp"
#include "output/machine_table.hpp"
#include "output/write_text.hpp"
#include "replay/replay_settings.hpp"
#include "replayed.hpp"

namespace ttmem {
namespace {

int show(inventory::Inventory& inventory, const TopOptions& options, std::shared_ptr<replay::Playback> replay) {
    std::string why;
    if (!monitor::watch(inventory,
                        {options.interval_ms, static_cast<monitor::View>(options.view - 1), options.ascii,
                         TTMEM_VERSION, std::move(replay)},
                        why)) {
        std::fprintf(stderr, "ttmem top: cannot draw here: %s (without -w it prints plain text)\n", why.c_str());
        return kExitFailure;
    }
    return 0;
}

// A recording, moment by moment; where there is no terminal to move in, one moment as a table.
int replay_command(const TopOptions& options) {
    const std::shared_ptr<replay::Playback> playback = open_replay(options.replay, "ttmem top");
    if (playback == nullptr) {
        return kExitFailure;
    }
    inventory::Inventory inventory(replay::replay_settings(playback));
    if (isatty(STDOUT_FILENO) != 1) {
        inventory::Request request;
        request.depth = inventory::Depth::kSpace;
        return monitor::write_text(STDOUT_FILENO,
                                   monitor::one_shot_table(*inventory.refresh(request), TTMEM_VERSION) + "\n")
                   ? 0
                   : kExitFailure;
    }
    return show(inventory, options, playback);
}

}  // namespace

int top_command(const TopOptions& options) {
    if (options.keys) {
        std::fputs(monitor::key_listing().c_str(), stdout);
        return 0;
    }
    if (!options.watch) {
        return once_command(options.once);
    }
    if (!options.replay.file.empty()) {
        return replay_command(options);
    }
    raise_descriptor_limit();
    ServerAsker server;
    inventory::Inventory inventory(server.settings(inventory::TelemetryUse::kFollow));
    // A server that was named has to be there at the start; later the ledgers are read while it is away.
    if (server.is_named() && inventory.refresh() != nullptr && !server.complaint().empty()) {
        std::fprintf(stderr, "ttmem top: %s\n", server.complaint().c_str());
        return kExitFailure;
    }
    return show(inventory, options, nullptr);
}

}  // namespace ttmem
