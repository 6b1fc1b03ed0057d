// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// How many events the rings of this process keep.
#pragma once

#include <cstdint>

namespace ttmem::ledger {

// Each thread's ring keeps `events` at least (rounded down to a power of two, 2^18 at most), as a recorder needs that
// must not miss any; 0: as usual. Holds for the ledgers that are made afterwards; where there is no room for such rings
// they are as usual. Not thread safe: call it where Writer::start() is called.
void set_ring_events(uint32_t events) noexcept;

}  // namespace ttmem::ledger
