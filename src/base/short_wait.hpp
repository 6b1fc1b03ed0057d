// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Waiting for another thread of the process that needs a few instructions more. It may have been preempted, and where
// the waiting thread has a real-time priority, spinning and sched_yield() would keep the processor from it for good:
// after a short spin the waiting thread sleeps.
#pragma once

#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace ttmem {

// A short wait for another thread: call once() until that is done. Keeps errno. No cancellation point.
class ShortWait {
public:
    void once() noexcept {
        ++rounds_;
        if (rounds_ <= kSpins) {
#if defined(__x86_64__)
            __builtin_ia32_pause();
#endif
        } else if (rounds_ <= kSpins + kYields) {
            sched_yield();
        } else {
            sleep();
        }
    }

private:
    static constexpr uint32_t kSpins = 64;
    static constexpr uint32_t kYields = 8;
    static constexpr long kFirstSleepNs = 20'000;
    static constexpr long kLongestSleepNs = 1'000'000;

    [[gnu::cold, gnu::noinline]] void sleep() noexcept {
        const int saved = errno;
        const timespec time{0, sleep_ns_};
        syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &time, nullptr);
        sleep_ns_ = sleep_ns_ * 2 < kLongestSleepNs ? sleep_ns_ * 2 : kLongestSleepNs;
        errno = saved;
    }

    uint32_t rounds_ = 0;
    long sleep_ns_ = kFirstSleepNs;
};

}  // namespace ttmem
