// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/resource.h>

#include <cstddef>

namespace ttmem {

// Lets this process open as many files as it is allowed to: three for each tracked process stay open. Returns that
// number. For programs of our own alone: an application may rely on its limit (select() takes no descriptor above 1023).
inline size_t raise_descriptor_limit() noexcept {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 1024;
    }
    rlimit raised = limit;
    raised.rlim_cur = raised.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) {
        limit = raised;
    }
    return static_cast<size_t>(limit.rlim_cur);
}

}  // namespace ttmem
