// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Two workers that do the same work at the same time, as two threads of this process or as two processes of their own.
// Both kinds run the same function, each worker on a processor of its own where there are two.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>

namespace ttmem::bench {

inline constexpr uint32_t kWorkers = 2;

// Where workers meet before they start, so that their work overlaps. Lies in memory that both can write.
class Meeting {
public:
    void wait() noexcept {
        const uint32_t round = arrived_.fetch_add(1) / kWorkers;
        while (arrived_.load() < (round + 1) * kWorkers) {
        }
    }

private:
    std::atomic<uint32_t> arrived_{0};
};

// Does `pairs` allocations and frees as worker `worker`. The first call of a thread prepares what it needs.
using Work = void (*)(uint32_t worker, uint64_t pairs);

struct RunOfTwo {
    double seconds;  // mean of the two workers, each from the moment they met to its own end
    double overlap;  // the part of that mean during which both worked
};

RunOfTwo run_in_threads(Work work, uint64_t pairs);

// The same in processes, which are new instances of this program (nothing of this one is in them), started at the first
// run and ended with the object. Throws std::system_error.
class ProcessWorkers {
public:
    ProcessWorkers();
    ~ProcessWorkers();
    ProcessWorkers(const ProcessWorkers&) = delete;
    ProcessWorkers& operator=(const ProcessWorkers&) = delete;

    RunOfTwo run(uint64_t pairs);
    pid_t pid(uint32_t worker) const { return pids_[worker]; }
    // Pairs that each worker has done so far.
    uint64_t pairs_done() const { return pairs_done_; }

private:
    Meeting* meeting_ = nullptr;
    int memory_ = -1;
    int sockets_[kWorkers] = {-1, -1};
    pid_t pids_[kWorkers] = {-1, -1};
    uint64_t pairs_done_ = 0;
};

// True when this instance was started as a worker. `serve_as_worker` then obeys its parent until the parent ends.
bool is_worker(int argc, char** argv);
int serve_as_worker(char** argv, Work work);

inline constexpr uint64_t kWarmUpPairs = 2'000;  // of each run, before the workers meet

}  // namespace ttmem::bench
