// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The hot path: a buffer comes, a buffer goes. Inline, so that a report is one function from the client's entry to the
// last store. Order of stores is the format's contract (format.hpp); each is a release, which on x86-64 is a plain
// store, so that a live reader on any processor sees them in this order as well.
#pragma once

#include "base/clock.hpp"
#include "ledger/write/test_point.hpp"
#include "ledger/write/writer.hpp"

#define TTMEM_HOT inline __attribute__((always_inline))

namespace ttmem::ledger {

template <typename Word, typename Value>
inline void put(Word& word, Value value) noexcept {
    word.store(value, std::memory_order_release);
}

template <typename Word>
inline auto get(const Word& word) noexcept {
    return word.load(std::memory_order_relaxed);
}

// Holds a shard's lock. `own`: it is the calling thread's (Writer::owns).
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

// Holds all shards at once, for work during which no event may be in flight.
class Writer::AllShards {
public:
    AllShards(Shard* shards, const ThreadSlot& slot) noexcept
        : shards_(shards), own_(slot.shared ? kNone : slot.shard) {
        for (uint32_t i = 0; i < kMaxShards; ++i) {
            if (i == own_) {
                biased_ = shards_[i].lock.lock_by_owner();
            } else {
                shards_[i].lock.lock();
            }
        }
    }
    ~AllShards() {
        for (uint32_t i = kMaxShards; i-- > 0;) {
            if (i == own_) {
                shards_[i].lock.unlock_by_owner(biased_);
            } else {
                shards_[i].lock.unlock();
            }
        }
    }
    AllShards(const AllShards&) = delete;
    AllShards& operator=(const AllShards&) = delete;

private:
    Shard* shards_;
    const uint32_t own_;
    bool biased_ = false;
};

inline uint64_t Writer::now() const noexcept {
    return clock_ticks(use_tsc_);
}

// --- Slots -----------------------------------------------------------------------------------------------------------

inline uint32_t Writer::take_slot(Shard& shard) noexcept {
    if (shard.free_count > 0) [[likely]] {
        return shard.free_slots[--shard.free_count];
    }
    return fetch_slots(shard);
}

inline void Writer::give_slot(Shard& shard, uint32_t slot) noexcept {
    if (shard.free_count == kMostFreeSlots) [[unlikely]] {
        return_slots(shard);
    }
    shard.free_slots[shard.free_count++] = slot;
}

// --- Events ----------------------------------------------------------------------------------------------------------

// True at the end of the ring: time for the work that is done now and then.
inline bool Writer::add_event(Shard& shard, EventType type, uint64_t ticks, uint64_t id, uint64_t bytes,
                              uint32_t thread, uint32_t allocator, uint32_t account, const EventTail& tail) noexcept {
    const uint64_t position = get(shard.header->ring_position);
    EventRecord& event = shard.ring[position & shard.ring_mask];
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
    put(shard.header->ring_position, position + 1);
    TTMEM_TEST_POINT("event published");
    __builtin_prefetch(&shard.ring[(position + 3) & shard.ring_mask], 1);
    return ((position + 1) & shard.ring_mask) == 0;
}

TTMEM_HOT void Writer::begin_event(Shard& shard, uint32_t op, const Located& where, uint32_t state_before,
                                   Amounts amounts, uint64_t count, uint64_t bytes, uint64_t requested) noexcept {
    Journal& journal = shard.header->journal;
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

// --- The peak --------------------------------------------------------------------------------------------------------
//
// An exact maximum of a sum to which several threads add wants one counter; one counter is a cache line that every
// event of every thread pulls over. So a shard that frees keeps the bytes as slack, and allocates from its slack first.
// claimed_bytes = held + slack of all shards >= held. While it is not above the (recent) peak, what is held is not
// either, and its exact value is not needed. Only an allocation that would claim more than the peak settles: under
// all shards' locks the slack is taken back, and from then on every event counts, exactly, until the peak has been
// quiet for a while.

inline constexpr uint32_t kQuietAtFirst = 64;

// kHeld: done. kCounted: count() is due after the commit. kRefused: settle() first; nothing was claimed.
TTMEM_HOT Writer::Claim Writer::claim(TotalLine& line, CounterLine& counters, uint64_t bytes) noexcept {
    const uint64_t slack = get(counters.slack);
    if (slack >= bytes) [[likely]] {
        put(counters.slack, slack - bytes);
        TTMEM_TEST_POINT("slack taken");
        return Claim::kHeld;
    }
    if (get(line.holds_slack) == 0) {
        return Claim::kCounted;
    }
    const uint64_t lacking = bytes - slack;
    const uint64_t claimed = line.claimed_bytes.fetch_add(lacking, std::memory_order_relaxed) + lacking;
    TTMEM_TEST_POINT("bytes claimed");
    if (claimed > get(line.recent_peak_bytes)) {
        line.claimed_bytes.fetch_sub(lacking, std::memory_order_relaxed);
        return Claim::kRefused;
    }
    put(counters.slack, uint64_t{0});
    TTMEM_TEST_POINT("slack used up");
    return Claim::kHeld;
}

inline void raise_to(Word64& word, uint64_t value) noexcept {
    uint64_t seen = get(word);
    while (value > seen && !word.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
    }
}

// Adds to the exact total and raises the peak. kQuiet: it has been quiet long enough for slack.
inline Writer::Count Writer::count(TotalLine& line, uint64_t bytes) noexcept {
    const uint64_t now_held = line.claimed_bytes.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    TTMEM_TEST_POINT("total raised");
    if (now_held > get(line.recent_peak_bytes)) {
        raise_to(line.peak_bytes, now_held);  // first: the recent one is never above it
        TTMEM_TEST_POINT("peak raised");
        raise_to(line.recent_peak_bytes, now_held);
        TTMEM_TEST_POINT("recent peak raised");
        put(line.quiet, 0u);
        return Count::kRose;
    }
    const uint32_t quiet = get(line.quiet) + 1;  // threads may lose a count to each other
    put(line.quiet, quiet);
    return quiet > kQuietAtFirst << get(line.settled) ? Count::kQuiet : Count::kBelow;
}

// How far a buffer reaches towards the other end of its bank: one number for both directions, so that the hot path
// compares once. Kernels' binaries grow downward in DRAM, where everything else grows upward: always compared.
inline uint64_t Writer::reach_of(const NewBuffer& buffer) noexcept {
    if (buffer.account != kAccountDram) {
        return ~buffer.address;
    }
    return (buffer.flags & kBufferKernelBinaries) != 0 ? kUnknown64 : buffer.address + buffer.bytes_per_bank;
}

// --- Allocate --------------------------------------------------------------------------------------------------------

TTMEM_HOT Writer::Claim Writer::try_allocate(ThreadSlot& slot, const NewBuffer& buffer, uint64_t ticks) noexcept {
    const Amounts amounts{buffer.bytes_per_bank * buffer.banks, buffer.requested_bytes};
    Shard& shard = shards_[slot.shard];
    TotalLine& line = total(buffer.allocator, buffer.account);
    Count counted = Count::kBelow;
    bool is_extreme = false;
    bool ring_ends = false;
    {
        const ShardGuard guard(shard.lock, !slot.shared);
        if (!shard.index.reserve_one()) [[unlikely]] {
            count_lost(kLostNoMemory);
            return Claim::kHeld;
        }
        Located* const place = shard.index.probe(buffer.id);
        if (place->id == buffer.id) [[unlikely]] {
            count_lost(kLostDuplicate);
            return Claim::kHeld;
        }
        CounterLine& counters = counter(shard, buffer.allocator, buffer.account);
        const Claim claimed = claim(line, counters, amounts.bytes);
        if (claimed == Claim::kRefused) [[unlikely]] {
            return claimed;
        }
        const Located where{buffer.id, journal_word(0, buffer.account, buffer.allocator, take_slot(shard))};
        if (where.slot() == kNone) [[unlikely]] {
            if (!add_unlisted(buffer.id, amounts)) {
                if (claimed == Claim::kHeld) {
                    put(counters.slack, get(counters.slack) + amounts.bytes);
                }
                return Claim::kHeld;
            }
        }
        shard.index.insert_at(place, where);

        const uint64_t count_before = get(counters.allocations);
        const uint64_t bytes_before = get(counters.allocated_bytes);
        const uint64_t requested_before = get(counters.allocated_requested);
        if (where.slot() != kNone) [[likely]] {
            BufferRecord& target = record(where.slot());
            BufferExtra& beside = extra(where.slot());
            const uint32_t generation = get(target.state) & ~uint32_t{kStateMask};
            begin_event(shard, kJournalAllocate, where, generation | kFree, amounts, count_before, bytes_before,
                        requested_before);
            put(target.state, generation | kWriting);
            TTMEM_TEST_POINT("record writing");
            std::atomic_thread_fence(std::memory_order_release);
            target.account = buffer.account;
            target.type = buffer.type;
            target.layout = buffer.layout;
            target.flags = buffer.flags;
            target.id = buffer.id;
            target.address = buffer.address;
            target.requested_bytes = buffer.requested_bytes;
            TTMEM_TEST_POINT("record half written");
            target.bytes_per_bank = buffer.bytes_per_bank;
            target.ticks = ticks;
            target.page_bytes = buffer.page_bytes;
            target.thread = slot.thread;
            target.allocator = buffer.allocator;
            target.banks = buffer.banks;
            target.device = buffer.device;
            target.context = slot.scope;
            beside.context = slot.context();
            beside.tensor.store(slot.tensor, std::memory_order_relaxed);
            beside.core_set = buffer.core_set;
            beside.placement = buffer.placement;
            beside.placements = buffer.placements;
            beside.used_banks = buffer.used_banks;
            beside.label.store(0, std::memory_order_relaxed);
            TTMEM_TEST_POINT("record written");
            put(target.state, generation | kLive);
            TTMEM_TEST_POINT("record live");
        } else {
            begin_event(shard, kJournalAllocate, where, 0, amounts, count_before, bytes_before, requested_before);
            put(shard.header->journal.unlisted_committed, 1u);
            TTMEM_TEST_POINT("unlisted committed");
        }
        put(counters.allocations, count_before + 1);
        TTMEM_TEST_POINT("count raised");
        put(counters.allocated_bytes, bytes_before + amounts.bytes);
        TTMEM_TEST_POINT("bytes raised");
        put(counters.allocated_requested, requested_before + amounts.requested);
        TTMEM_TEST_POINT("requested raised");
        if (claimed == Claim::kCounted) {
            counted = count(line, amounts.bytes);
        }
        is_extreme = reach_of(buffer) > get(line.reach) || buffer.bytes_per_bank > get(line.largest_bytes_per_bank);
        ring_ends = add_event(shard, kEventAllocate, ticks, buffer.id, amounts.bytes, slot.thread, buffer.allocator,
                              buffer.account,
                              {buffer.address, amounts.requested, slot.context(), slot.tensor, buffer.page_bytes,
                               event_form(buffer.banks, buffer.device, buffer.type, buffer.layout, buffer.flags)});
        shard.index.prefetch(buffer.id + shard.index.kNeighbours);  // ids are often a counter's: the next place
        put(shard.header->journal.word, uint64_t{kJournalIdle});
        TTMEM_TEST_POINT("journal idle");
    }
    if (is_extreme || ring_ends || counted != Count::kBelow) [[unlikely]] {
        after_allocation(slot, buffer, ticks, counted, ring_ends);
    }
    return Claim::kHeld;
}

TTMEM_HOT void Writer::allocate_inline(ThreadSlot& slot, const NewBuffer& buffer) noexcept {
    if (!slot.shared) {
        shards_[slot.shard].index.prefetch(buffer.id);
    }
    const uint64_t ticks = now();
    while (try_allocate(slot, buffer, ticks) == Claim::kRefused)
        [[unlikely]] {
            settle(slot, buffer.allocator, buffer.account);
        }
}

// --- Free ------------------------------------------------------------------------------------------------------------

// The bytes that the buffer took; an unlisted one leaves its table.
inline Writer::Amounts Writer::amounts_of(const Located& where) noexcept {
    if (where.slot() != kNone) [[likely]] {
        const BufferRecord& source = record(where.slot());
        return {source.bytes_per_bank * source.banks, source.requested_bytes};
    }
    return take_unlisted(where.id);
}

// Takes the buffer out of the shard's index. Its lock is held. kPictureFirst: it is still there, and where it is was
// filled in; freeze_peak() is due without the lock.
TTMEM_HOT Writer::Taken Writer::take_located(Shard& shard, uint64_t id, Located& where, Amounts& amounts) noexcept {
    Located* found = shard.index.find(id);
    if (found == nullptr) {
        return Taken::kNotHere;
    }
    where = *found;
    if (where.slot() != kNone) [[likely]] {
        __builtin_prefetch(&record(where.slot()), 1);
    }
    if (get(total(where.allocator(), where.account()).picture_due) != 0) [[unlikely]] {
        return Taken::kPictureFirst;
    }
    shard.index.erase(found);
    amounts = amounts_of(where);
    return Taken::kTaken;
}

TTMEM_HOT void Writer::free_located(Shard& shard, const ThreadSlot& slot, const Located& where, Amounts amounts,
                                    uint64_t ticks) noexcept {
    CounterLine& counters = counter(shard, where.allocator(), where.account());
    const uint64_t count = get(counters.frees);
    const uint64_t bytes = get(counters.freed_bytes);
    const uint64_t requested = get(counters.freed_requested);
    uint64_t address = 0;
    if (where.slot() != kNone) [[likely]] {
        BufferRecord& target = record(where.slot());
        address = target.address;
        const uint32_t before = get(target.state);
        begin_event(shard, kJournalFree, where, before, amounts, count, bytes, requested);
        put(target.state, ((before & ~uint32_t{kStateMask}) + (kStateMask + 1)) | kFree);
        TTMEM_TEST_POINT("record free");
    } else {
        begin_event(shard, kJournalFree, where, 0, amounts, count, bytes, requested);
        put(shard.header->journal.unlisted_committed, 1u);
        TTMEM_TEST_POINT("unlisted free committed");
    }
    put(counters.frees, count + 1);
    TTMEM_TEST_POINT("frees raised");
    put(counters.freed_bytes, bytes + amounts.bytes);
    TTMEM_TEST_POINT("freed bytes raised");
    put(counters.freed_requested, requested + amounts.requested);
    TTMEM_TEST_POINT("freed requested raised");
    TotalLine& line = total(where.allocator(), where.account());
    if (get(line.holds_slack) != 0) {
        put(counters.slack, get(counters.slack) + amounts.bytes);
        TTMEM_TEST_POINT("slack kept");
    } else {
        line.claimed_bytes.fetch_sub(amounts.bytes, std::memory_order_relaxed);
        TTMEM_TEST_POINT("total lowered");
    }
    add_event(shard, kEventFree, ticks, where.id, amounts.bytes, slot.thread, where.allocator(), where.account(),
              {address, amounts.requested, slot.scope, 0, 0, 0});
    if (where.slot() != kNone) [[likely]] {
        if ((record(where.slot()).flags & kBufferPerCore) != 0) [[unlikely]] {
            give_addresses_back(where.slot());
        }
        give_slot(shard, where.slot());
    }
    put(shard.header->journal.word, uint64_t{kJournalIdle});
    TTMEM_TEST_POINT("free journal idle");
}

TTMEM_HOT void Writer::free_inline(ThreadSlot& slot, uint64_t id) noexcept {
    if (!slot.shared) {
        shards_[slot.shard].index.prefetch(id);
    }
    uint64_t ticks = now();
    Located where{};
    Amounts amounts{};
    Shard& own = shards_[slot.shard];
    for (;;) {
        Taken taken{};
        {
            const ShardGuard guard(own.lock, !slot.shared);
            taken = take_located(own, id, where, amounts);
            if (taken == Taken::kTaken) [[likely]] {
                free_located(own, slot, where, amounts, ticks);
                return;
            }
        }
        if (taken == Taken::kNotHere) {
            break;
        }
        freeze_peak(slot, where.allocator(), where.account());
        ticks = now();
    }
    free_elsewhere(slot, id, ticks);
}

}  // namespace ttmem::ledger
