// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstring>

#include "base/host_line.hpp"

namespace ttmem {

// The line on stderr, once for each flag (base/host_line.hpp: dropped where writing it could harm the host).
inline void say_once(std::atomic<bool>& said, const char* line) noexcept {
    if (!said.exchange(true)) {
        write_host_line(line, std::strlen(line));
    }
}

}  // namespace ttmem
