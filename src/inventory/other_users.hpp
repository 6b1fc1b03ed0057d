// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inventory/inventory.hpp"

namespace ttmem::inventory {

// Whether an inventory with these settings may find ledgers or counter files of another user than root and the one that
// asks: their folders are there, whatever is in them. Reads names and owners alone. True where it cannot look.
bool has_other_users(const Settings& settings);

}  // namespace ttmem::inventory
