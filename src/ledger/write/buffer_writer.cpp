// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The rare paths of events: slots from the pool, the exact peak, frees of buffers that another thread allocated, whole
// allocators, failures. buffer_events.hpp is the rest.
#include <time.h>

#include <mutex>

#include "base/host_guard.hpp"
#include "ledger/write/buffer_events.hpp"

namespace ttmem::ledger {

void Writer::allocate(ThreadSlot& slot, const NewBuffer& buffer) noexcept {
    allocate_inline(slot, buffer);
}

void Writer::free(ThreadSlot& slot, uint64_t id) noexcept {
    free_inline(slot, id);
}

// Fills the shard's empty stack, from the pool or with slots never used. One of them, kNone when there is none.
uint32_t Writer::fetch_slots(Shard& shard) noexcept {
    const std::lock_guard<SpinLock> guard(growth_lock_);
    while (pool_count_ > 0 && shard.free_count < kSlotBatch) {
        shard.free_slots[shard.free_count++] = pool_[--pool_count_];
    }
    if (shard.free_count == 0 && next_slot_ == buffer_capacity_ && !add_buffers()) {
        return kNone;
    }
    // In falling order, so that the lowest new slot is used first and the file's tail stays untouched.
    const uint32_t fresh = shard.free_count > 0 ? 0 : buffer_capacity_ - next_slot_;
    const uint32_t batch = fresh < kSlotBatch ? fresh : kSlotBatch;
    for (uint32_t i = batch; i > 0; --i) {
        shard.free_slots[shard.free_count++] = next_slot_ + i - 1;
    }
    next_slot_ += batch;
    if (next_slot_ > pictures_.slots.load(std::memory_order_relaxed)) [[unlikely]] {
        reserve_pictures();
    }
    return shard.free_slots[--shard.free_count];
}

// The coldest half, the bottom of the stack, to the pool.
void Writer::return_slots(Shard& shard) noexcept {
    const std::lock_guard<SpinLock> guard(growth_lock_);
    constexpr uint32_t kHalf = kMostFreeSlots / 2;
    for (uint32_t i = 0; i < kHalf; ++i) {
        pool_[pool_count_++] = shard.free_slots[i];
        shard.free_slots[i] = shard.free_slots[kHalf + i];
    }
    shard.free_count -= kHalf;
}

// A buffer that found no record: in the totals, not in the list. False when the host has no memory for it.
bool Writer::add_unlisted(uint64_t id, Amounts amounts) noexcept {
    const std::lock_guard<SpinLock> guard(unlisted_lock_);
    if (!unlisted_.reserve_one()) {
        count_lost(kLostNoMemory);
        return false;
    }
    unlisted_.insert({id, amounts.bytes, amounts.requested});
    count_lost(kLostUnlisted);
    return true;
}

// An unlisted buffer leaves its table.
Writer::Amounts Writer::take_unlisted(uint64_t id) noexcept {
    const std::lock_guard<SpinLock> guard(unlisted_lock_);
    UnlistedBuffer* found = unlisted_.find(id);
    if (found == nullptr) {
        return {0, 0};
    }
    const Amounts amounts{found->bytes, found->requested};
    unlisted_.erase(found);
    return amounts;
}

// Another thread allocated it. Between the two locks the buffer is in no index, but still live in the ledger.
void Writer::free_elsewhere(ThreadSlot& slot, uint64_t id, uint64_t ticks) noexcept {
    Located where{};
    Amounts amounts{};
    Shard& own = shards_[slot.shard];
    const uint32_t shards = shard_count_.load(std::memory_order_acquire);
    for (uint32_t i = 0; i < shards; ++i) {
        if (i == slot.shard) {
            continue;
        }
        Taken taken{};
        do {
            {
                const ShardGuard guard(shards_[i].lock, false);
                taken = take_located(shards_[i], id, where, amounts);
            }
            if (taken == Taken::kPictureFirst) {
                freeze_peak(slot, where.allocator(), where.account());
                ticks = now();
            }
        } while (taken == Taken::kPictureFirst);
        if (taken == Taken::kTaken) {
            const ShardGuard guard(own.lock, !slot.shared);
            free_located(own, slot, where, amounts, ticks);
            return;
        }
    }
    count_lost(kLostUnknownFree);
}

void Writer::flag_buffer(ThreadSlot& slot, uint64_t id, uint8_t flag) noexcept {
    const uint32_t shards = shard_count_.load(std::memory_order_acquire);
    for (uint32_t i = 0; i < shards; ++i) {
        const ShardGuard guard(shards_[i].lock, owns(slot, i));
        if (const Located* found = shards_[i].index.find(id)) {
            if (found->slot() != kNone) {
                // A byte of its own, which nothing else changes while the record is live.
                __atomic_fetch_or(&record(found->slot()).flags, flag, __ATOMIC_RELAXED);
                TTMEM_TEST_POINT("buffer flagged");
            }
            return;
        }
    }
}

bool Writer::label_buffer(ThreadSlot& slot, uint64_t id, uint32_t label) noexcept {
    return change_buffer(slot, id, &BufferExtra::label, label, kEventLabel, {0, 0, label, 0, 0, 0});
}

bool Writer::set_tensor(ThreadSlot& slot, uint64_t id, uint32_t tensor) noexcept {
    return change_buffer(slot, id, &BufferExtra::tensor, tensor, kEventTensor, {0, 0, 0, tensor, 0, 0});
}

bool Writer::change_buffer(ThreadSlot& slot, uint64_t id, Word32 BufferExtra::*field, uint32_t value, EventType type,
                           const EventTail& tail) noexcept {
    const uint32_t shards = shard_count_.load(std::memory_order_acquire);
    Located where{};
    bool found = false;
    // The calling thread's shard first: it has what the thread has just allocated.
    for (uint32_t i = 0; i < shards && !found; ++i) {
        Shard& shard = shards_[i == 0 ? slot.shard : i <= slot.shard ? i - 1 : i];
        // While the lock is held the buffer is not freed, nor its record given to another.
        const ShardGuard guard(shard.lock, owns(slot, static_cast<uint32_t>(&shard - shards_)));
        if (const Located* const located = shard.index.find(id); located != nullptr && located->slot() != kNone) {
            where = *located;
            found = true;
            (extra(where.slot()).*field).store(value, std::memory_order_relaxed);
            TTMEM_TEST_POINT("buffer changed");
        }
    }
    if (found) {
        Shard& own = shards_[slot.shard];
        const ShardGuard guard(own.lock, !slot.shared);
        add_event(own, type, now(), id, 0, slot.thread, where.allocator(), where.account(), tail);
    }
    return found;
}

uint64_t Writer::begin_step(ThreadSlot& slot, uint32_t name) noexcept {
    const uint64_t number = header_->step_count.fetch_add(1, std::memory_order_relaxed) + 1;
    TTMEM_TEST_POINT("step counted");
    Shard& shard = shards_[slot.shard];
    const ShardGuard guard(shard.lock, !slot.shared);
    add_event(shard, kEventMark, now(), number, 0, slot.thread, kNoAllocator, 0, {0, 0, name, 0, 0, 0});
    return number;
}

namespace {
// Programs whose peak keeps rising settle rarely: 4096 allocations in between.
constexpr uint32_t kMostDoublings = 6;
}  // namespace

// All shards are locked. claimed_bytes is then what is held.
void Writer::take_slack_back(uint32_t allocator, uint32_t account) noexcept {
    TotalLine& line = total(allocator, account);
    uint64_t slack = 0;
    for (uint32_t i = 0; i < shard_count_.load(std::memory_order_acquire); ++i) {
        CounterLine& counters = counter(shards_[i], allocator, account);
        slack += get(counters.slack);
        put(counters.slack, uint64_t{0});
        TTMEM_TEST_POINT("slack taken back");
    }
    put(line.claimed_bytes, get(line.claimed_bytes) - slack);
    put(line.quiet, 0u);
    put(line.holds_slack, 0u);
}

void Writer::settle(const ThreadSlot& slot, uint32_t allocator, uint32_t account) noexcept {
    const AllShards guard(shards_, slot);
    TotalLine& line = total(allocator, account);
    if (get(line.holds_slack) == 0) {
        return;
    }
    take_slack_back(allocator, account);
    put(line.settled, get(line.settled) < kMostDoublings ? get(line.settled) + 1 : kMostDoublings);
    TTMEM_TEST_POINT("settled");
}

void Writer::allow_slack(const ThreadSlot& slot, uint32_t allocator, uint32_t account) noexcept {
    const AllShards guard(shards_, slot);
    put(total(allocator, account).holds_slack, 1u);
    TTMEM_TEST_POINT("slack allowed");
}

void Writer::look_after_file(const ThreadSlot& slot) noexcept {
    timespec coarse{};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &coarse);
    int64_t last = looked_after_.load(std::memory_order_relaxed);
    if (last == coarse.tv_sec || !looked_after_.compare_exchange_strong(last, coarse.tv_sec)) {
        return;
    }
    const HostGuard host_guard;
    {
        const std::lock_guard<SpinLock> growth(growth_lock_);
        if (!file_.is_removed()) {
            return;
        }
    }
    if (pictures_.busy.exchange(1, std::memory_order_acquire) != 0) {
        return;
    }
    if (pictures_.peak_busy.exchange(1, std::memory_order_acquire) != 0) {
        pictures_.busy.store(0, std::memory_order_release);
        return;
    }
    // No locked writer may store between the copy and the change of mappings. Counts that are stored without a lock
    // (launches, losses) may miss one there.
    {
        const std::lock_guard<SpinLock> programs(programs_.lock);
        const AllShards shards(shards_, slot);
        const std::lock_guard<SpinLock> growth(growth_lock_);
        if (file_.is_removed()) {
            file_.renew();
        }
    }
    pictures_.peak_busy.store(0, std::memory_order_release);
    pictures_.busy.store(0, std::memory_order_release);
}

