// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The totals of each (allocator, account): sums over all shards, and the rare half of their exact peak (exact_peak.hpp
// is the other).
#pragma once

#include <cstdint>

#include "ledger/write/allocator_table.hpp"
#include "ledger/write/shards.hpp"

namespace ttmem::ledger {

// The totals of an (allocator, account) on each device, with their peaks, as the process itself reads them.
struct OwnTotals {
    uint64_t buffers;
    uint64_t bytes;
    uint64_t requested_bytes;
    uint64_t peak_bytes;
    uint64_t recent_peak_bytes;  // since the process restarted it
    uint64_t allocations;
    uint64_t frees;
    uint64_t allocated_bytes;
    uint64_t freed_bytes;
    uint64_t failures;
};

// Safe from any thread.
class Totals {
public:
    Totals(AllocatorTable& allocators, Shards& shards) noexcept : allocators_(allocators), shards_(shards) {}

    // Zeros of an (allocator, account) that is not there.
    OwnTotals of(uint32_t allocator, uint32_t account) const noexcept;
    uint64_t held_bytes(uint32_t allocator, uint32_t account) const noexcept;

    // Takes the slack of all shards back: from now on every event counts, exactly.
    void settle(const ThreadSlot& slot, uint32_t allocator, uint32_t account) noexcept;
    // Lets the shards keep slack from now on.
    void allow_slack(const ThreadSlot& slot, uint32_t allocator, uint32_t account) noexcept;

    // Restarts the recent peak at the bytes held now; gives the peak so far. All shards are locked.
    uint64_t restart_peak(uint32_t allocator, uint32_t account) noexcept;

private:
    void take_slack_back(uint32_t allocator, uint32_t account) noexcept;

    AllocatorTable& allocators_;
    Shards& shards_;
};

}  // namespace ttmem::ledger
