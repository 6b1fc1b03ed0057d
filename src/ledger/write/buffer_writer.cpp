// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The rare paths of events; buffer_events.hpp is the rest.
#include "ledger/write/buffer_writer.hpp"

#include <mutex>

#include "ledger/write/buffer_events.hpp"

namespace ttmem::ledger {

// --- Allocate

void BufferWriter::allocate(ThreadSlot& slot, const NewBuffer& buffer) noexcept {
    allocate_inline(slot, buffer);
}

// claim() was refused.
void BufferWriter::settle(const ThreadSlot& slot, const NewBuffer& buffer) noexcept {
    totals_.settle(slot, buffer.allocator, buffer.account);
}

// Fills the shard's empty stack. One of its slots, kNone when there is none.
uint32_t BufferWriter::fetch_slots(Shard& shard) noexcept {
    const std::lock_guard<SpinLock> guard(tables_.sections.lock());
    const uint32_t slot = tables_.buffers.fetch(shard.free_slots);
    if (!pictures_.has_room_for(tables_.buffers.used())) [[unlikely]] {
        pictures_.make_room_for(tables_.buffers.used());
    }
    return slot;
}

// The rare part of an allocation, done after its end.
void BufferWriter::after_allocation(ThreadSlot& slot, const NewBuffer& buffer, uint64_t ticks, Count counted,
                                    bool ring_ends) noexcept {
    TotalLine& line = tables_.allocators.total(buffer.allocator, buffer.account);
    Extremes::note_largest(line, buffer);
    if (Extremes::reach_of(buffer) > get(line.reach)) {
        extremes_.note_reach(slot, buffer, ticks);
    }
    if (ring_ends) {
        renewal_.look_after_file(slot);
    }
    if (counted == Count::kRose) {
        slot.peak_rose = true;
        peaks_.note_peak(buffer.allocator, buffer.account);
    } else if (counted == Count::kQuiet) {
        totals_.allow_slack(slot, buffer.allocator, buffer.account);
    }
}

void BufferWriter::place(const NewPlaces& places, NewBuffer& buffer) noexcept {
    if (places.range_count != 0) {
        buffer.core_set = ranges_are_good(places.ranges, places.range_count)
                              ? tables_.sets.add_cores(places.ranges, places.range_count)
                              : kNone;
    }
    if (places.address_count == 0) {
        return;
    }
    const uint32_t first = tables_.addresses.add(places.addresses, places.address_count);
    if (first == kNone) {
        tables_.header.count_lost(kLostAddresses);
        return;
    }
    buffer.placement = first;
    buffer.placements = places.address_count;
}

// --- Free

void BufferWriter::free(ThreadSlot& slot, uint64_t id) noexcept {
    free_inline(slot, id);
}

void BufferWriter::freeze_peak(const ThreadSlot& slot, uint32_t allocator, uint32_t account) noexcept {
    peaks_.freeze(slot, allocator, account);
}

void BufferWriter::return_slots(Shard& shard) noexcept {
    const std::lock_guard<SpinLock> guard(tables_.sections.lock());
    tables_.buffers.give_back(shard.free_slots);
}

void BufferWriter::remove_addresses(uint32_t slot) noexcept {
    const BufferExtra& beside = tables_.buffers.extra(slot);
    if (beside.placement != kNone) {
        tables_.addresses.remove(beside.placement, beside.placements);
    }
}

// Another thread allocated it. Between the two locks the buffer is in no index, but still live in the ledger.
void BufferWriter::free_elsewhere(ThreadSlot& slot, uint64_t id, uint64_t ticks) noexcept {
    Located where{};
    Amounts amounts{};
    Shard& own = tables_.shards[slot.shard];
    const uint32_t shards = tables_.shards.count();
    for (uint32_t i = 0; i < shards; ++i) {
        if (i == slot.shard) {
            continue;
        }
        Taken taken{};
        do {
            {
                const ShardGuard guard(tables_.shards[i].lock, false);
                taken = take_located(tables_.shards[i], id, where, amounts);
            }
            if (taken == Taken::kPictureFirst) {
                freeze_peak(slot, where.allocator(), where.account());
                ticks = tables_.header.now();
            }
        } while (taken == Taken::kPictureFirst);
        if (taken == Taken::kTaken) {
            const ShardGuard guard(own.lock, !slot.shared);
            free_located(own, slot, where, amounts, ticks);
            return;
        }
    }
    tables_.header.count_lost(kLostUnknownFree);
}

void BufferWriter::free_all_of(ThreadSlot& slot, uint32_t allocator) noexcept {
    const uint64_t ticks = tables_.header.now();
    const uint32_t shards = tables_.shards.count();
    for (uint32_t i = 0; i < shards; ++i) {
        Shard& shard = tables_.shards[i];
        const ShardGuard guard(shard.lock, slot.owns(i));
        for (size_t at = 0; at < shard.index.capacity();) {
            Located* entry = shard.index.at(at);
            if (entry == nullptr || entry->allocator() != allocator) {
                ++at;
                continue;
            }
            const Located where = *entry;
            shard.index.erase(entry);  // another entry may have moved here: look at this place again
            free_located(shard, slot, where, amounts_of(where), ticks);
        }
    }
}

// --- Change

void BufferWriter::flag(ThreadSlot& slot, uint64_t id, uint8_t flag) noexcept {
    const uint32_t shards = tables_.shards.count();
    for (uint32_t i = 0; i < shards; ++i) {
        const ShardGuard guard(tables_.shards[i].lock, slot.owns(i));
        if (const Located* found = tables_.shards[i].index.find(id)) {
            if (found->slot() != kNone) {
                // A byte of its own, which nothing else changes while the record is live.
                __atomic_fetch_or(&tables_.buffers.record(found->slot()).flags, flag, __ATOMIC_RELAXED);
                TTMEM_TEST_POINT("buffer flagged");
            }
            return;
        }
    }
}

bool BufferWriter::label(ThreadSlot& slot, uint64_t id, uint32_t label) noexcept {
    return change(slot, id, &BufferExtra::label, label, kEventLabel, {0, 0, label, 0, 0, 0});
}

bool BufferWriter::set_tensor(ThreadSlot& slot, uint64_t id, uint32_t tensor) noexcept {
    return change(slot, id, &BufferExtra::tensor, tensor, kEventTensor, {0, 0, 0, tensor, 0, 0});
}

bool BufferWriter::change(ThreadSlot& slot, uint64_t id, Word32 BufferExtra::*field, uint32_t value, EventType type,
                          const EventTail& tail) noexcept {
    const uint32_t shards = tables_.shards.count();
    Located where{};
    bool found = false;
    // The calling thread's shard first: it has what the thread has just allocated.
    for (uint32_t i = 0; i < shards && !found; ++i) {
        Shard& shard = tables_.shards[i == 0 ? slot.shard : i <= slot.shard ? i - 1 : i];
        // While the lock is held the buffer is not freed, nor its record given to another.
        const ShardGuard guard(shard.lock, slot.owns(tables_.shards.number_of(shard)));
        if (const Located* const located = shard.index.find(id); located != nullptr && located->slot() != kNone) {
            where = *located;
            found = true;
            (tables_.buffers.extra(where.slot()).*field).store(value, std::memory_order_relaxed);
            TTMEM_TEST_POINT("buffer changed");
        }
    }
    if (found) {
        Shard& own = tables_.shards[slot.shard];
        const ShardGuard guard(own.lock, !slot.shared);
        own.add_event(type, tables_.header.now(), id, 0, slot.thread, where.allocator(), where.account(), tail);
    }
    return found;
}

}  // namespace ttmem::ledger
