// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/unlisted_buffers.hpp"

#include <mutex>

namespace ttmem::ledger {

bool UnlistedBuffers::add(uint64_t id, Amounts amounts) noexcept {
    const std::lock_guard<SpinLock> guard(lock_);
    if (!buffers_.reserve_one()) {
        header_.count_lost(kLostNoMemory);
        return false;
    }
    buffers_.insert({id, amounts});
    header_.count_lost(kLostUnlisted);
    return true;
}

Amounts UnlistedBuffers::take(uint64_t id) noexcept {
    const std::lock_guard<SpinLock> guard(lock_);
    Buffer* found = buffers_.find(id);
    if (found == nullptr) {
        return {0, 0};
    }
    const Amounts amounts = found->amounts;
    buffers_.erase(found);
    return amounts;
}

}  // namespace ttmem::ledger
