// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/shards.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <mutex>
#include <utility>

#include "ledger/write/private_memory.hpp"
#include "ledger/write/ring_size.hpp"

namespace ttmem::ledger {

namespace {

constexpr uint32_t kFirstRing = 8192;  // 512 KiB: the main thread's
constexpr uint32_t kOtherRing = 2048;
constexpr uint32_t kMostRing = 1u << 18;

// set_ring_events(); 0: as usual. Not changed between the making of the file and the first add().
uint32_t wanted_ring = 0;

uint32_t ring_events(uint32_t shard) noexcept {
    return std::max(shard == 0 ? kFirstRing : kOtherRing, wanted_ring);
}

}  // namespace

void set_ring_events(uint32_t events) noexcept {
    wanted_ring = events == 0 ? 0 : std::bit_floor(std::min(events, kMostRing));
}

uint64_t Shards::bytes_of(uint32_t number) noexcept {
    return whole_pages(sizeof(ShardHeader)) + whole_pages(ring_events(number) * sizeof(EventRecord));
}

bool Shards::shorten_rings() noexcept {
    return std::exchange(wanted_ring, 0) != 0;
}

bool Shards::add() noexcept {
    const uint32_t number = count_.load(std::memory_order_relaxed);
    if (number == kMaxShards) {
        return false;
    }
    Shard& shard = shards_[number];
    if (shard.free_slots.slots == nullptr) {
        shard.free_slots.slots = reserve_private<uint32_t>(FreeSlots::kRoom);
    }
    if (shard.free_slots.slots == nullptr) {
        return false;
    }
    if (!sections_.ensure_room(bytes_of(number) + counter_blocks_ * kBlockBytes, 2 + counter_blocks_)) {
        return false;
    }
    const uint32_t events = ring_events(number);
    shard.header = sections_.add<ShardHeader>(kSectionShard, number, 0, 1);
    shard.ring = sections_.add<EventRecord>(kSectionRing, number, 0, events);
    for (uint32_t block = 0; block < counter_blocks_; ++block) {
        shard.counters[block] =
            sections_.add<CounterLine>(kSectionCounters, number, block * kLinesPerBlock, kLinesPerBlock);
    }
    shard.ring_mask = events - 1;
    put(count_, number + 1);
    return true;
}

void Shards::add_counters(uint32_t block) noexcept {
    for (uint32_t i = 0; i < count(); ++i) {
        shards_[i].counters[block] =
            sections_.add<CounterLine>(kSectionCounters, i, block * kLinesPerBlock, kLinesPerBlock);
    }
    counter_blocks_ = block + 1;
}

void Shards::clear_counters(uint32_t allocator, uint32_t account) noexcept {
    for (uint32_t i = 0; i < count(); ++i) {
        std::memset(static_cast<void*>(&shards_[i].counter(allocator, account)), 0, sizeof(CounterLine));
    }
}

void Shards::attach_thread(ThreadSlot& slot) noexcept {
    slot.thread = static_cast<uint32_t>(syscall(SYS_gettid));
    const uint32_t existing = count();
    for (uint32_t i = 0; i < existing; ++i) {
        uint32_t free = 0;
        if (shards_[i].held.compare_exchange_strong(free, 1, std::memory_order_acquire)) {
            slot.shard = i;
            if (biased_locks_) {
                shards_[i].lock.become_owner();
            }
            return;
        }
    }
    const std::lock_guard<SpinLock> guard(sections_.lock());
    if (add()) {
        slot.shard = count_.load(std::memory_order_relaxed) - 1;
        shards_[slot.shard].held.store(1, std::memory_order_relaxed);
        if (biased_locks_) {
            shards_[slot.shard].lock.become_owner();
        }
        return;
    }
    // As many threads as shards at once: share one, its lock keeps them apart.
    slot.shard = slot.thread % count_.load(std::memory_order_relaxed);
    slot.shared = true;
}

void Shards::release_thread(ThreadSlot& slot) noexcept {
    if (slot.shard != kNone && !slot.shared) {
        shards_[slot.shard].lock.give_up();
        shards_[slot.shard].held.store(0, std::memory_order_release);
    }
    slot = ThreadSlot{};
}

void Shards::add_event(const ThreadSlot& slot, EventType type, uint64_t ticks, uint64_t id, uint64_t bytes,
                       uint32_t allocator, uint32_t account, const EventTail& tail) noexcept {
    Shard& shard = shards_[slot.shard];
    const ShardGuard guard(shard.lock, !slot.shared);
    shard.add_event(type, ticks, id, bytes, slot.thread, allocator, account, tail);
}

EventsSoFar Shards::events_so_far() const noexcept {
    EventsSoFar so_far;
    for (uint32_t i = 0; i < count(); ++i) {
        const ShardHeader& shard = *shards_[i].header;
        so_far.quiet = so_far.quiet && shard.journal.word.load(std::memory_order_acquire) == kJournalIdle;
        so_far.events += shard.ring_position.load(std::memory_order_acquire);
    }
    return so_far;
}

AllShards::AllShards(Shards& shards, const ThreadSlot& slot) noexcept
    : shards_(shards), own_(slot.shared ? kNone : slot.shard) {
    for (uint32_t i = 0; i < kMaxShards; ++i) {
        if (i == own_) {
            biased_ = shards_[i].lock.lock_by_owner();
        } else {
            shards_[i].lock.lock();
        }
    }
}

AllShards::~AllShards() {
    for (uint32_t i = kMaxShards; i-- > 0;) {
        if (i == own_) {
            shards_[i].lock.unlock_by_owner(biased_);
        } else {
            shards_[i].lock.unlock();
        }
    }
}

}  // namespace ttmem::ledger
