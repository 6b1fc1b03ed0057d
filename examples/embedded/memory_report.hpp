// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The seam: what a runtime library needs inside to have its buffers seen, without linking against anything.
// docs/upstreaming.md says where it would stand in tt-metal. Without STAND_IN_MEMORY_REPORT every function is empty.
//
// Off:      the usual case; a report is one relaxed load and a branch that is predicted.
// On:       TT_ALLOC_TRACKING_ENABLED=1 at connect(), and libtt_alloc_client.so.0 is found; else nothing happens.
// Threads:  connect() before the first report; reports from any thread.
// Errors:   none; a library that is missing or too old leaves reporting off.
// Units:    bytes; `per_bank` of one bank, `requested` of the whole buffer.
#pragma once

#include <atomic>
#include <cstdint>

namespace stand_in::memory_report {

// The banks that an allocator hands out, all alike.
struct Banks {
    uint32_t count;
    uint64_t bytes;
    uint64_t alignment;
};

// A buffer that an allocator placed, or was asked to place.
struct Placed {
    uint64_t id;
    uint64_t address;
    uint64_t requested;
    uint64_t per_bank;
};

#ifdef STAND_IN_MEMORY_REPORT
extern std::atomic<bool> is_on;

void connect();
uint32_t open_(const Banks& banks);
void close_(uint32_t allocator);
void allocated_(uint32_t allocator, uint32_t banks, const Placed& buffer);
void refused_(uint32_t allocator, uint32_t banks, const Placed& wanted, uint64_t largest_free_per_bank);
void freed_(uint64_t id);

inline bool wanted() {
    return __builtin_expect(is_on.load(std::memory_order_relaxed), false);
}
inline uint32_t open(const Banks& banks) {
    return wanted() ? open_(banks) : 0;
}
inline void close(uint32_t allocator) {
    if (wanted()) {
        close_(allocator);
    }
}
inline void allocated(uint32_t allocator, uint32_t banks, const Placed& buffer) {
    if (wanted()) {
        allocated_(allocator, banks, buffer);
    }
}
inline void refused(uint32_t allocator, uint32_t banks, const Placed& buffer, uint64_t largest_free_per_bank) {
    if (wanted()) {
        refused_(allocator, banks, buffer, largest_free_per_bank);
    }
}
inline void freed(uint64_t id) {
    if (wanted()) {
        freed_(id);
    }
}
#else
inline void connect() {}
inline uint32_t open(const Banks&) {
    return 0;
}
inline void close(uint32_t) {}
inline void allocated(uint32_t, uint32_t, const Placed&) {}
inline void refused(uint32_t, uint32_t, const Placed&, uint64_t) {}
inline void freed(uint64_t) {}
#endif

}  // namespace stand_in::memory_report
