// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The hot path: a buffer comes, a buffer goes. Inline, so that a report is one function from the client's entry to the
// last store. Order of stores is the format's contract (format.hpp); each is a release, which on x86-64 is a plain
// store, so that a live reader on any processor sees them in this order as well.
#pragma once

#include "ledger/write/buffer_writer.hpp"
#include "ledger/write/store.hpp"
#include "ledger/write/test_point.hpp"

namespace ttmem::ledger {

// --- Slots -----------------------------------------------------------------------------------------------------------

inline uint32_t BufferWriter::take_slot(Shard& shard) noexcept {
    if (shard.free_slots.count > 0) [[likely]] {
        return shard.free_slots.slots[--shard.free_slots.count];
    }
    return fetch_slots(shard);
}

inline void BufferWriter::give_slot(Shard& shard, uint32_t slot) noexcept {
    if (shard.free_slots.count == kMostFreeSlots) [[unlikely]] {
        return_slots(shard);
    }
    shard.free_slots.slots[shard.free_slots.count++] = slot;
}

// --- Allocate --------------------------------------------------------------------------------------------------------

TTMEM_HOT Claim BufferWriter::try_allocate(ThreadSlot& slot, const NewBuffer& buffer, uint64_t ticks) noexcept {
    const Amounts amounts{buffer.bytes_per_bank * buffer.banks, buffer.requested_bytes};
    Shard& shard = tables_.shards[slot.shard];
    TotalLine& line = tables_.allocators.total(buffer.allocator, buffer.account);
    Count counted = Count::kBelow;
    bool is_extreme = false;
    bool ring_ends = false;
    {
        const ShardGuard guard(shard.lock, !slot.shared);
        if (!shard.index.reserve_one()) [[unlikely]] {
            tables_.header.count_lost(kLostNoMemory);
            return Claim::kHeld;
        }
        Located* const place = shard.index.probe(buffer.id);
        if (place->id == buffer.id) [[unlikely]] {
            tables_.header.count_lost(kLostDuplicate);
            return Claim::kHeld;
        }
        CounterLine& counters = shard.counter(buffer.allocator, buffer.account);
        const Claim claimed = claim(line, counters, amounts.bytes);
        if (claimed == Claim::kRefused) [[unlikely]] {
            return claimed;
        }
        const Located where{buffer.id, journal_word(0, buffer.account, buffer.allocator, take_slot(shard))};
        if (where.slot() == kNone && !unlisted_.add(buffer.id, amounts)) [[unlikely]] {
            if (claimed == Claim::kHeld) {
                put(counters.slack, get(counters.slack) + amounts.bytes);
            }
            return Claim::kHeld;
        }
        shard.index.insert_at(place, where);

        const uint64_t count_before = get(counters.allocations);
        const uint64_t bytes_before = get(counters.allocated_bytes);
        const uint64_t requested_before = get(counters.allocated_requested);
        if (where.slot() != kNone) [[likely]] {
            BufferRecord& target = tables_.buffers.record(where.slot());
            BufferExtra& beside = tables_.buffers.extra(where.slot());
            const uint32_t generation = get(target.state) & ~uint32_t{kStateMask};
            shard.begin_event(kJournalAllocate, where, generation | kFree, amounts, count_before, bytes_before,
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
            shard.begin_event(kJournalAllocate, where, 0, amounts, count_before, bytes_before, requested_before);
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
        is_extreme =
            Extremes::reach_of(buffer) > get(line.reach) || buffer.bytes_per_bank > get(line.largest_bytes_per_bank);
        ring_ends = shard.add_event(
            kEventAllocate, ticks, buffer.id, amounts.bytes, slot.thread, buffer.allocator, buffer.account,
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

TTMEM_HOT void BufferWriter::allocate_inline(ThreadSlot& slot, const NewBuffer& buffer) noexcept {
    if (!slot.shared) {
        tables_.shards[slot.shard].index.prefetch(buffer.id);
    }
    const uint64_t ticks = tables_.header.now();
    while (try_allocate(slot, buffer, ticks) == Claim::kRefused)
        [[unlikely]] {
            settle(slot, buffer);
        }
}

// --- Free ------------------------------------------------------------------------------------------------------------

// The bytes that the buffer took; an unlisted one leaves its table.
inline Amounts BufferWriter::amounts_of(const Located& where) noexcept {
    if (where.slot() != kNone) [[likely]] {
        const BufferRecord& source = tables_.buffers.record(where.slot());
        return {source.bytes_per_bank * source.banks, source.requested_bytes};
    }
    return unlisted_.take(where.id);
}

// Takes the buffer out of the shard's index. Its lock is held. kPictureFirst: it is still there, and where it is was
// filled in; freeze_peak() is due without the lock.
TTMEM_HOT BufferWriter::Taken BufferWriter::take_located(Shard& shard, uint64_t id, Located& where,
                                                         Amounts& amounts) noexcept {
    Located* found = shard.index.find(id);
    if (found == nullptr) {
        return Taken::kNotHere;
    }
    where = *found;
    if (where.slot() != kNone) [[likely]] {
        __builtin_prefetch(&tables_.buffers.record(where.slot()), 1);
    }
    if (get(tables_.allocators.total(where.allocator(), where.account()).picture_due) != 0) [[unlikely]] {
        return Taken::kPictureFirst;
    }
    shard.index.erase(found);
    amounts = amounts_of(where);
    return Taken::kTaken;
}

TTMEM_HOT void BufferWriter::free_located(Shard& shard, const ThreadSlot& slot, const Located& where, Amounts amounts,
                                          uint64_t ticks) noexcept {
    CounterLine& counters = shard.counter(where.allocator(), where.account());
    const uint64_t count = get(counters.frees);
    const uint64_t bytes = get(counters.freed_bytes);
    const uint64_t requested = get(counters.freed_requested);
    uint64_t address = 0;
    if (where.slot() != kNone) [[likely]] {
        BufferRecord& target = tables_.buffers.record(where.slot());
        address = target.address;
        const uint32_t before = get(target.state);
        shard.begin_event(kJournalFree, where, before, amounts, count, bytes, requested);
        put(target.state, ((before & ~uint32_t{kStateMask}) + (kStateMask + 1)) | kFree);
        TTMEM_TEST_POINT("record free");
    } else {
        shard.begin_event(kJournalFree, where, 0, amounts, count, bytes, requested);
        put(shard.header->journal.unlisted_committed, 1u);
        TTMEM_TEST_POINT("unlisted free committed");
    }
    put(counters.frees, count + 1);
    TTMEM_TEST_POINT("frees raised");
    put(counters.freed_bytes, bytes + amounts.bytes);
    TTMEM_TEST_POINT("freed bytes raised");
    put(counters.freed_requested, requested + amounts.requested);
    TTMEM_TEST_POINT("freed requested raised");
    give_back(tables_.allocators.total(where.allocator(), where.account()), counters, amounts.bytes);
    shard.add_event(kEventFree, ticks, where.id, amounts.bytes, slot.thread, where.allocator(), where.account(),
                    {address, amounts.requested, slot.scope, 0, 0, 0});
    if (where.slot() != kNone) [[likely]] {
        if ((tables_.buffers.record(where.slot()).flags & kBufferPerCore) != 0) [[unlikely]] {
            remove_addresses(where.slot());
        }
        give_slot(shard, where.slot());
    }
    put(shard.header->journal.word, uint64_t{kJournalIdle});
    TTMEM_TEST_POINT("free journal idle");
}

TTMEM_HOT void BufferWriter::free_inline(ThreadSlot& slot, uint64_t id) noexcept {
    if (!slot.shared) {
        tables_.shards[slot.shard].index.prefetch(id);
    }
    uint64_t ticks = tables_.header.now();
    Located where{};
    Amounts amounts{};
    Shard& own = tables_.shards[slot.shard];
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
        ticks = tables_.header.now();
    }
    free_elsewhere(slot, id, ticks);
}

}  // namespace ttmem::ledger
