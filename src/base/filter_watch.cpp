// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "base/filter_watch.hpp"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "base/host_guard.hpp"

namespace ttmem {
namespace {

// Above what hosts close or hand out by number.
constexpr int kLowestDescriptor = 512;
constexpr int kUnknown = -1;

std::atomic<int> g_descriptor{-1};
std::atomic<int> g_pid{0};
std::atomic<int> g_before{kUnknown};
std::atomic<bool> g_filtered{false};

int number_after(const char* text, const char* name) noexcept {
    const char* at = std::strstr(text, name);
    return at == nullptr ? 0 : static_cast<int>(std::strtol(at + std::strlen(name), nullptr, 10));
}

// Mode and number of filters in one, kUnknown when the descriptor is not (or no longer) that of a status file.
int filters(int fd) noexcept {
    char text[4096];
    const long got = syscall(SYS_pread64, fd, text, sizeof text - 1, 0L);
    if (got <= 0) {
        return kUnknown;
    }
    text[got] = '\0';
    if (std::strncmp(text, "Name:\t", 6) != 0) {
        return kUnknown;
    }
    return number_after(text, "\nSeccomp:") + 16 * number_after(text, "\nSeccomp_filters:");
}

}  // namespace

void prepare_filter_watch() noexcept {
    const HostGuard guard;
    const int self = static_cast<int>(syscall(SYS_getpid));
    if (g_pid.load(std::memory_order_acquire) == self) {
        return;
    }
    const int inherited = g_descriptor.exchange(-1);
    if (inherited >= 0 && filters(inherited) != kUnknown) {
        close(inherited);  // the parent's status
    }
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    const int high = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, kLowestDescriptor);
    if (high >= 0) {
        close(fd);
        fd = high;
    }
    g_filtered.store(false, std::memory_order_relaxed);
    g_before.store(fd < 0 ? kUnknown : filters(fd), std::memory_order_relaxed);
    g_descriptor.store(fd, std::memory_order_relaxed);
    g_pid.store(self, std::memory_order_release);
}

bool calls_are_filtered() noexcept {
    if (g_filtered.load(std::memory_order_relaxed)) {
        return true;
    }
    const int fd = g_descriptor.load(std::memory_order_acquire);
    const int before = g_before.load(std::memory_order_relaxed);
    if (fd < 0 || before == kUnknown) {
        return false;
    }
    const ErrnoKeeper keeper;
    const int now = filters(fd);
    if (now == kUnknown || now == before) {
        return false;
    }
    g_filtered.store(true, std::memory_order_relaxed);
    return true;
}

}  // namespace ttmem
