// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Claims of other users' processes, held against the kernel driver's word, and the room that their lists get. Other
// users: neither root nor the user that asks (TrackedLedger::is_strangers).
#pragma once

#include <set>
#include <string>
#include <vector>

#include "inventory/cards.hpp"
#include "inventory/device_use.hpp"
#include "inventory/ledger_source.hpp"

namespace ttmem::inventory {

// Takes out of `living` (the living processes of each of `devices`) those of other users that claim a card which, as
// tt-kmd says, neither they nor an ancestor has open: the memory that they claim there counts nowhere on that card. Gives
// the ones that were taken out. Without such a word of the driver all stay.
std::set<const TrackedLedger*> leave_out_unopened(const std::vector<ledger::Device>& devices, const CardSource& cards,
                                                  std::vector<std::vector<Part>>& living);

// The other users' processes whose lists of buffers find no room in a model: the lists of each user have the room of one
// ledger (kMostPlacements), in the order of `shown`. Adds a notice for each such user.
std::set<const TrackedLedger*> strangers_beyond_room(const std::vector<TrackedLedger*>& shown,
                                                     std::vector<std::string>& notices);

}  // namespace ttmem::inventory
