// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// What the six reports count: each key's live reports on one device.
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

    // One report more of the key. kFirst: `ledger_id` is new and the bytes count now.
    Raised raise(ReportDomain domain, uint64_t key, uint32_t device, uint64_t& ledger_id) noexcept;

    enum class Lowered { kUnknown, kStillLive, kLast };

    // One report less. kLast: the bytes of `ledger_id` leave now.
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
