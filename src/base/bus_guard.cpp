// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "base/bus_guard.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

#include "base/errno_keeper.hpp"

namespace ttmem {
namespace {

struct Watched {
    std::atomic<uintptr_t> begin{0};  // 0: free
    std::atomic<size_t> bytes{0};
    std::atomic<void (*)() noexcept> lost{nullptr};
    std::atomic<pid_t> owner{0};  // a forked child has other things at these addresses
};
constexpr int kMostMappings = 8;
Watched g_watched[kMostMappings];

struct sigaction g_before {};
std::atomic<bool> g_installed{false};

bool replace_mapping(uintptr_t address) noexcept {
    for (Watched& one : g_watched) {
        const uintptr_t begin = one.begin.load(std::memory_order_acquire);
        const size_t bytes = one.bytes.load(std::memory_order_relaxed);
        if (begin == 0 || address < begin || address - begin >= bytes ||
            one.owner.load(std::memory_order_relaxed) != getpid()) {
            continue;
        }
        void* memory = mmap(reinterpret_cast<void*>(begin), bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) {
            return false;
        }
        if (auto* lost = one.lost.exchange(nullptr)) {
            lost();
        }
        return true;
    }
    return false;
}

void on_bus_error(int number, siginfo_t* info, void* context) {
    const ErrnoKeeper keeper;
    if (info->si_code > 0 && replace_mapping(reinterpret_cast<uintptr_t>(info->si_addr))) {
        return;
    }
    if ((g_before.sa_flags & SA_SIGINFO) != 0) {
        g_before.sa_sigaction(number, info, context);
    } else if (g_before.sa_handler != SIG_DFL && g_before.sa_handler != SIG_IGN) {
        g_before.sa_handler(number);
    } else {
        // As without us: the instruction is run again (or the signal sent again) with the default action in place.
        signal(number, SIG_DFL);
        if (info->si_code <= 0) {
            raise(number);
        }
    }
}

bool install() noexcept {
    if (g_installed.exchange(true)) {
        return true;
    }
    struct sigaction wanted {};
    wanted.sa_sigaction = on_bus_error;
    sigemptyset(&wanted.sa_mask);
    wanted.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    if (sigaction(SIGBUS, &wanted, &g_before) == 0) {
        return true;
    }
    g_installed.store(false);
    return false;
}

}  // namespace

bool guard_mapping(void* begin, size_t bytes, void (*lost)() noexcept) noexcept {
    const ErrnoKeeper keeper;
    for (Watched& one : g_watched) {
        uintptr_t none = 0;
        if (one.begin.compare_exchange_strong(none, UINTPTR_MAX, std::memory_order_acq_rel)) {
            one.bytes.store(bytes, std::memory_order_relaxed);
            one.owner.store(getpid(), std::memory_order_relaxed);
            one.lost.store(lost, std::memory_order_relaxed);
            one.begin.store(reinterpret_cast<uintptr_t>(begin), std::memory_order_release);
            return install();
        }
    }
    return false;
}

void unguard_mapping(const void* begin) noexcept {
    for (Watched& one : g_watched) {
        uintptr_t wanted = reinterpret_cast<uintptr_t>(begin);
        if (one.begin.compare_exchange_strong(wanted, 0, std::memory_order_acq_rel)) {
            return;
        }
    }
}

}  // namespace ttmem
