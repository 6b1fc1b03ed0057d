// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/core_addresses.hpp"

#include <mutex>

#include "ledger/write/test_point.hpp"

namespace ttmem::ledger {

uint32_t CoreAddresses::add(const CoreAddressRecord* addresses, uint32_t count) noexcept {
    const std::lock_guard<SpinLock> guard(lock_);
    uint32_t first = runs_.take(count);
    while (first == kNone) {
        const std::lock_guard<SpinLock> growth(sections_.lock());
        if (!runs_.grow(count)) {
            return kNone;
        }
        first = runs_.take(count);
    }
    for (uint32_t i = 0; i < count; ++i) {
        runs_.at<CoreAddressRecord>(first + i) = addresses[i];
    }
    TTMEM_TEST_POINT("core addresses written");
    return first;
}

void CoreAddresses::remove(uint32_t first, uint32_t count) noexcept {
    const std::lock_guard<SpinLock> guard(lock_);
    runs_.give(first, count);
}

}  // namespace ttmem::ledger
