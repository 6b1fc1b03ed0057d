// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/tracking.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "base/fork_lock.hpp"
#include "base/host_line.hpp"
#include "client/tracker.hpp"

namespace ttmem::tt_metal {
namespace {

ForkLock g_lock;

void complain(const char* path, const char* what) noexcept {
    char line[512];
    const int length = snprintf(line, sizeof line, "ttmem: %s%s%s; this process runs untracked\n", path,
                                *path != '\0' ? " " : "", what);
    if (length > 0) {
        write_host_line(line,
                        static_cast<size_t>(length) < sizeof line ? static_cast<size_t>(length) : sizeof line - 1);
    }
}

// "libtt_metal 0.81.1", or without the release where that is unknown.
void name_library(const Library& library) noexcept {
    char name[64];
    char release[32];
    library.wheel_release(release);
    snprintf(name, sizeof name, "libtt_metal%s%s", release[0] != '\0' ? " " : "", release);
    client::set_library_name(name);
}

// The last request of ttmem_hooks_enable or ttmem_hooks_disable made before the library was there. 0: none, the
// environment decides.
std::atomic<int> g_asked{0};
constexpr int kAskedOn = 1;
constexpr int kAskedOff = 2;

bool wanted() noexcept {
    const int asked = g_asked.load(std::memory_order_relaxed);
    return asked == kAskedOn || (asked == 0 && client::tracking_requested());
}

const BufferFamily* choose(const Symbols& found) noexcept {
    if (!wanted() || found.library.needs("libtt_alloc_client")) {
        return &kNotTracking;
    }
    char problem[384];
    const BufferFamily* family = find_family(found, problem);
    if (family == nullptr) {
        complain("", problem);
        return &kNotTracking;
    }
    begin_tracking(found, false);
    if (client::fork_page == nullptr) {
        complain("", "no memory for the tracker");
        return &kNotTracking;
    }
    return family;
}

// `ttmem run` asks for it: how many requests were refused.
void say_refusals() noexcept {
    const char* word = std::getenv("TT_ALLOC_SAY_REFUSALS");
    const uint64_t refusals = word != nullptr && std::strcmp(word, "1") == 0 ? client::refusals() : 0;
    if (refusals == 0) {
        return;
    }
    char line[160];
    const int length =
        snprintf(line, sizeof line, "ttmem: %llu %s for want of memory; ttmem why %d says why and what would help\n",
                 static_cast<unsigned long long>(refusals),
                 refusals == 1 ? "request was refused" : "requests were refused", getpid());
    write_host_line(line, static_cast<size_t>(length));
}

// The last function of the hooks to run in the process: records in the ledger that the process ended by itself.
__attribute__((destructor)) void at_exit() {
    say_refusals();
    client::process_exits();
}

}  // namespace

constexpr BufferFamily kNotTracking{"none", nullptr, nullptr, nullptr};

[[gnu::cold]] const BufferFamily* decide_tracking() noexcept {
    const ErrnoKeeper keeper;
    const std::lock_guard guard(g_lock);
    const BufferFamily* family = g_hot.family.load(std::memory_order_relaxed);
    if (family == nullptr) {
        family = choose(symbols());
        g_hot.family.store(family, std::memory_order_release);
    }
    return family;
}

const BufferFamily* find_family(const Symbols& symbols, char (&problem)[384]) noexcept {
    if (symbols.library.needs("libtt_alloc_client")) {
        snprintf(problem, sizeof problem, "%s reports by itself", symbols.library.path().c_str());
        return nullptr;
    }
    const char* lack = symbols.missing();
    const BufferFamily* family = lack == nullptr ? choose_buffer_family(symbols, lack) : nullptr;
    if (family == nullptr) {
        snprintf(problem, sizeof problem, "%s lacks %s", symbols.library.path().c_str(), lack);
    }
    return family;
}

void begin_tracking(const Symbols& symbols, bool late) noexcept {
    name_library(symbols.library);
    client::begin_tracking(late);
}

void ask_for_tracking(bool on) noexcept {
    g_asked.store(on ? kAskedOn : kAskedOff, std::memory_order_relaxed);
    const std::lock_guard guard(g_lock);
    // Nothing was decided by a call, or the other way before: decide at the first call, now with this answer.
    if (g_hot.family.load(std::memory_order_relaxed) == &kNotTracking && g_symbols.load() == nullptr) {
        g_hot.family.store(nullptr, std::memory_order_release);
    }
}

void stop_tracking(const char* reason) noexcept {
    if (g_hot.family.exchange(&kNotTracking, std::memory_order_relaxed) != &kNotTracking) {
        const ErrnoKeeper keeper;
        complain("", reason);
    }
}

}  // namespace ttmem::tt_metal
