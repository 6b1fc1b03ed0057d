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

// Holds the claims of other users' processes against the driver's description of each card. A process that describes the
// card as another architecture, or larger than any chip of its architecture is, is taken out of `living`: the memory that
// it claims there counts nowhere on that card. A card that other users alone describe (`by_strangers`, of each of
// `devices`) gets the driver's board and architecture, and no size that is impossible. Gives the ones that were taken out.
std::set<const TrackedLedger*> hold_against_driver(std::vector<ledger::Device>& devices,
                                                   const std::vector<bool>& by_strangers, const CardSource& cards,
                                                   std::vector<std::vector<Part>>& living);

// Takes the buffers out of the list that do not lie within the banks of their allocator, where it says what banks it has,
// and counts them as unlisted. Gives how many there were. A buffer that tt-metal placed lies within.
uint64_t leave_out_misplaced(ledger::Snapshot& snapshot);

// The other users' processes whose lists of buffers find no room in a model: the lists of each user have the room of one
// ledger (kMostPlacements), in the order of `shown`. Adds a notice for each such user.
std::set<const TrackedLedger*> strangers_beyond_room(const std::vector<TrackedLedger*>& shown,
                                                     std::vector<std::string>& notices);

}  // namespace ttmem::inventory
