// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/tracking.hpp"

#include <unistd.h>

#include <cstdio>
#include <mutex>

#include "client/tracker.hpp"
#include "tt_metal/fork_lock.hpp"

namespace ttmem::tt_metal {
namespace {

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

// "libtt_metal 0.81.1", or without the release where it cannot be told.
void name_library(const Library& library) noexcept {
    char name[64];
    char release[32];
    library.wheel_release(release);
    snprintf(name, sizeof name, "libtt_metal%s%s", release[0] != '\0' ? " " : "", release);
    client::set_library_name(name);
}

const BufferFamily* choose(const Symbols& found) noexcept {
    if (!client::tracking_requested() || found.library.needs("libtt_alloc_client")) {
        return &kNotTracking;
    }
    const char* lack = found.missing();
    const BufferFamily* family = lack == nullptr ? choose_buffer_family(found, lack) : nullptr;
    if (family == nullptr) {
        complain_of_lack(found, lack);
        return &kNotTracking;
    }
    name_library(found.library);
    client::set_tracking(true);
    return family;
}

// The last of ours to run in the process: says in the ledger that it ended by itself.
__attribute__((destructor)) void at_exit() {
    client::process_exits();
}

}  // namespace

std::atomic<const BufferFamily*> g_family{nullptr};
constexpr BufferFamily kNotTracking{"none", nullptr, nullptr, nullptr};

[[gnu::cold]] const BufferFamily* decide_tracking() noexcept {
    const ErrnoKeeper keeper;
    const std::lock_guard guard(g_lock);
    const BufferFamily* family = g_family.load(std::memory_order_relaxed);
    if (family == nullptr) {
        family = choose(symbols());
        g_family.store(family, std::memory_order_release);
    }
    return family;
}

void stop_tracking(const char* reason) noexcept {
    if (g_family.exchange(&kNotTracking, std::memory_order_relaxed) != &kNotTracking) {
        const ErrnoKeeper keeper;
        complain("", reason);
    }
}

}  // namespace ttmem::tt_metal
