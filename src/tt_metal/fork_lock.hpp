// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A lock for what hooks do seldom (devices opening, buffers at fixed addresses). It holds the owner's process id, so
// that a child forked while another thread held it takes it over instead of waiting for a thread that does not exist
// there. Never taken while a buffer is allocated or freed in the ordinary way.
#pragma once

#include <sched.h>
#include <unistd.h>

#include <atomic>

namespace ttmem::tt_metal {

class ForkLock {
public:
    void lock() noexcept {
        const pid_t self = getpid();
        for (;;) {
            pid_t owner = owner_.load(std::memory_order_relaxed);
            if ((owner == 0 || owner != self) && owner_.compare_exchange_weak(owner, self, std::memory_order_acquire)) {
                return;
            }
            sched_yield();
        }
    }
    void unlock() noexcept { owner_.store(0, std::memory_order_release); }

private:
    std::atomic<pid_t> owner_{0};
};

}  // namespace ttmem::tt_metal
