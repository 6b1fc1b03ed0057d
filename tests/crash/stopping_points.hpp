// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// How a child of a crash matrix stops itself at the test point that its parent chose, and tells where it is.
#pragma once

#include <signal.h>

#include <atomic>
#include <cstdint>

namespace ttmem::test {

// Lies in memory that parent and child share.
struct Progress {
    std::atomic<uint64_t> steps_begun{0};
    std::atomic<uint64_t> steps_done{0};
    std::atomic<uint64_t> points{0};
    std::atomic<const char*> point{nullptr};  // where it stopped
};

inline Progress* progress = nullptr;
inline uint64_t stop_at = 0;  // number of the test point, from 1

// The child's ledger::test_point_hook.
inline void count_points(const char* name) noexcept {
    if (progress->points.fetch_add(1) + 1 == stop_at) {
        progress->point = name;
        raise(SIGSTOP);
    }
}

}  // namespace ttmem::test
