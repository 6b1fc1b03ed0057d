// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The monitor at work.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "inventory/inventory.hpp"
#include "monitor/keys.hpp"
#include "replay/playback.hpp"

namespace ttmem::monitor {

struct WatchOptions {
    std::optional<uint64_t> interval_ms;                 // absent: as the settings say, else a second
    View view = View::kMain;                             // to start in
    bool ascii = false;                                  // draw with ASCII alone, whatever the locale
    std::string version;                                 // of this program, for the table in a pipe
    std::shared_ptr<replay::Playback> replay = nullptr;  // the recording that the inventory reads; nullptr: the present
};

// Goes on until q is pressed or a signal ends it. On a terminal it takes the whole screen and gives it back on every
// way out; otherwise it writes the table of output/machine_table.hpp, one after the other. Ends by the signal that
// ended it. False, with the reason, when it could not begin.
bool watch(inventory::Inventory& inventory, const WatchOptions& options, std::string& why);

}  // namespace ttmem::monitor