uint64_t Writer::held_bytes(uint32_t allocator, uint32_t account) const noexcept {
    uint64_t held = 0;
    for (uint32_t i = 0; i < shard_count_.load(std::memory_order_acquire); ++i) {
        const CounterLine& counters = counter(shards_[i], allocator, account);
        held += get(counters.allocated_bytes) - get(counters.freed_bytes);
    }
    return held;
}

void Writer::clear_allocator(ThreadSlot& slot, uint32_t allocator) noexcept {
    if (!allocator_is_open(allocator)) {
        count_lost(kLostBadArgument);
        return;
    }
    for (uint32_t account = 0; account < kBufferTypes; ++account) {
        if (get(total(allocator, account).picture_due) != 0) {
            freeze_peak(slot, allocator, account);
        }
    }
    const uint64_t ticks = now();
    const uint32_t shards = shard_count_.load(std::memory_order_acquire);
    for (uint32_t i = 0; i < shards; ++i) {
        Shard& shard = shards_[i];
        const ShardGuard guard(shard.lock, owns(slot, i));
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

uint64_t Writer::add_failure(const ThreadSlot& slot, uint64_t ticks, const NewFailure& from) noexcept {
    const uint64_t number = get(header_->failure_count);
    FailureRecord& to = failures_[number & failure_mask_];
    put(to.sequence, 2 * number + 1);
    std::atomic_thread_fence(std::memory_order_release);
    to.ticks = ticks;
    to.type = from.type;
    to.thread = slot.thread;
    to.allocator = from.allocator;
    to.account = from.account;
    to.layout = from.layout;
    to.banks = from.banks;
    to.requested_bytes = from.requested_bytes;
    to.bytes_per_bank = from.bytes_per_bank;
    to.largest_free_per_bank = from.largest_free_per_bank;
    to.allocated_bytes = from.allocated_bytes;
    to.program_id = from.program_id;
    to.buffer_id = from.buffer_id;
    to.end_address = from.end_address;
    to.buffer_address = from.buffer_address;
    to.core_set = from.core_set;
    to.context = slot.context();
    to.kernels = from.kernels;
    to.region_kind = from.region_kind;
    to.scratchpad_bytes = from.scratchpad_bytes;
    to.limit_bytes = from.limit_bytes;
    to.available_bytes = from.available_bytes;
    to.picture = from.picture;
    to.tensor = slot.tensor;
    to.exception = from.exception;
    put(to.handled, 0u);
    to.sub_device = from.sub_device;
    to.events = 0;
    for (uint32_t i = 0; i < shard_count_.load(std::memory_order_acquire); ++i) {
        to.events += get(shards_[i].header->ring_position);
    }
    to.wanted_bytes_per_core = from.wanted_bytes_per_core;
    TTMEM_TEST_POINT("failure written");
    put(to.sequence, 2 * number + 2);
    put(header_->failure_count, number + 1);
    TTMEM_TEST_POINT("failure counted");
    return number;
}

uint64_t Writer::fail(ThreadSlot& slot, const NewBuffer& wanted, NewFailure failure) noexcept {
    const uint64_t ticks = now();
    failure.type = kFailureOutOfMemory;
    failure.allocator = wanted.allocator;
    failure.account = wanted.account;
    failure.layout = wanted.layout;
    failure.banks = wanted.banks;
    failure.requested_bytes = wanted.requested_bytes;
    failure.bytes_per_bank = wanted.bytes_per_bank;
    if (failure.largest_free_per_bank != kUnknown64 && !is_hybrid(wanted.allocator)) {
        note_largest_free(wanted.allocator, wanted.account, failure.largest_free_per_bank);
    }
    const OpenPicture picture = begin_picture(slot, ticks, wanted.allocator, wanted.account);
    failure.picture = picture.number;
    uint64_t number = 0;
    {
        const std::lock_guard<SpinLock> guard(growth_lock_);
        failure.allocated_bytes = held_bytes(wanted.allocator, wanted.account);
        number = add_failure(slot, ticks, failure);
    }
    finish_picture(slot, picture, number);
    Shard& shard = shards_[slot.shard];
    const ShardGuard guard(shard.lock, !slot.shared);
    CounterLine& counters = counter(shard, wanted.allocator, wanted.account);
    put(counters.failures, get(counters.failures) + 1);
    add_event(shard, kEventFail, ticks, number, wanted.requested_bytes, slot.thread, wanted.allocator, wanted.account,
              {0, wanted.requested_bytes, slot.context(), slot.tensor, wanted.page_bytes,
               event_form(wanted.banks, wanted.device, wanted.type, wanted.layout, wanted.flags)});
    return number;
}

}  // namespace ttmem::ledger
