// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Totals: from the shards' counters, set right by the events in flight, or from the rows. Inside the reader only.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "ledger/read/roll_back.hpp"
#include "ledger/read/section_map.hpp"
#include "ledger/read/snapshot.hpp"

namespace ttmem::ledger {

struct CounterValues {
    uint64_t allocations = 0;
    uint64_t allocated_bytes = 0;
    uint64_t allocated_requested = 0;
    uint64_t frees = 0;
    uint64_t freed_bytes = 0;
    uint64_t freed_requested = 0;
    uint64_t failures = 0;
};

// Everything that the totals are made of, as copied. Index in each vector: allocator x kAccounts + account.
struct TotalsCopy {
    std::vector<std::vector<CounterValues>> by_shard;  // empty for a shard that has written nothing yet
    std::vector<uint64_t> peaks;
    std::vector<uint64_t> largest;  // bytes in a bank
};
TotalsCopy copy_totals(const CopySource& source, const SectionMap& map, uint64_t allocators);

// Puts the counters that events in flight concern where the commit rule says. Stops as corrupt if they hold neither the
// values before nor those after.
void roll_counters(TotalsCopy& copy, const std::vector<EventInFlight>& events);

// Where the figures of the live buffers come from.
enum class TotalsFrom {
    kCounters,         // one moment, no list
    kCountersAndRows,  // one moment; the list is held against the counters, what it lacks is unlisted
    kRows              // not one moment; what the counters have more is unlisted if the writer ever ran out of records
};

// Fills Allocator::totals of all allocators and answers the number of unlisted buffers. Allocators that are being
// rewritten (generation 0) keep zeros. Stops as corrupt if list and counters of one moment contradict each other.
uint64_t fill_totals(const TotalsCopy& copy, const std::vector<Buffer>& rows, TotalsFrom from, bool may_be_unlisted,
                     std::vector<Allocator>& allocators);

}  // namespace ttmem::ledger
