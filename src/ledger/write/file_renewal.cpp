// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/file_renewal.hpp"

#include <time.h>

#include <mutex>

#include "base/host_guard.hpp"

namespace ttmem::ledger {

bool FileRenewal::is_removed() noexcept {
    const std::lock_guard<SpinLock> guard(tables_.sections.lock());
    return tables_.sections.file().is_removed();
}

// No locked writer may store between the copy and the change of mappings. Counts that are stored without a lock
// (launches, losses) may miss one there.
void FileRenewal::renew(const ThreadSlot& slot) noexcept {
    const std::lock_guard<SpinLock> programs(programs_.lock());
    const AllShards shards(tables_.shards, slot);
    const std::lock_guard<SpinLock> layout(layout_.lock());
    const std::lock_guard<SpinLock> sidecar(tables_.sidecar.lock());
    const std::lock_guard<SpinLock> sections(tables_.sections.lock());
    if (tables_.sections.file().is_removed()) {
        tables_.sections.file().renew();
    }
}

void FileRenewal::look_after_file(const ThreadSlot& slot) noexcept {
    timespec coarse{};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &coarse);
    int64_t last = looked_.load(std::memory_order_relaxed);
    if (last == coarse.tv_sec || !looked_.compare_exchange_strong(last, coarse.tv_sec)) {
        return;
    }
    const HostGuard host_guard;
    if (!is_removed() || !refusals_.try_pause()) {
        return;
    }
    if (peaks_.try_pause()) {
        renew(slot);
        peaks_.resume();
    }
    refusals_.resume();
}

}  // namespace ttmem::ledger
