// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// All shards of the ledger, and which thread writes to which.
#pragma once

#include <atomic>
#include <cstdint>

#include "ledger/write/sections.hpp"
#include "ledger/write/shard.hpp"
#include "ledger/write/thread_slot.hpp"

namespace ttmem::ledger {

inline constexpr uint32_t kMaxShards = 16;

struct EventsSoFar {
    uint64_t events = 0;  // ever written
    bool quiet = true;    // none is under way
};

// All functions are safe from any thread unless said otherwise.
class Shards {
public:
    static constexpr uint64_t kBlockBytes = whole_pages(kLinesPerBlock * sizeof(CounterLine));

    explicit Shards(Sections& sections) noexcept : sections_(sections) {}
    Shards(const Shards&) = delete;
    Shards& operator=(const Shards&) = delete;

    // The bytes of shard `number` but for its counters. Stands still while a ledger is made.
    static uint64_t bytes_of(uint32_t number) noexcept;
    // Gives long rings up (set_ring_events). False: they are as usual already.
    static bool shorten_rings() noexcept;

    // Finds out what the kernel can do for the locks. Once, before the first add().
    void begin() noexcept { biased_locks_ = BiasedLock::prepare(); }

    // The lock of the sections is held, by these three. add(): one shard more, false when there is no room.
    bool add() noexcept;
    // A block of counters in each shard, for which there is room: kBlockBytes and a section each.
    void add_counters(uint32_t block) noexcept;
    // Sets an allocator's counters to 0. No other thread may count there.
    void clear_counters(uint32_t allocator, uint32_t account) noexcept;

    // Gives the thread a shard of its own while there are some, then shared ones. release_thread: as the thread ends.
    void attach_thread(ThreadSlot& slot) noexcept;
    void release_thread(ThreadSlot& slot) noexcept;

    uint32_t count() const noexcept { return count_.load(std::memory_order_acquire); }
    // Also one that is not added yet, which has a lock and nothing else.
    Shard& operator[](uint32_t number) noexcept { return shards_[number]; }
    const Shard& operator[](uint32_t number) const noexcept { return shards_[number]; }
    uint32_t number_of(const Shard& shard) const noexcept { return static_cast<uint32_t>(&shard - shards_); }

    // Writes an event of the thread, of a kind that is not hot.
    void add_event(const ThreadSlot& slot, EventType type, uint64_t ticks, uint64_t id, uint64_t bytes,
                   uint32_t allocator, uint32_t account, const EventTail& tail) noexcept;
    EventsSoFar events_so_far() const noexcept;

private:
    Sections& sections_;
    bool biased_locks_ = false;
    uint32_t counter_blocks_ = 0;
    std::atomic<uint32_t> count_{0};
    Shard shards_[kMaxShards];
};

// Holds all shards at once, for work during which no event may be in flight.
class AllShards {
public:
    AllShards(Shards& shards, const ThreadSlot& slot) noexcept;
    ~AllShards();
    AllShards(const AllShards&) = delete;
    AllShards& operator=(const AllShards&) = delete;

private:
    Shards& shards_;
    const uint32_t own_;
    bool biased_ = false;
};

}  // namespace ttmem::ledger
