// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "client/report_table.hpp"

#include <mutex>

namespace ttmem::client {

ReportTable::Raised ReportTable::raise(ReportDomain domain, uint64_t key, uint32_t device,
                                       uint64_t& ledger_id) noexcept {
    const uint32_t number = stripe_of(domain, key);
    Stripe& stripe = stripes_[number];
    const std::lock_guard<SpinLock> guard(stripe.lock);
    if (Entry* found = stripe.entries.find(key)) {
        ++found->reports;
        ledger_id = found->ledger_id;
        return Raised::kAgain;
    }
    if (!stripe.entries.reserve_one()) {
        return Raised::kNoMemory;
    }
    // From 2^51: apart from tt-metal's ids, and a double still holds it, as readers of JSON may.
    // Device and stripe keep it unique without a shared counter.
    ledger_id = uint64_t{1} << 51 | uint64_t{device} << 41 | uint64_t{number} << 35 |
                (++stripe.made & ((uint64_t{1} << 35) - 1));
    stripe.entries.insert({key, ledger_id, 1});
    return Raised::kFirst;
}

ReportTable::Lowered ReportTable::lower(ReportDomain domain, uint64_t key, uint64_t& ledger_id) noexcept {
    Stripe& stripe = stripes_[stripe_of(domain, key)];
    const std::lock_guard<SpinLock> guard(stripe.lock);
    Entry* found = stripe.entries.find(key);
    if (found == nullptr) {
        return Lowered::kUnknown;
    }
    ledger_id = found->ledger_id;
    if (--found->reports > 0) {
        return Lowered::kStillLive;
    }
    stripe.entries.erase(found);
    return Lowered::kLast;
}

}  // namespace ttmem::client
