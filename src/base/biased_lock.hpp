// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A lock that one thread, its owner, takes all the time and others hardly ever: while it is biased to its owner, taking
// it is a store and a load, without a locked instruction. The first other thread that wants the lock makes it ordinary:
// it says so, has the kernel put a barrier into every thread of the process (membarrier(2), Linux 4.14), and waits
// until the owner is out. From then on the owner takes the ordinary lock too.
#pragma once

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

#include "base/filter_watch.hpp"
#include "base/short_wait.hpp"
#include "base/spin_lock.hpp"

namespace ttmem {

// Not recursive. Never held over a call into foreign code. An ordinary lock until become_owner() is called.
class BiasedLock {
public:
    // Once in a process (and in each forked child), before become_owner(). False: the kernel has no such barrier; locks
    // must stay ordinary ones. May take some ms in a process that has threads already.
    static bool prepare() noexcept {
        return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
    }

    // The calling thread becomes the owner and no other is: the last one, if any, called give_up() or is gone.
    void become_owner() noexcept {
        lock_.lock();
        biased_.store(1, std::memory_order_relaxed);
        lock_.unlock();
    }
    // The owner gives the lock up for good. It is not inside.
    void give_up() noexcept {
        lock_.lock();
        biased_.store(0, std::memory_order_relaxed);
        lock_.unlock();
    }

    // For the owner alone. Gives what unlock_by_owner() wants to know.
    bool lock_by_owner() noexcept {
        owner_inside_.store(1, std::memory_order_relaxed);
        std::atomic_signal_fence(
            std::memory_order_seq_cst);  // the compiler's order; the processor's is membarrier's part
        if (biased_.load(std::memory_order_relaxed) != 0) [[likely]] {
            return true;
        }
        owner_inside_.store(0, std::memory_order_release);
        lock_.lock();
        return false;
    }
    void unlock_by_owner(bool biased) noexcept {
        if (biased) [[likely]] {
            owner_inside_.store(0, std::memory_order_release);
        } else {
            lock_.unlock();
        }
    }

    // For every other thread, and for all threads once the lock is no longer biased.
    void lock() noexcept {
        lock_.lock();
        if (biased_.load(std::memory_order_relaxed) != 0) [[unlikely]] {
            revoke();
        }
    }
    void unlock() noexcept { lock_.unlock(); }

private:
    [[gnu::cold, gnu::noinline]] void revoke() noexcept {
        biased_.store(0, std::memory_order_relaxed);
        std::atomic_thread_fence(std::memory_order_seq_cst);
        const int saved = errno;
        if (calls_are_filtered() || syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) != 0) {
            // Forbidden since prepare() (a sandbox): the owner's processor has long emptied its stores after this.
            const timespec pause{0, 10'000'000};
            syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &pause, nullptr);
        }
        errno = saved;
        for (ShortWait pause; owner_inside_.load(std::memory_order_acquire) != 0;) {
            pause.once();
        }
    }

    SpinLock lock_;
    std::atomic<uint32_t> biased_{0};
    std::atomic<uint32_t> owner_inside_{0};
};

}  // namespace ttmem
