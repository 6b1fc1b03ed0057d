// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Shares of the history's size. A history that is over its size gives up rows of those users first that have the most,
// so that one user who makes up devices and processes shortens his own history alone.
//
// A point of a process, an event and a process count for the user of that process. The points of a whole chip count for
// the machine when the driver shows the chip or a process of root holds it; else for the one of its holders that has the
// fewest rows, so that users who make chips up together gain no share by it.
#pragma once

#include <cstdint>
#include <vector>

#include "sqlite/sqlite.hpp"

namespace ttmem::history {

using sqlite::Connection;
using sqlite::Statement;

// How many rows a user keeps at most, so that the users of `rows` keep `room` in all: a user with fewer rows keeps
// them, and the rest of the room is divided among the others. UINT64_MAX: all find room. Pure.
uint64_t level_of_shares(std::vector<uint64_t> rows, uint64_t room);

// Removes the oldest rows of each user that has more than the share, a tenth of all rows together, and then processes
// and devices of which no point is left. `time_ns`: the present moment, of which nothing is removed. Removes at most
// `rows_at_once` rows in a transaction, in at most `most_pieces` of them; the next call goes on. Costs a pass over all
// points. False: the database refused; its error says why.
bool give_up_shares(Connection& database, uint64_t time_ns, int rows_at_once, int most_pieces);

}  // namespace ttmem::history
