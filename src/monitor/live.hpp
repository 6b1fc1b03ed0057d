// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The monitor at work.
#pragma once

#include <cstdint>
#include <string>

#include "inventory/inventory.hpp"

namespace ttmem::monitor {

// Shows view 1 anew every `interval_ms` until q is pressed or a signal ends it. On a terminal it takes the whole screen
// and gives it back on every way out; otherwise it writes plain text, one picture behind the other. Ends by the signal
// that ended it. False, with the reason, when it could not begin.
bool watch(inventory::Inventory& inventory, uint64_t interval_ms, std::string& why);

// Shows view 1 once on stdout, as plain text. False: nobody reads.
bool show_once(inventory::Inventory& inventory);

}  // namespace ttmem::monitor
