// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/tracking.hpp"

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <mutex>

#include "client/tracker.hpp"
#include "tt_metal/fork_lock.hpp"

namespace ttmem::tt_metal {
namespace {

std::atomic<const BufferFamily*> g_family{nullptr};
std::atomic<bool> g_decided{false};
ForkLock g_lock;

// One write, so that the line stays whole among others'.
void complain(const char* path, const char* what) noexcept {
    char line[512];
    const int length = snprintf(line, sizeof line, "ttmem: %s%s%s; this process runs untracked\n", path,
                                *path != '\0' ? " " : "", what);
    if (length > 0) {
        const size_t bytes = static_cast<size_t>(length) < sizeof line ? static_cast<size_t>(length) : sizeof line - 1;
        [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, line, bytes);
    }
}

void complain_of_lack(const Symbols& found, const char* name) noexcept {
    char what[384];
    snprintf(what, sizeof what, "lacks %s", name);
    complain(found.library.path().c_str(), what);
}

[[gnu::noinline, gnu::cold]] void decide() noexcept {
    const ErrnoKeeper keeper;
    const std::lock_guard guard(g_lock);
    if (g_decided.load(std::memory_order_relaxed)) {
        return;
    }
    const Symbols& found = symbols();
    const char* lack = nullptr;
    if (client::tracking_requested() && !found.library.needs("libtt_alloc_client")) {
        lack = found.missing();
        const BufferFamily* family = lack == nullptr ? choose_buffer_family(found, lack) : nullptr;
        if (family != nullptr) {
            client::set_library_name("libtt_metal");
            client::set_tracking(true);
            g_family.store(family, std::memory_order_relaxed);
        } else {
            complain_of_lack(found, lack);
        }
    }
    g_decided.store(true, std::memory_order_release);
}

// The last of ours to run in the process: says in the ledger that it ended by itself.
__attribute__((destructor)) void at_exit() {
    client::process_exits();
}

}  // namespace

const BufferFamily* tracking() noexcept {
    if (__builtin_expect(!g_decided.load(std::memory_order_acquire), 0)) {
        decide();
    }
    return tt_alloc_tracking_on != 0 ? g_family.load(std::memory_order_relaxed) : nullptr;
}

void stop_tracking(const char* reason) noexcept {
    if (g_family.exchange(nullptr, std::memory_order_relaxed) != nullptr) {
        const ErrnoKeeper keeper;
        complain("", reason);
    }
}

}  // namespace ttmem::tt_metal
