// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Reference counts of the six reports: how often each key of a device was reported and not yet taken back.
#pragma once

#include <cstdint>

#include "base/spin_lock.hpp"
#include "ledger/write/id_index.hpp"

namespace ttmem::client {

enum class ReportDomain : uint32_t { kBuffer = 0, kCircularBuffer = 1, kKernel = 2 };

// Keys of one device. Safe from any thread; stripes keep threads apart. Lives until the process ends.
class ReportTable {
public:
    enum class Raised { kFirst, kAgain, kNoMemory };

    // Counts one more report of the key. kFirst: `ledger_id` is new and the bytes count from now on.
    Raised raise(ReportDomain domain, uint64_t key, uint32_t device, uint64_t& ledger_id) noexcept;

    enum class Lowered { kUnknown, kStillLive, kLast };

    // Counts one report less. kLast: it was the only one left, and the bytes of `ledger_id` leave the totals.
    Lowered lower(ReportDomain domain, uint64_t key, uint64_t& ledger_id) noexcept;

private:
    struct Entry {
        uint64_t id;  // the key
        uint64_t ledger_id;
        uint64_t reports;
    };
    struct alignas(64) Stripe {
        SpinLock lock;
        uint64_t made = 0;
        ledger::IdIndex<Entry> entries;
    };
    static constexpr uint32_t kStripes = 16;
    static uint32_t stripe_of(ReportDomain domain, uint64_t key) noexcept {
        return static_cast<uint32_t>(domain) * kStripes + static_cast<uint32_t>((key * 0xff51afd7ed558ccdu) >> 60);
    }

    Stripe stripes_[3 * kStripes];
};

}  // namespace ttmem::client
