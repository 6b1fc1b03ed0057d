// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "workers.hpp"

#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <limits>
#include <new>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

namespace ttmem::bench {

namespace {

constexpr std::string_view kWorkerOption = "--worker";  // --worker NUMBER SOCKET MEMORY

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

double seconds() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// The worker's own processor. With fewer processors than workers they share.
void pin(uint32_t worker) {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) < static_cast<int>(kWorkers)) {
        return;
    }
    uint32_t seen = 0;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(cpu, &allowed) && seen++ == worker) {
            cpu_set_t own;
            CPU_ZERO(&own);
            CPU_SET(cpu, &own);
            sched_setaffinity(0, sizeof own, &own);
            return;
        }
    }
}

// The result of a worker: seconds of CLOCK_MONOTONIC, which all processes share.
struct Taken {
    double start;
    double end;
};

Taken timed(Work work, uint32_t worker, uint64_t pairs, Meeting& meeting) {
    work(worker, kWarmUpPairs);
    meeting.wait();
    const double start = seconds();
    work(worker, pairs);
    return {start, seconds()};
}

RunOfTwo together(const Taken (&taken)[kWorkers]) {
    double sum = 0, last_start = 0, first_end = std::numeric_limits<double>::max();
    for (const Taken& one : taken) {
        sum += one.end - one.start;
        last_start = std::max(last_start, one.start);
        first_end = std::min(first_end, one.end);
    }
    const double mean = sum / kWorkers;
    return {mean, std::max(0.0, first_end - last_start) / mean};
}

Meeting* map_meeting(int memory) {
    void* mapped = mmap(nullptr, sizeof(Meeting), PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    if (mapped == MAP_FAILED) {
        fail("mmap");
    }
    return static_cast<Meeting*>(mapped);
}

}  // namespace

RunOfTwo run_in_threads(Work work, uint64_t pairs) {
    Meeting meeting;
    Taken taken[kWorkers] = {};
    std::thread threads[kWorkers];
    for (uint32_t i = 0; i < kWorkers; ++i) {
        threads[i] = std::thread([&, i] {
            pin(i);
            taken[i] = timed(work, i, pairs, meeting);
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    return together(taken);
}

ProcessWorkers::ProcessWorkers() {
    memory_ = memfd_create("meeting", 0);
    if (memory_ < 0 || ftruncate(memory_, sizeof(Meeting)) != 0) {
        fail("memfd_create");
    }
    meeting_ = new (map_meeting(memory_)) Meeting;
    for (uint32_t i = 0; i < kWorkers; ++i) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
            fail("socketpair");
        }
        const std::string number = std::to_string(i), memory = std::to_string(memory_);
        pids_[i] = fork();
        if (pids_[i] < 0) {
            fail("fork");
        }
        if (pids_[i] == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            const std::string socket = std::to_string(dup(ends[1]));
            execl("/proc/self/exe", "event_cost", kWorkerOption.data(), number.c_str(), socket.c_str(), memory.c_str(),
                  static_cast<char*>(nullptr));
            _exit(127);
        }
        close(ends[1]);
        sockets_[i] = ends[0];
    }
}

ProcessWorkers::~ProcessWorkers() {
    for (uint32_t i = 0; i < kWorkers; ++i) {
        close(sockets_[i]);
        waitpid(pids_[i], nullptr, 0);
    }
    munmap(meeting_, sizeof *meeting_);
    close(memory_);
}

RunOfTwo ProcessWorkers::run(uint64_t pairs) {
    for (const int socket : sockets_) {
        if (send(socket, &pairs, sizeof pairs, MSG_NOSIGNAL) != sizeof pairs) {
            fail("telling a worker");
        }
    }
    Taken taken[kWorkers] = {};
    for (uint32_t i = 0; i < kWorkers; ++i) {
        if (recv(sockets_[i], &taken[i], sizeof taken[i], MSG_WAITALL) != sizeof taken[i]) {
            fail("hearing from a worker");
        }
    }
    pairs_done_ += kWarmUpPairs + pairs;
    return together(taken);
}

bool is_worker(int argc, char** argv) {
    return argc == 5 && kWorkerOption == argv[1];
}

int serve_as_worker(char** argv, Work work) {
    const auto worker = static_cast<uint32_t>(std::atoi(argv[2]));
    const int socket = std::atoi(argv[3]);
    Meeting& meeting = *map_meeting(std::atoi(argv[4]));
    pin(worker);
    uint64_t pairs = 0;
    while (recv(socket, &pairs, sizeof pairs, MSG_WAITALL) == sizeof pairs) {
        const Taken taken = timed(work, worker, pairs, meeting);
        if (send(socket, &taken, sizeof taken, MSG_NOSIGNAL) != sizeof taken) {
            return 1;
        }
    }
    return 0;
}

}  // namespace ttmem::bench
