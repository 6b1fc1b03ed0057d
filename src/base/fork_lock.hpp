// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A lock that a forked child finds free, also when a thread of its parent held it at the moment of the fork.
#pragma once

#include <sys/mman.h>

#include <atomic>
#include <new>

#include "base/spin_lock.hpp"

namespace ttmem {

// Constant-initialised, never destroyed. Meets the requirements of std::lock_guard. Its word lies in a page that the
// kernel zeroes in every child (MADV_WIPEONFORK): asking for the process id instead would be a system call at each use.
class ForkLock {
public:
    void lock() noexcept {
        SpinLock* word = word_.load(std::memory_order_acquire);
        (word != nullptr ? word : make_word())->lock();
    }
    void unlock() noexcept { word_.load(std::memory_order_relaxed)->unlock(); }

private:
    static constexpr size_t kBytes = 4096;

    [[gnu::cold]] SpinLock* make_word() noexcept {
        void* memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        SpinLock* made = memory == MAP_FAILED ? &plain_ : new (memory) SpinLock;
        if (made != &plain_) {
            madvise(memory, kBytes, MADV_WIPEONFORK);
        }
        SpinLock* expected = nullptr;
        if (word_.compare_exchange_strong(expected, made, std::memory_order_acq_rel)) {
            return made;
        }
        if (made != &plain_) {
            munmap(memory, kBytes);
        }
        return expected;
    }

    std::atomic<SpinLock*> word_{nullptr};
    SpinLock plain_;  // where no page could be mapped
};

}  // namespace ttmem
