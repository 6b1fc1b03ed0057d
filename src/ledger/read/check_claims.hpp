// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Plausibility of a ledger's values: each has been checked by itself, and is now held against the bounds of any device,
// which make it safe to add, to multiply and to list these values. Inside the reader only.
#pragma once

#include <cstdint>

#include "ledger/read/snapshot.hpp"

namespace ttmem::ledger {

// More than a writer describes (it has room for 256).
constexpr size_t kMostDevicesOfLedger = 256;
// More than all memory of a board, of a buffer or of a process on one device: 1 PiB. So many ledgers as a machine has
// processes can be added up without an overflow.
constexpr uint64_t kMostClaimedBytes = uint64_t{1} << 50;
// Entries (buffer, device) that a list has at most: those of 131,072 buffers on each of 32 chips. What is beyond is
// counted as unlisted.
constexpr uint64_t kMostPlacements = uint64_t{1} << 22;

// Stops as corrupt when a figure is beyond the bounds; cuts the list of buffers at kMostPlacements. Work is linear in
// what was read.
void check_claims(Snapshot& snapshot);

}  // namespace ttmem::ledger
