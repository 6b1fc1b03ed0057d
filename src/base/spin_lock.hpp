// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A lock for a few instructions within one process. It is meant to be free nearly always: a shard's lock is wanted by a
// second thread only when that one frees what the first allocated.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/short_wait.hpp"

namespace ttmem {

// Not recursive. Never held over a call into foreign code. Meets the requirements of std::lock_guard. A thread that
// waits long sleeps (ShortWait), so that a holder of a lower priority gets the processor. No priority is inherited: the
// holder's number would have to be in the word, and each unlock would then cost a locked instruction.
class SpinLock {
public:
    void lock() noexcept {
        if (held_.exchange(1, std::memory_order_acquire) != 0) [[unlikely]] {
            wait();
        }
    }
    void unlock() noexcept { held_.store(0, std::memory_order_release); }

private:
    [[gnu::cold, gnu::noinline]] void wait() noexcept {
        ShortWait pause;
        do {
            while (held_.load(std::memory_order_relaxed) != 0) {
                pause.once();
            }
        } while (held_.exchange(1, std::memory_order_acquire) != 0);
    }

    std::atomic<uint32_t> held_{0};
};

}  // namespace ttmem
