// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The hot path: a buffer comes, a buffer goes. Order of stores is the format's contract (format.hpp); each is a
// release, which on x86-64 is a plain store, so that a live reader on any processor sees them in this order as well.
#include "ledger/writer.hpp"

#include "base/clock.hpp"
#include "ledger/test_point.hpp"

namespace ttmem::ledger {

namespace {

template <typename Word, typename Value>
inline void put(Word& word, Value value) noexcept {
    word.store(value, std::memory_order_release);
}

template <typename Word>
inline auto get(const Word& word) noexcept {
    return word.load(std::memory_order_relaxed);
}

// A shard gives half of what it has to the pool when it holds more than this: a thread that only frees must not keep
// what a thread that only allocates needs.
constexpr uint32_t kMostFreeSlots = 1024;
constexpr uint32_t kSlotBatch = 64;

class ShardGuard {
public:
    explicit ShardGuard(SpinLock& lock) noexcept : lock_(lock) { lock_.lock(); }
    ~ShardGuard() { lock_.unlock(); }
    ShardGuard(const ShardGuard&) = delete;
    ShardGuard& operator=(const ShardGuard&) = delete;

private:
    SpinLock& lock_;
};

}  // namespace

uint64_t Writer::now() const noexcept {
    return clock_ticks(use_tsc_);
}

// --- Slots
// ------------------------------------------------------------------------------------------------------------

uint32_t Writer::take_slot(Shard& shard) noexcept {
    if (shard.free_count > 0) [[likely]] {
        return shard.free_slots[--shard.free_count];
    }
    const ShardGuard guard(growth_lock_);
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
    return shard.free_slots[--shard.free_count];
}

void Writer::give_slot(Shard& shard, uint32_t slot) noexcept {
    if (shard.free_count == kMostFreeSlots) [[unlikely]] {
        const ShardGuard guard(growth_lock_);
        // The coldest half: the bottom of the stack.
        constexpr uint32_t kHalf = kMostFreeSlots / 2;
        for (uint32_t i = 0; i < kHalf; ++i) {
            pool_[pool_count_++] = shard.free_slots[i];
            shard.free_slots[i] = shard.free_slots[kHalf + i];
        }
        shard.free_count -= kHalf;
    }
    shard.free_slots[shard.free_count++] = slot;
}

// --- Events
// -----------------------------------------------------------------------------------------------------------

void Writer::add_event(Shard& shard, EventType type, uint64_t ticks, uint64_t id, uint64_t bytes, uint32_t thread,
                       uint32_t allocator, uint32_t account) noexcept {
    const uint64_t position = get(shard.header->ring_position);
    EventRecord& event = shard.ring[position & shard.ring_mask];
    event.ticks = ticks;
    event.id = id;
    event.bytes = bytes;
    event.thread = thread;
    event.allocator = static_cast<uint16_t>(allocator);
    event.type = type;
    event.account = static_cast<uint8_t>(account);
    TTMEM_TEST_POINT("event stored");
    put(shard.header->ring_position, position + 1);
    TTMEM_TEST_POINT("event published");
    __builtin_prefetch(&shard.ring[(position + 3) & shard.ring_mask], 1);
}

void Writer::begin_event(Shard& shard, uint32_t op, const Located& where, uint32_t state_before, Amounts amounts,
                         uint64_t count, uint64_t bytes, uint64_t requested) noexcept {
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
    put(journal.word, journal_word(op, where.account, where.allocator, where.slot));
    TTMEM_TEST_POINT("journal active");
}

// --- The peak
// --------------------------------------------------------------------------------------------------------
//
// An exact maximum of a sum to which several threads add wants one counter; one counter is a cache line that every
// event of every thread pulls over. So a shard that frees keeps the bytes as slack, and allocates from its slack first.
// claimed_bytes = held + slack of all shards >= held. While it is not above the peak, what is held is not either, and
// nobody needs to know it exactly. Only an allocation that would claim more than the peak settles: under all shards'
// locks the slack is taken back, and from then on every event counts, exactly, until the peak has been quiet for a
// while.

namespace {
constexpr uint32_t kQuietAtFirst = 64;
constexpr uint32_t kMostDoublings = 6;  // programs whose peak keeps rising settle rarely: 4096 allocations in between
}  // namespace

class Writer::AllShards {
public:
    explicit AllShards(Shard* shards) noexcept : shards_(shards) {
        for (uint32_t i = 0; i < kMaxShards; ++i) {
            shards_[i].lock.lock();
        }
    }
    ~AllShards() {
        for (uint32_t i = kMaxShards; i > 0; --i) {
            shards_[i - 1].lock.unlock();
        }
    }
    AllShards(const AllShards&) = delete;
    AllShards& operator=(const AllShards&) = delete;

private:
    Shard* shards_;
};

// kHeld: done. kCounted: count() is due after the commit. kRefused: settle() first; nothing was claimed.
inline Writer::Claim Writer::claim(TotalLine& line, CounterLine& counters, uint64_t bytes) noexcept {
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
    if (claimed > get(line.peak_bytes)) {
        line.claimed_bytes.fetch_sub(lacking, std::memory_order_relaxed);
        return Claim::kRefused;
    }
    put(counters.slack, uint64_t{0});
    TTMEM_TEST_POINT("slack used up");
    return Claim::kHeld;
}

// Adds to the exact total and raises the peak. True when the peak has been quiet long enough for slack.
inline bool Writer::count(TotalLine& line, uint64_t bytes) noexcept {
    const uint64_t now_held = line.claimed_bytes.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    TTMEM_TEST_POINT("total raised");
    uint64_t peak = get(line.peak_bytes);
    if (now_held > peak) {
        while (now_held > peak && !line.peak_bytes.compare_exchange_weak(peak, now_held, std::memory_order_relaxed)) {
        }
        TTMEM_TEST_POINT("peak raised");
        put(line.quiet, 0u);
        return false;
    }
    const uint32_t quiet = get(line.quiet) + 1;  // threads may lose a count to each other
    put(line.quiet, quiet);
    return quiet > kQuietAtFirst << get(line.settled);
}

void Writer::settle(uint32_t allocator, uint32_t account) noexcept {
    const AllShards guard(shards_);
    TotalLine& line = total(allocator, account);
    if (get(line.holds_slack) == 0) {
        return;
    }
    uint64_t slack = 0;
    for (uint32_t i = 0; i < shard_count_.load(std::memory_order_acquire); ++i) {
        CounterLine& counters = counter(shards_[i], allocator, account);
        slack += get(counters.slack);
        put(counters.slack, uint64_t{0});
        TTMEM_TEST_POINT("slack taken back");
    }
    put(line.claimed_bytes, get(line.claimed_bytes) - slack);
    put(line.quiet, 0u);
    put(line.settled, get(line.settled) < kMostDoublings ? get(line.settled) + 1 : kMostDoublings);
    put(line.holds_slack, 0u);
    TTMEM_TEST_POINT("settled");
}

void Writer::allow_slack(uint32_t allocator, uint32_t account) noexcept {
    const AllShards guard(shards_);
    put(total(allocator, account).holds_slack, 1u);
    TTMEM_TEST_POINT("slack allowed");
}

uint64_t Writer::held_bytes(uint32_t allocator, uint32_t account) const noexcept {
    uint64_t held = 0;
    for (uint32_t i = 0; i < shard_count_.load(std::memory_order_acquire); ++i) {
        const CounterLine& counters = counter(shards_[i], allocator, account);
        held += get(counters.allocated_bytes) - get(counters.freed_bytes);
    }
    return held;
}

// --- Allocate
// --------------------------------------------------------------------------------------------------------

void Writer::allocate(ThreadSlot& slot, const NewBuffer& buffer) noexcept {
    if (!slot.shared) {
        shards_[slot.shard].index.prefetch(buffer.id);
    }
    const uint64_t ticks = now();
    while (try_allocate(slot, buffer, ticks) == Claim::kRefused)
        [[unlikely]] {
            settle(buffer.allocator, buffer.account);
        }
}

inline Writer::Claim Writer::try_allocate(ThreadSlot& slot, const NewBuffer& buffer, uint64_t ticks) noexcept {
    const Amounts amounts{buffer.bytes_per_bank * buffer.banks, buffer.requested_bytes};
    Shard& shard = shards_[slot.shard];
    TotalLine& line = total(buffer.allocator, buffer.account);
    bool quiet = false;
    {
        const ShardGuard guard(shard.lock);
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
        const Located where{buffer.id, take_slot(shard), buffer.allocator, buffer.account, 0};
        if (where.slot == kNone) [[unlikely]] {
            const ShardGuard unlisted_guard(unlisted_lock_);
            if (!unlisted_.reserve_one()) {
                if (claimed == Claim::kHeld) {
                    put(counters.slack, get(counters.slack) + amounts.bytes);
                }
                count_lost(kLostNoMemory);
                return Claim::kHeld;
            }
            unlisted_.insert({buffer.id, amounts.bytes, amounts.requested});
            count_lost(kLostUnlisted);
        }
        shard.index.insert_at(place, where);

        const uint64_t count_before = get(counters.allocations);
        const uint64_t bytes_before = get(counters.allocated_bytes);
        const uint64_t requested_before = get(counters.allocated_requested);
        if (where.slot != kNone) [[likely]] {
            BufferRecord& target = record(where.slot);
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
            target.context = 0;
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
            quiet = count(line, amounts.bytes);
        }
        add_event(shard, kEventAllocate, ticks, buffer.id, amounts.bytes, slot.thread, buffer.allocator,
                  buffer.account);
        put(shard.header->journal.word, uint64_t{kJournalIdle});
        TTMEM_TEST_POINT("journal idle");
    }
    if (quiet) [[unlikely]] {
        allow_slack(buffer.allocator, buffer.account);
    }
    return Claim::kHeld;
}

// What the buffer took; an unlisted one leaves its table.
Writer::Amounts Writer::amounts_of(const Located& where) noexcept {
    if (where.slot != kNone) [[likely]] {
        const BufferRecord& source = record(where.slot);
        return {source.bytes_per_bank * source.banks, source.requested_bytes};
    }
    const ShardGuard guard(unlisted_lock_);
    UnlistedBuffer* found = unlisted_.find(where.id);
    if (found == nullptr) {
        return {0, 0};
    }
    const Amounts amounts{found->bytes, found->requested};
    unlisted_.erase(found);
    return amounts;
}

// Takes the buffer out of the shard's index. Its lock is held.
bool Writer::take_located(Shard& shard, uint64_t id, Located& where, Amounts& amounts) noexcept {
    Located* found = shard.index.find(id);
    if (found == nullptr) {
        return false;
    }
    where = *found;
    if (where.slot != kNone) [[likely]] {
        __builtin_prefetch(&record(where.slot), 1);
    }
    shard.index.erase(found);
    amounts = amounts_of(where);
    return true;
}

void Writer::free_located(Shard& shard, const ThreadSlot& slot, const Located& where, Amounts amounts,
                          uint64_t ticks) noexcept {
    CounterLine& counters = counter(shard, where.allocator, where.account);
    const uint64_t count = get(counters.frees);
    const uint64_t bytes = get(counters.freed_bytes);
    const uint64_t requested = get(counters.freed_requested);
    if (where.slot != kNone) [[likely]] {
        BufferRecord& target = record(where.slot);
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
    TotalLine& line = total(where.allocator, where.account);
    if (get(line.holds_slack) != 0) {
        put(counters.slack, get(counters.slack) + amounts.bytes);
        TTMEM_TEST_POINT("slack kept");
    } else {
        line.claimed_bytes.fetch_sub(amounts.bytes, std::memory_order_relaxed);
        TTMEM_TEST_POINT("total lowered");
    }
    add_event(shard, kEventFree, ticks, where.id, amounts.bytes, slot.thread, where.allocator, where.account);
    if (where.slot != kNone) [[likely]] {
        give_slot(shard, where.slot);
    }
    put(shard.header->journal.word, uint64_t{kJournalIdle});
    TTMEM_TEST_POINT("free journal idle");
}

void Writer::free(ThreadSlot& slot, uint64_t id) noexcept {
    if (!slot.shared) {
        shards_[slot.shard].index.prefetch(id);
    }
    const uint64_t ticks = now();
    Located where{};
    Amounts amounts{};
    Shard& own = shards_[slot.shard];
    {
        const ShardGuard guard(own.lock);
        if (take_located(own, id, where, amounts)) [[likely]] {
            free_located(own, slot, where, amounts, ticks);
            return;
        }
    }
    // Another thread allocated it. Between the two locks the buffer is in no index, but still live in the ledger.
    const uint32_t shards = shard_count_.load(std::memory_order_acquire);
    for (uint32_t i = 0; i < shards; ++i) {
        if (i == slot.shard) {
            continue;
        }
        bool found = false;
        {
            const ShardGuard guard(shards_[i].lock);
            found = take_located(shards_[i], id, where, amounts);
        }
        if (found) {
            const ShardGuard guard(own.lock);
            free_located(own, slot, where, amounts, ticks);
            return;
        }
    }
    count_lost(kLostUnknownFree);
}

void Writer::clear_allocator(ThreadSlot& slot, uint32_t allocator) noexcept {
    if (!allocator_is_open(allocator)) {
        count_lost(kLostBadArgument);
        return;
    }
    const uint64_t ticks = now();
    const uint32_t shards = shard_count_.load(std::memory_order_acquire);
    for (uint32_t i = 0; i < shards; ++i) {
        Shard& shard = shards_[i];
        const ShardGuard guard(shard.lock);
        for (size_t at = 0; at < shard.index.capacity();) {
            Located* entry = shard.index.at(at);
            if (entry == nullptr || entry->allocator != allocator) {
                ++at;
                continue;
            }
            const Located where = *entry;
            shard.index.erase(entry);  // another entry may have moved here: look at this place again
            free_located(shard, slot, where, amounts_of(where), ticks);
        }
    }
}

void Writer::fail(ThreadSlot& slot, const NewBuffer& wanted, uint64_t largest_free_per_bank) noexcept {
    const uint64_t ticks = now();
    uint64_t number = 0;
    {
        const ShardGuard guard(growth_lock_);
        number = get(header_->failure_count);
        FailureRecord& failure = failures_[number & failure_mask_];
        put(failure.sequence, 2 * number + 1);
        std::atomic_thread_fence(std::memory_order_release);
        failure.ticks = ticks;
        failure.type = kFailureOutOfMemory;
        failure.thread = slot.thread;
        failure.allocator = wanted.allocator;
        failure.account = wanted.account;
        failure.layout = wanted.layout;
        failure.banks = wanted.banks;
        failure.requested_bytes = wanted.requested_bytes;
        failure.bytes_per_bank = wanted.bytes_per_bank;
        failure.largest_free_per_bank = largest_free_per_bank;
        failure.allocated_bytes = held_bytes(wanted.allocator, wanted.account);
        failure.program_id = 0;
        failure.buffer_id = 0;
        failure.end_address = 0;
        failure.buffer_address = 0;
        failure.core_set = kNone;
        failure.context = 0;
        TTMEM_TEST_POINT("failure written");
        put(failure.sequence, 2 * number + 2);
        put(header_->failure_count, number + 1);
        TTMEM_TEST_POINT("failure counted");
    }
    Shard& shard = shards_[slot.shard];
    const ShardGuard guard(shard.lock);
    CounterLine& counters = counter(shard, wanted.allocator, wanted.account);
    put(counters.failures, get(counters.failures) + 1);
    add_event(shard, kEventFail, ticks, number, wanted.requested_bytes, slot.thread, wanted.allocator, wanted.account);
}

}  // namespace ttmem::ledger
