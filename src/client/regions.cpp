// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The names of the regions that the threads of this process are in.
#include <cstring>
#include <mutex>

#include "base/host_guard.hpp"
#include "client/tracker.hpp"

namespace ttmem::client {
namespace {

// Append-only and never freed, so that a forked child, which writes them to its own ledger, has them whole whenever the
// fork came. Untouched pages of the table cost nothing.
constexpr uint32_t kMostRegions = 0xffff;
std::atomic<const char*> g_names[kMostRegions + 1];
std::atomic<uint32_t> g_count{0};

// Where a name's number is found without comparing all of them: open addressing by hash, twice as many places as
// names. Guarded by ForkPage::region_lock; a child that was forked in the middle of an insertion misses that name at
// most.
constexpr uint32_t kPlaces = 2 * (kMostRegions + 1);
uint16_t g_places[kPlaces];  // 0: free

uint32_t first_place(const char* name) noexcept {
    uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a
    for (; *name != '\0'; ++name) {
        hash = (hash ^ static_cast<unsigned char>(*name)) * 0x100000001b3u;
    }
    return static_cast<uint32_t>(hash >> 40) % kPlaces;
}

}  // namespace

void name_regions(ledger::Writer& writer) noexcept {
    const uint32_t count = g_count.load(std::memory_order_acquire);
    for (uint32_t region = 1; region <= count; ++region) {
        writer.sidecar().name_context(static_cast<uint16_t>(region), g_names[region].load(std::memory_order_relaxed));
    }
}

uint32_t name_region(const char* name) noexcept {
    if (fork_page == nullptr || name == nullptr || *name == '\0') {
        return 0;
    }
    const HostGuard host_guard;
    const std::lock_guard<SpinLock> guard(fork_page->region_lock);
    const uint32_t count = g_count.load(std::memory_order_relaxed);
    uint32_t place = first_place(name);
    for (; g_places[place] != 0; place = (place + 1) % kPlaces) {
        if (std::strcmp(g_names[g_places[place]].load(std::memory_order_relaxed), name) == 0) {
            return g_places[place];
        }
    }
    const char* copy = count < kMostRegions ? strdup(name) : nullptr;
    if (copy == nullptr) {
        return 0;
    }
    g_names[count + 1].store(copy, std::memory_order_relaxed);
    g_count.store(count + 1, std::memory_order_release);
    g_places[place] = static_cast<uint16_t>(count + 1);
    if (ledger::Writer* writer = own_writer(); writer != nullptr) {
        writer->sidecar().name_context(static_cast<uint16_t>(count + 1), copy);
    }
    return count + 1;
}

const char* region_name(uint32_t region) noexcept {
    const bool is_given = region != 0 && region <= g_count.load(std::memory_order_acquire);
    return is_given ? g_names[region].load(std::memory_order_relaxed) : "";
}

uint32_t set_region(uint32_t region) noexcept {
    ThreadState& state = thread_state;
    const uint32_t before = state.region;
    if (region <= g_count.load(std::memory_order_acquire)) {
        state.region = static_cast<uint16_t>(region);
        state.slot.scope = state.region;
    }
    return before;
}

}  // namespace ttmem::client
