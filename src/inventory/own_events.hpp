// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The events of the ledger that this very process writes, for the Python package.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "inventory/own_ledger.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

struct OwnEvent {
    api::EventType type = api::EventType::kAllocate;
    std::optional<api::MemoryKind> kind;
    uint64_t id = 0;
    uint64_t bytes = 0;
    uint32_t context = 0;          // its number in the ledger, 0 none: own_regions() names it
    std::vector<int32_t> devices;  // tt-metal's numbers
};

struct OwnEventBatch {
    std::vector<OwnEvent> events;  // by time
    uint64_t missed = 0;           // written since the last call, and overwritten before this one
};

// Not thread safe.
class OwnEvents {
public:
    explicit OwnEvents(const OwnLedger& own) : reader_(ledger::Reader::from_source(own.source)) {}

    // The events since the last call; the first call gives all that are kept. Empty where the ledger cannot be read.
    OwnEventBatch take();

private:
    ledger::Reader reader_;
    ledger::EventCursor cursor_;
};

}  // namespace ttmem::inventory
