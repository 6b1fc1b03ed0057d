// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/device_table.hpp"

#include <cstring>
#include <mutex>

#include "ledger/write/store.hpp"
#include "ledger/write/test_point.hpp"

namespace ttmem::ledger {

uint32_t DeviceTable::describe(const DeviceRecord& device) noexcept {
    const std::lock_guard<SpinLock> guard(sections_.lock());
    const uint32_t known = count();
    for (uint32_t i = 0; i < known; ++i) {
        if (std::memcmp(&records_[i], &device, sizeof device) == 0) {
            return i;
        }
    }
    if (known == kDevices) {
        return kNone;
    }
    records_[known] = device;
    put(sections_.header().device_count, known + 1);
    TTMEM_TEST_POINT("device described");
    return known;
}

}  // namespace ttmem::ledger
