// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <atomic>
#include <cstring>

#include "base/errno_keeper.hpp"

namespace ttmem {

// The line on stderr, if nobody with this flag said it before. In one write, so that it stays whole among others'.
inline void say_once(std::atomic<bool>& said, const char* line) noexcept {
    if (!said.exchange(true)) {
        const ErrnoKeeper keeper;
        [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line, std::strlen(line));
    }
}

}  // namespace ttmem
