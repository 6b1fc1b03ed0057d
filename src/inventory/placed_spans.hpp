// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The address ranges that a ledger's buffers cover, without the buffers: one pass over the list, after which sums over
// banks need no row. A million rows take 120 MB, their spans a fifth of that at most. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "analysis/intervals.hpp"
#include "ledger/read/snapshot.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

struct PlacedSpans {
    struct OfAllocator {
        api::PerKind<std::vector<Interval>> taken;  // as flattened() gives them
        // Of these buffers; absent where it is not known of one.
        api::PerKind<api::Bytes> lockstep_waste_bytes{{0, 0, 0, 0}};
        std::optional<ledger::Buffer> lowest_l1;  // the buffer in L1 with the lowest address
    };
    // True: the spans say everything about the banks, because each placed buffer lies in every bank of every device of
    // its allocator, no two allocators have buffers of one kind on one device, none is HYBRID, and no view dangles.
    // False: use the rows.
    bool whole = false;
    std::vector<OfAllocator> allocators;  // by index in Snapshot::allocators; empty unless `whole`
};

// `snapshot`: read with its buffers.
PlacedSpans placed_spans(const ledger::Snapshot& snapshot);

// Their places in the snapshot that they are of.
std::vector<size_t> indexes_of(const ledger::Snapshot& snapshot,
                               const std::vector<const ledger::Allocator*>& allocators);

// Of these allocators together. Absent where it is not known of some buffer.
api::Bytes lockstep_waste_of(const PlacedSpans& spans, const std::vector<size_t>& allocators, api::MemoryKind kind);

// The ranges that some allocators cover together, of one kind, ascending. `allocators`: indexes into spans.allocators.
std::vector<Interval> taken_by(const PlacedSpans& spans, const std::vector<size_t>& allocators, api::MemoryKind kind);

}  // namespace ttmem::inventory
