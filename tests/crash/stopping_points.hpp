// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// How a child of a crash matrix stops itself at the test point that its parent chose, and reports where it is; and the
// matrix itself, which runs the child once for every point.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <string>

#include "ledger_home.hpp"

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

// The child of one round: stopped at its test point, or (finished) ended after the last one.
struct Halted {
    pid_t child;
    bool finished;
    uint64_t begun;  // steps
    uint64_t done;
    std::string where;

    // Ends the stopped child. Call it once.
    void die() const {
        int status = 0;
        kill(child, SIGKILL);
        EXPECT_EQ(waitpid(child, &status, 0), child);
    }
};

// Forks `run`, which never returns, in an empty `home`, stopped at the first test point, then at the second, until one
// ends by itself; `look` sees each of them, the finished one too, and ends the stopped ones (Halted::die). Ends early
// when a check fails. Gives the number of points there were.
template <typename Run, typename Look>
uint64_t at_every_point(const LedgerHome& home, Run&& run, Look&& look) {
    Shared<Progress> shared;
    progress = &*shared;
    for (stop_at = 1; !testing::Test::HasFailure(); ++stop_at) {
        home.clear();
        new (&*shared) Progress{};
        const pid_t child = fork();
        if (child == 0) {
            run();
        }
        int status = 0;
        if (child < 0 || waitpid(child, &status, WUNTRACED) != child) {
            ADD_FAILURE() << "cannot run a child: errno " << errno;
            break;
        }
        const bool finished = WIFEXITED(status);
        if (finished ? WEXITSTATUS(status) != 0 : !WIFSTOPPED(status)) {
            ADD_FAILURE() << "the child neither stopped nor ended well: wait status " << status;
            break;
        }
        const uint64_t begun = shared->steps_begun;
        const char* point = shared->point.load();
        look(Halted{
            child, finished, begun, shared->steps_done,
            std::string("after \"") + (point == nullptr ? "the end" : point) + "\" in step " + std::to_string(begun)});
        if (finished) {
            break;
        }
    }
    progress = nullptr;
    return stop_at - 1;
}

}  // namespace ttmem::test
