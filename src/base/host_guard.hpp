// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Guards a slow path inside the host before it makes system calls: errno stays as the application had it, and a
// pending cancellation waits until the report is over. A cancellation acted upon in noexcept code ends the
// process.
#pragma once

#include <pthread.h>

#include "base/errno_keeper.hpp"

namespace ttmem {

// For one thread, on the stack. No system call; may be nested.
class HostGuard {
public:
    HostGuard() noexcept { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before_); }
    ~HostGuard() {
        if (before_ != PTHREAD_CANCEL_DISABLE) {
            pthread_setcancelstate(before_, nullptr);
        }
    }
    HostGuard(const HostGuard&) = delete;
    HostGuard& operator=(const HostGuard&) = delete;

private:
    const ErrnoKeeper errno_;
    int before_ = PTHREAD_CANCEL_DISABLE;
};

}  // namespace ttmem
