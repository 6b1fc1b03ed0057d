// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "replay/playback.hpp"

namespace ttmem::replay_server {

struct ServeOptions {
    std::shared_ptr<replay::Playback> playback;
    std::shared_ptr<replay::Playback> beside;  // a second recording, to compare with; nullptr: none
    std::string command;                       // that opens the page again
    uint16_t port = 0;                         // of 127.0.0.1; 0: one that the kernel chooses
    // Called with an address that opens the page, once, within a minute: at the start, and whenever the user presses
    // Enter in the terminal.
    std::function<void(const std::string& address)> show;
};

// Serves the page of a recording on this machine's loopback until SIGINT, SIGTERM or SIGHUP. Gives the exit code; where
// it cannot serve, a line on stderr says why.
int serve(const ServeOptions& options);

}  // namespace ttmem::replay_server
