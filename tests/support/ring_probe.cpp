// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Reads kernel-config rings out of tt-metal's own memory, for a test to hold the ledger against. Preloaded in front of
// the hooks, of which it uses nothing: it only notes which manager a launch took from, and looks at that manager's
// entries at the offsets of ttnn 0.81.1 (disassembly) when it is asked.
#include <dlfcn.h>

#include <atomic>
#include <cstdint>
#include <vector>

namespace ring_probe_types {

struct Entry {
    uint32_t address, bytes, sync;
};

// tt::tt_metal::WorkerConfigBufferMgr
struct Manager {
    std::vector<uint32_t> base_addresses;
    std::vector<uint32_t> end_addresses;
    std::vector<std::vector<Entry>> entries;  // by place, then by core type
    std::vector<uint32_t> next_taken;
    std::vector<uint32_t> next_freed;
    std::vector<Entry> reservation;
};
static_assert(sizeof(Manager) == 0x90);

}  // namespace ring_probe_types

using ring_probe_types::Manager;

namespace {

std::atomic<Manager*> g_manager{nullptr};
std::atomic<uint64_t> g_taken{0};

}  // namespace

#define EXPORTED(name) __asm__(name) __attribute__((visibility("default"), used))

void ring_alloc(Manager*, uint32_t) EXPORTED("_ZN2tt8tt_metal21WorkerConfigBufferMgr5allocEj");
void ring_alloc(Manager* manager, uint32_t sync) {
    static const auto next = reinterpret_cast<void (*)(Manager*, uint32_t)>(
        dlsym(RTLD_NEXT, "_ZN2tt8tt_metal21WorkerConfigBufferMgr5allocEj"));
    g_manager = manager;
    ++g_taken;
    next(manager, sync);
}

// The state of the last launch's manager for a core type: used bytes, entries, capacity, launches ever.
extern "C" __attribute__((visibility("default"))) int ring_probe(uint32_t core_type, uint64_t* out) {
    const Manager* manager = g_manager;
    if (manager == nullptr || core_type >= manager->base_addresses.size()) {
        return 0;
    }
    uint64_t bytes = 0;
    uint64_t count = 0;
    const auto places = static_cast<uint32_t>(manager->entries.size());
    for (uint32_t i = manager->next_freed[core_type]; i != manager->next_taken[core_type]; i = (i + 1) % places) {
        bytes += manager->entries[i][core_type].bytes;
        ++count;
    }
    out[0] = bytes;
    out[1] = count;
    out[2] = manager->end_addresses[core_type] - manager->base_addresses[core_type];
    out[3] = g_taken;
    return 1;
}
