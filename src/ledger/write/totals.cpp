// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/totals.hpp"

#include "ledger/write/store.hpp"
#include "ledger/write/test_point.hpp"

namespace ttmem::ledger {

namespace {

// Programs whose peak keeps rising settle rarely: 4096 allocations in between.
constexpr uint32_t kMostDoublings = 6;

}  // namespace

OwnTotals Totals::of(uint32_t allocator, uint32_t account) const noexcept {
    OwnTotals sums{};
    if (allocator >= allocators_.count() || account >= kAccounts) {
        return sums;
    }
    // Frees are read before allocations: a sum may then be too large for a moment, never smaller than what is held.
    const uint32_t shards = shards_.count();
    uint64_t freed_requested = 0;
    for (uint32_t i = 0; i < shards; ++i) {
        const CounterLine& counters = shards_[i].counter(allocator, account);
        sums.frees += counters.frees.load(std::memory_order_acquire);
        sums.freed_bytes += counters.freed_bytes.load(std::memory_order_acquire);
        freed_requested += counters.freed_requested.load(std::memory_order_acquire);
    }
    uint64_t requested = 0;
    for (uint32_t i = 0; i < shards; ++i) {
        const CounterLine& counters = shards_[i].counter(allocator, account);
        requested += counters.allocated_requested.load(std::memory_order_acquire);
        sums.allocated_bytes += counters.allocated_bytes.load(std::memory_order_acquire);
        sums.allocations += counters.allocations.load(std::memory_order_acquire);
        sums.failures += get(counters.failures);
    }
    sums.buffers = sums.allocations - sums.frees;
    sums.bytes = sums.allocated_bytes - sums.freed_bytes;
    sums.requested_bytes = requested - freed_requested;
    const TotalLine& line = allocators_.total(allocator, account);
    sums.recent_peak_bytes = get(line.recent_peak_bytes);
    sums.peak_bytes = get(line.peak_bytes);
    return sums;
}

uint64_t Totals::held_bytes(uint32_t allocator, uint32_t account) const noexcept {
    uint64_t held = 0;
    for (uint32_t i = 0; i < shards_.count(); ++i) {
        const CounterLine& counters = shards_[i].counter(allocator, account);
        held += get(counters.allocated_bytes) - get(counters.freed_bytes);
    }
    return held;
}

// All shards are locked. claimed_bytes is then what is held.
void Totals::take_slack_back(uint32_t allocator, uint32_t account) noexcept {
    TotalLine& line = allocators_.total(allocator, account);
    uint64_t slack = 0;
    for (uint32_t i = 0; i < shards_.count(); ++i) {
        CounterLine& counters = shards_[i].counter(allocator, account);
        slack += get(counters.slack);
        put(counters.slack, uint64_t{0});
        TTMEM_TEST_POINT("slack taken back");
    }
    put(line.claimed_bytes, get(line.claimed_bytes) - slack);
    put(line.quiet, 0u);
    put(line.holds_slack, 0u);
}

void Totals::settle(const ThreadSlot& slot, uint32_t allocator, uint32_t account) noexcept {
    const AllShards guard(shards_, slot);
    TotalLine& line = allocators_.total(allocator, account);
    if (get(line.holds_slack) == 0) {
        return;
    }
    take_slack_back(allocator, account);
    put(line.settled, get(line.settled) < kMostDoublings ? get(line.settled) + 1 : kMostDoublings);
    TTMEM_TEST_POINT("settled");
}

void Totals::allow_slack(const ThreadSlot& slot, uint32_t allocator, uint32_t account) noexcept {
    const AllShards guard(shards_, slot);
    put(allocators_.total(allocator, account).holds_slack, 1u);
    TTMEM_TEST_POINT("slack allowed");
}

uint64_t Totals::restart_peak(uint32_t allocator, uint32_t account) noexcept {
    take_slack_back(allocator, account);
    TotalLine& line = allocators_.total(allocator, account);
    const uint64_t before = get(line.recent_peak_bytes);
    put(line.recent_peak_bytes, get(line.claimed_bytes));
    TTMEM_TEST_POINT("peak restarted");
    return before;
}

}  // namespace ttmem::ledger
