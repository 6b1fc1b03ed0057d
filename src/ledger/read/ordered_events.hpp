// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Events with their places, for a reader that keeps all of them (src/recorder).
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "ledger/read/reader.hpp"

namespace ttmem::ledger {

struct OrderedEvent : Event {
    uint64_t ticks = 0;   // by the writer's own clock: the order of events, even where times are not known
    uint32_t shard = 0;   // whose ring it stands in,
    uint64_t number = 0;  // and its number there; Snapshot::positions count these
};

struct OrderedBatch {
    std::vector<OrderedEvent> events;  // by ticks
    uint64_t missed = 0;               // as EventBatch::missed
    // The writer's clock as the read began (all ones: it cannot be read here). An event that follows from another one,
    // as a free on another thread follows from its allocation, is later than this if that other one is not in the batch.
    uint64_t horizon_ticks = ~uint64_t{0};
};

// As Reader::read_events().
std::variant<OrderedBatch, ReadError> read_ordered_events(const ByteSource& source, EventCursor& cursor);

}  // namespace ttmem::ledger
