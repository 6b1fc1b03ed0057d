// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A shard: what one thread at a time writes to. Journal, counters and ring of events lie in the ledger; its lock, the
// index from a buffer's id to its record and the free slots are the writer's own.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/biased_lock.hpp"
#include "ledger/format.hpp"
#include "ledger/write/allocator_lines.hpp"
#include "ledger/write/buffer_table.hpp"
#include "ledger/write/id_index.hpp"
#include "ledger/write/store.hpp"
#include "ledger/write/test_point.hpp"

namespace ttmem::ledger {

// Where a live buffer is. Packed as in the journal's word: written in parts it could not be read as a whole while it is
// on its way to the cache.
struct Located {
    uint64_t id;
    uint64_t place;  // journal_word of no operation; slot kNone: it is not listed (UnlistedBuffers)

    uint32_t slot() const noexcept { return static_cast<uint32_t>(place >> 32); }
    uint32_t allocator() const noexcept { return static_cast<uint16_t>(place >> 16); }
    uint32_t account() const noexcept { return static_cast<uint8_t>(place >> 8); }
};
static_assert(sizeof(Located) == 16);

// The bytes that a buffer takes on each of its devices.
struct Amounts {
    uint64_t bytes;
    uint64_t requested;
};

// The fields of an event after its head.
struct EventTail {
    uint64_t address = 0;
    uint64_t requested = 0;
    uint32_t context = 0;
    uint32_t tensor = 0;
    uint32_t page_bytes = 0;
    uint32_t form = 0;
};

// Its lock is taken before anything else in it.
struct alignas(64) Shard {
    BiasedLock lock;
    std::atomic<uint32_t> held{0};  // by a thread, as its own
    ShardHeader* header = nullptr;
    EventRecord* ring = nullptr;
    uint32_t ring_mask = 0;
    FreeSlots free_slots;
    CounterLine* counters[kAllocatorBlocks] = {};
    IdIndex<Located> index;

    CounterLine& counter(uint32_t allocator, uint32_t account) const noexcept {
        return line_of(counters, allocator, account);
    }

    // Journals that an event is in flight, with the counters' values from before. The caller stores kJournalIdle when it
    // is over.
    TTMEM_HOT void begin_event(uint32_t op, const Located& where, uint32_t state_before, Amounts amounts,
                               uint64_t count, uint64_t bytes, uint64_t requested) noexcept;

    // Writes an event into the ring. True at the end of the ring: time for the work that is done now and then.
    bool add_event(EventType type, uint64_t ticks, uint64_t id, uint64_t bytes, uint32_t thread, uint32_t allocator,
                   uint32_t account, const EventTail& tail) noexcept;
};

// Holds a shard's lock. `own`: it is the calling thread's (ThreadSlot::owns).
class ShardGuard {
public:
    TTMEM_HOT ShardGuard(BiasedLock& lock, bool own) noexcept : lock_(lock), own_(own) {
        if (own_) [[likely]] {
            biased_ = lock_.lock_by_owner();
        } else {
            lock_.lock();
        }
    }
    TTMEM_HOT ~ShardGuard() {
        if (own_) [[likely]] {
            lock_.unlock_by_owner(biased_);
        } else {
            lock_.unlock();
        }
    }
    ShardGuard(const ShardGuard&) = delete;
    ShardGuard& operator=(const ShardGuard&) = delete;

private:
    BiasedLock& lock_;
    const bool own_;
    bool biased_ = false;
};

TTMEM_HOT void Shard::begin_event(uint32_t op, const Located& where, uint32_t state_before, Amounts amounts,
                                  uint64_t count, uint64_t bytes, uint64_t requested) noexcept {
    Journal& journal = header->journal;
    put(journal.state_before, state_before);
    put(journal.unlisted_committed, 0u);
    put(journal.id, where.id);
    put(journal.bytes, amounts.bytes);
    put(journal.requested, amounts.requested);
    put(journal.count_before, count);
    put(journal.bytes_before, bytes);
    put(journal.requested_before, requested);
    TTMEM_TEST_POINT("journal filled");
    put(journal.word, where.place | op);
    TTMEM_TEST_POINT("journal active");
}

inline bool Shard::add_event(EventType type, uint64_t ticks, uint64_t id, uint64_t bytes, uint32_t thread,
                             uint32_t allocator, uint32_t account, const EventTail& tail) noexcept {
    const uint64_t position = get(header->ring_position);
    EventRecord& event = ring[position & ring_mask];
    event.ticks = ticks;
    event.id = id;
    event.bytes = bytes;
    event.thread = thread;
    event.allocator = static_cast<uint16_t>(allocator);
    event.type = type;
    event.account = static_cast<uint8_t>(account);
    event.address = tail.address;
    event.requested_bytes = tail.requested;
    event.context = tail.context;
    event.tensor = tail.tensor;
    event.page_bytes = tail.page_bytes;
    event.form = tail.form;
    TTMEM_TEST_POINT("event stored");
    put(header->ring_position, position + 1);
    TTMEM_TEST_POINT("event published");
    __builtin_prefetch(&ring[(position + 3) & ring_mask], 1);
    return ((position + 1) & ring_mask) == 0;
}

}  // namespace ttmem::ledger
