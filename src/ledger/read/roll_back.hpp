// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Whether a copy of the ledger is of one moment, and how the events that were in flight in it are finished. The same
// for a writer that runs, is stopped or is dead: an event that a thread began and has not ended is rolled forward or
// back. Inside the reader only.
//
// Why it is right. Positions are copied before the data, then (after the data) every journal word and then every
// position again. A shard whose position is the same has published no event between the two. So at most one event of it
// was in flight from some time in the data copy on, and then its word was still set when it was copied. Everything else
// that the shard ever did was finished before the data copy began. (A word that is still set after its position went up
// is such a finished event too; rolling it forward changes nothing.) The one event counts as done if and only if its
// record passed the commit point, and the counters follow from the journal's values, whatever the copy of the counters
// held. All events in flight overlap each other, so any choice among them is a moment that the process could have been
// in.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "ledger/read/section_map.hpp"
#include "ledger/read/snapshot.hpp"

namespace ttmem::ledger {

// An event that was in flight, as its journal entry describes it.
struct EventInFlight {
    uint32_t shard = 0;
    uint32_t op = 0;
    uint32_t account = 0;
    uint32_t allocator = 0;
    uint32_t slot = kNone;
    uint32_t state_before = 0;
    bool committed = false;
    uint64_t bytes = 0;
    uint64_t requested = 0;
    uint64_t count_before = 0;
    uint64_t bytes_before = 0;
    uint64_t requested_before = 0;
};

// The record of a slot that an event in flight concerns, as it was when the events were judged.
struct SlotInFlight {
    uint32_t slot = 0;
    std::array<std::byte, sizeof(BufferRecord)> record{};
    std::array<std::byte, sizeof(BufferExtra)> extra{};
};

struct InFlight {
    std::vector<EventInFlight> events;
    std::vector<SlotInFlight> slots;  // by slot, each once
};

// The position of every shard, 0 for holes. Taken before the data.
std::vector<uint64_t> read_positions(const CopySource& source, const SectionMap& map);

// Taken after the data: the events in flight if the copy between is of one moment, nullopt if the writer moved on.
std::optional<InFlight> read_in_flight(const CopySource& source, const SectionMap& map,
                                       const std::vector<uint64_t>& positions);

// Sets EventInFlight::committed of each. Stops as corrupt if a journal entry makes no sense.
void judge(InFlight& in_flight, const SectionMap& map, uint64_t allocators);

}  // namespace ttmem::ledger
