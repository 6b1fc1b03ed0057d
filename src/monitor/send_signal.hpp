// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Sends a signal to a process that the user saw, and to no other that got its number meanwhile.
#pragma once

#include <string>

#include "inventory/inventory.hpp"
#include "monitor/control.hpp"

namespace ttmem::monitor {

struct Sent {
    bool done = false;
    std::string text;  // for the user
};
Sent send_signal(inventory::Inventory& inventory, const KillRequest& request);

}  // namespace ttmem::monitor
