// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A lock for a few instructions within one process. It is meant to be free nearly always: a shard's lock is wanted by a
// second thread only when that one frees what the first allocated.
#pragma once

#include <sched.h>

#include <atomic>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace ttmem {

// Not recursive. Never held over a call into foreign code. Meets the requirements of std::lock_guard.
class SpinLock {
public:
    void lock() noexcept {
        while (held_.exchange(1, std::memory_order_acquire) != 0) {
            for (int spins = 0; held_.load(std::memory_order_relaxed) != 0; ++spins) {
                if (spins < kSpinsBeforeYield) {
#if defined(__x86_64__)
                    _mm_pause();
#endif
                } else {
                    sched_yield();  // the holder was preempted: let it run
                }
            }
        }
    }
    void unlock() noexcept {
        held_.store(0, std::memory_order_release);
    }

private:
    static constexpr int kSpinsBeforeYield = 64;
    std::atomic<uint32_t> held_{0};
};

}  // namespace ttmem
