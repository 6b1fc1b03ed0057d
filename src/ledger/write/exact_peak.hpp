// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The exact maximum of a sum to which several threads add.
//
// It wants one counter; one counter is a cache line that every event of every thread pulls over. So a shard that frees
// keeps the bytes as slack, and allocates from its slack first. claimed_bytes = held + slack of all shards >= held.
// While it is not above the (recent) peak, what is held is not either, and its exact value is not needed. Only an
// allocation that would claim more than the peak settles: under all shards' locks the slack is taken back, and from
// then on every event counts, exactly, until the peak has been quiet for a while (Totals).
#pragma once

#include <cstdint>

#include "ledger/format.hpp"
#include "ledger/write/store.hpp"
#include "ledger/write/test_point.hpp"

namespace ttmem::ledger {

inline constexpr uint32_t kQuietAtFirst = 64;

// How an allocation's bytes get under the peak.
enum class Claim {
    kHeld,     // done
    kCounted,  // count() is due after the commit
    kRefused   // Totals::settle() first; nothing was claimed
};

// The shard of the counters is locked.
TTMEM_HOT Claim claim(TotalLine& line, CounterLine& counters, uint64_t bytes) noexcept {
    const uint64_t slack = get(counters.slack);
    if (slack >= bytes) [[likely]] {
        put(counters.slack, slack - bytes);
        TTMEM_TEST_POINT("slack taken");
        return Claim::kHeld;
    }
    if (get(line.holds_slack) == 0) {
        return Claim::kCounted;
    }
    const uint64_t lacking = bytes - slack;
    const uint64_t claimed = line.claimed_bytes.fetch_add(lacking, std::memory_order_relaxed) + lacking;
    TTMEM_TEST_POINT("bytes claimed");
    if (claimed > get(line.recent_peak_bytes)) {
        line.claimed_bytes.fetch_sub(lacking, std::memory_order_relaxed);
        return Claim::kRefused;
    }
    put(counters.slack, uint64_t{0});
    TTMEM_TEST_POINT("slack used up");
    return Claim::kHeld;
}

enum class Count {
    kBelow,
    kQuiet,  // the peak has been quiet long enough for slack
    kRose
};

// Adds to the exact total and raises the peak.
inline Count count(TotalLine& line, uint64_t bytes) noexcept {
    const uint64_t now_held = line.claimed_bytes.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    TTMEM_TEST_POINT("total raised");
    if (now_held > get(line.recent_peak_bytes)) {
        raise_to(line.peak_bytes, now_held);  // first: the recent one is never above it
        TTMEM_TEST_POINT("peak raised");
        raise_to(line.recent_peak_bytes, now_held);
        TTMEM_TEST_POINT("recent peak raised");
        put(line.quiet, 0u);
        return Count::kRose;
    }
    const uint32_t quiet = get(line.quiet) + 1;  // threads may lose a count to each other
    put(line.quiet, quiet);
    return quiet > kQuietAtFirst << get(line.settled) ? Count::kQuiet : Count::kBelow;
}

// Takes freed bytes out: kept as slack, or out of the total.
TTMEM_HOT void give_back(TotalLine& line, CounterLine& counters, uint64_t bytes) noexcept {
    if (get(line.holds_slack) != 0) {
        put(counters.slack, get(counters.slack) + bytes);
        TTMEM_TEST_POINT("slack kept");
    } else {
        line.claimed_bytes.fetch_sub(bytes, std::memory_order_relaxed);
        TTMEM_TEST_POINT("total lowered");
    }
}

}  // namespace ttmem::ledger
