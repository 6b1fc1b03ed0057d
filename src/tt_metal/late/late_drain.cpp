// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/late/late_drain.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "base/clock.hpp"
#include "base/fork_lock.hpp"
#include "base/process_stat.hpp"
#include "base/unique_fd.hpp"

namespace ttmem::tt_metal {
namespace {

constexpr uint64_t kLongestCallNs = 20'000'000;
constexpr uint64_t kStillNs = 250'000'000;
constexpr size_t kMostStackBytes = 512 * 1024;

struct Thread {
    int id = 0;
    uint64_t ran_ns = 0;      // at the start
    bool seen_still = false;  // asleep with a suspicious stack
    uint64_t still_since = 0;
    uint64_t still_ran_ns = 0;
    uint64_t still_stack = 0;
};

// Threads that passed the gate since the drain began. Each is listed once.
struct Passed {
    std::atomic<uint32_t> round{0};  // odd during a drain
    ForkLock lock;
    std::vector<int>* ids = nullptr;
};
Passed g_passed;
[[gnu::tls_model("initial-exec")]] thread_local uint32_t t_told_in_round = 0;

// Processor time of a thread of this process. False: there is no such thread.
bool ran_ns(int id, uint64_t& ns) noexcept {
    // The kernel's clock of a thread by its id: MAKE_THREAD_CPUCLOCK(id, CPUCLOCK_SCHED) of linux/posix-timers.h.
    const auto clock = static_cast<clockid_t>((~static_cast<unsigned>(id) << 3) | 6u);
    timespec time{};
    if (clock_gettime(clock, &time) != 0) {
        return false;
    }
    ns = static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
    return true;
}

// Where a sleeping thread stands: /proc/self/task/ID/syscall is "NUMBER six arguments STACK CODE", or "-1 STACK CODE"
// out of a system call, or "running".
struct Sleep {
    uint64_t stack = 0;
    uint64_t code = 0;
};
bool sleeps(int id, Sleep& sleep) noexcept {
    char path[64];
    char text[256];
    std::snprintf(path, sizeof path, "/proc/self/task/%d/syscall", id);
    if (read_small_file(path, text, sizeof text) == 0 || text[0] == 'r') {
        return false;
    }
    char* last = std::strrchr(text, ' ');
    if (last == nullptr) {
        return false;
    }
    sleep.code = std::strtoull(last, nullptr, 16);
    *last = '\0';
    last = std::strrchr(text, ' ');
    if (last == nullptr) {
        return false;
    }
    sleep.stack = std::strtoull(last, nullptr, 16);
    return sleep.stack != 0;
}

bool in_any(const std::vector<CodeRange>& ranges, uint64_t address) noexcept {
    for (const CodeRange& range : ranges) {
        if (address >= range.begin && address < range.end) {
            return true;
        }
    }
    return false;
}

// Whether a word of the stack from `top` on leads into one of the ranges. Read through the kernel: the thread may end
// meanwhile, and its stack with it.
bool stack_leads_into(int memory_fd, uint64_t top, const std::vector<CodeRange>& ranges) noexcept {
    uint64_t words[512];
    for (uint64_t done = 0; done < kMostStackBytes; done += sizeof words) {
        const ssize_t got = pread(memory_fd, words, sizeof words, static_cast<off_t>(top + done));
        for (ssize_t i = 0; i < got / 8; ++i) {
            if (in_any(ranges, words[i])) {
                return true;
            }
        }
        if (got < static_cast<ssize_t>(sizeof words)) {
            break;
        }
    }
    return false;
}

enum class Shown { kPast, kSuspicious, kNothing };

Shown look_at(Thread& thread, int memory_fd, const std::vector<CodeRange>& ranges) noexcept {
    uint64_t now_ran = 0;
    if (!ran_ns(thread.id, now_ran) || now_ran - thread.ran_ns > kLongestCallNs) {
        return Shown::kPast;
    }
    Sleep before;
    if (!sleeps(thread.id, before)) {
        thread.seen_still = false;
        return Shown::kNothing;
    }
    const bool suspicious =
        memory_fd < 0 || in_any(ranges, before.code) || stack_leads_into(memory_fd, before.stack, ranges);
    Sleep after;
    uint64_t ran_after = 0;
    if (!ran_ns(thread.id, ran_after)) {
        return Shown::kPast;
    }
    if (!sleeps(thread.id, after) || after.stack != before.stack || after.code != before.code || ran_after != now_ran) {
        thread.seen_still = false;
        return Shown::kNothing;
    }
    if (!suspicious) {
        return Shown::kPast;
    }
    if (!thread.seen_still || thread.still_ran_ns != now_ran || thread.still_stack != before.stack) {
        thread.seen_still = true;
        thread.still_since = clock_ns(CLOCK_MONOTONIC);
        thread.still_ran_ns = now_ran;
        thread.still_stack = before.stack;
    }
    return Shown::kSuspicious;
}

bool list_threads(std::vector<Thread>& threads) {
    DIR* directory = opendir("/proc/self/task");
    if (directory == nullptr) {
        return false;
    }
    const auto self = static_cast<int>(syscall(SYS_gettid));
    while (const dirent* entry = readdir(directory)) {
        const int id = std::atoi(entry->d_name);
        Thread thread;
        thread.id = id;
        if (id > 0 && id != self && ran_ns(id, thread.ran_ns)) {
            threads.push_back(thread);
        }
    }
    closedir(directory);
    return true;
}

// Looks at every thread once; true when none is left to wait for.
bool look_at_all(std::vector<Thread>& threads, int memory_fd, const std::vector<CodeRange>& ranges) {
    bool only_still = true;
    const uint64_t now = clock_ns(CLOCK_MONOTONIC);
    std::erase_if(threads, [&](Thread& thread) {
        const Shown shown = look_at(thread, memory_fd, ranges);
        only_still = only_still &&
                     (shown == Shown::kPast || (shown == Shown::kSuspicious && thread.still_since + kStillNs <= now));
        return shown == Shown::kPast;
    });
    return threads.empty() || only_still;
}

void leave_out_passed(std::vector<Thread>& threads) {
    const std::lock_guard guard(g_passed.lock);
    std::erase_if(threads, [](const Thread& thread) {
        return std::find(g_passed.ids->begin(), g_passed.ids->end(), thread.id) != g_passed.ids->end();
    });
}

// The drain as those that pass see it.
class Round {
public:
    Round() {
        const std::lock_guard guard(g_passed.lock);
        g_passed.ids = &ids_;
        g_passed.round.fetch_add(1, std::memory_order_release);
    }
    ~Round() {
        const std::lock_guard guard(g_passed.lock);
        g_passed.round.fetch_add(1, std::memory_order_release);
        g_passed.ids = nullptr;
    }
    Round(const Round&) = delete;
    Round& operator=(const Round&) = delete;

private:
    std::vector<int> ids_;
};

}  // namespace

void drain_passed() noexcept {
    const uint32_t round = g_passed.round.load(std::memory_order_acquire);
    if (round % 2 == 0 || t_told_in_round == round) {
        return;
    }
    const auto self = static_cast<int>(syscall(SYS_gettid));
    try {
        const std::lock_guard guard(g_passed.lock);
        if (g_passed.ids != nullptr) {
            g_passed.ids->push_back(self);
            t_told_in_round = round;
        }
    } catch (...) {
        return;  // it will show it in another way
    }
}

bool drain_calls(const std::vector<CodeRange>& functions, int patience_ms, int& busy_thread) noexcept {
    busy_thread = 0;
    try {
        const Round round;
        const UniqueFd memory(open("/proc/self/mem", O_RDONLY | O_CLOEXEC));
        std::vector<Thread> threads;
        if (!list_threads(threads)) {
            return false;
        }
        const uint64_t limit = clock_ns(CLOCK_MONOTONIC) + static_cast<uint64_t>(patience_ms) * 1'000'000;
        for (uint32_t turn = 0;; ++turn) {
            leave_out_passed(threads);
            if (look_at_all(threads, memory.get(), functions)) {
                return true;
            }
            if (clock_ns(CLOCK_MONOTONIC) > limit) {
                busy_thread = threads.front().id;
                return false;
            }
            const timespec pause{0, turn < 10 ? 100'000 : 1'000'000};
            nanosleep(&pause, nullptr);
        }
    } catch (...) {
        return false;
    }
}

}  // namespace ttmem::tt_metal
