// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Pictures of peaks: an allocation that raises a peak far enough makes a picture due, and the first free in that
// (allocator, account) takes it before its buffer goes. What an allocation and a free pay for this is a compare each,
// in a cache line that they have anyway.
#include <algorithm>
#include <mutex>

#include "base/clock.hpp"
#include "ledger/write/picture_writer.hpp"
#include "ledger/write/test_point.hpp"
#include "ledger/write/buffer_events.hpp"

namespace ttmem::ledger {

uint64_t peak_debt_per_record_ns = 5000;
uint64_t most_peak_debt_ns = 5'000'000'000;

namespace {

constexpr uint64_t kLeastRecords = 512;  // a picture of fewer costs about as much

bool rises_enough(uint64_t held, uint64_t pictured) noexcept {
    return held >= pictured + std::max(kLeastPeakRise, pictured / 100);
}

struct Gap {
    uint32_t first = 0;
    uint32_t blocks = 0;
};

// Of the gaps between pictures that stay, below `end`, the smallest that is large enough; else the largest. `also_free`:
// a record whose picture may go.
Gap find_gap(const PicturePlace* places, uint32_t also_free, uint32_t end, uint64_t wanted) noexcept {
    Gap best;
    for (uint32_t at = 0; at < end;) {
        uint32_t next = end;
        uint32_t next_end = end;
        for (uint32_t i = 0; i < PictureTables::kRecords; ++i) {
            const PicturePlace& place = places[i];
            const bool stays =
                place.blocks != 0 && i != also_free && (i < PictureTables::kRefusalRecords || place.kept);
            if (stays && place.first < next && place.first + place.blocks > at) {
                next = std::max(place.first, at);
                next_end = place.first + place.blocks;
            }
        }
        const uint32_t blocks = next - at;
        const bool is_better = best.blocks < wanted ? blocks > best.blocks : blocks >= wanted && blocks < best.blocks;
        if (is_better) {
            best = {at, blocks};
        }
        at = next_end;
    }
    return best;
}

}  // namespace

// After an allocation that raised the peak.
void Writer::note_peak(uint32_t allocator, uint32_t account) noexcept {
    TotalLine& line = total(allocator, account);
    if (account < kBufferTypes && rises_enough(get(line.claimed_bytes), get(line.pictured_bytes))) {
        put(line.picture_due, 1u);
    }
}

// Beside pictures of refusals and the newest one of each peak. Where they leave too little, the older picture of this
// peak gives its blocks away at once instead of after the commit: a process that is killed in between leaves none of
// it. Blocks; 0: none.
uint32_t Writer::place_peak(uint64_t wanted_blocks, uint32_t index, uint32_t& first) noexcept {
    PictureTables& tables = pictures_;
    const std::lock_guard<SpinLock> guard(tables.lock);
    const uint32_t end = tables.refusals_from.load(std::memory_order_acquire);
    const uint64_t wanted = std::min<uint64_t>(wanted_blocks, end / 2);
    Gap gap = find_gap(tables.places, index, end, wanted);
    if (gap.blocks < wanted) {
        // The older one lies in the other record of the two.
        const Gap wider = find_gap(tables.places, index ^ 1, end, wanted);
        gap = wider.blocks > gap.blocks ? wider : gap;
    }
    const auto taken = static_cast<uint32_t>(std::min<uint64_t>(wanted, gap.blocks));
    if (uint64_t{taken} * kPictureBlock < kLeastPictureBytes) {
        return 0;
    }
    first = gap.first;
    take_blocks(index, first, taken);
    return taken;
}

void Writer::freeze_peak(const ThreadSlot& slot, uint32_t allocator, uint32_t account) noexcept {
    put(total(allocator, account).picture_due, 0u);
    if (pictures_.blocks() == 0) {
        count_lost(kLostPicture);
        return;
    }
    uint32_t idle = 0;
    if (!pictures_.peak_busy.compare_exchange_strong(idle, 1, std::memory_order_acquire)) {
        return;  // another thread takes one: the next rise of this peak makes one due again
    }
    freeze_due_peak(slot, allocator, account);
    pictures_.peak_busy.store(0, std::memory_order_release);
}

// `peak_busy` is this thread's.
void Writer::freeze_due_peak(const ThreadSlot& slot, uint32_t allocator, uint32_t account) noexcept {
    PictureTables& tables = pictures_;
    TotalLine& line = total(allocator, account);
    if (!rises_enough(own_totals(allocator, account).bytes, get(line.pictured_bytes))) {
        return;  // another thread's free came first
    }
    const uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);
    const uint64_t debt_until_ns = std::max(tables.debt_until_ns, now_ns);
    if (debt_until_ns - now_ns > most_peak_debt_ns) {
        return;  // the next rise makes one due again
    }
    const PicturePlan plan = plan_picture();
    tables.debt_until_ns = debt_until_ns + std::max<uint64_t>(plan.slots, kLeastRecords) * peak_debt_per_record_ns;
    const uint32_t of_line = allocator * kAccounts + account;
    uint32_t key = 0;
    while (key < PictureTables::kPeakKeys && tables.keys[key].line != of_line && tables.keys[key].line != kNone) {
        ++key;
    }
    if (key == PictureTables::kPeakKeys) {
        count_lost(kLostPicture);
        return;
    }
    const uint64_t number = PictureTables::peak_number(key, tables.keys[key].pictures);
    const uint32_t index = number % PictureTables::kRecords;
    uint32_t first = 0;
    const uint32_t blocks = place_peak(wanted_blocks(plan), index, first);
    if (blocks == 0) {
        count_lost(kLostPicture);
        return;
    }
    {
        const std::lock_guard<SpinLock> guard(tables.lock);
        tables.keys[key] = {of_line, tables.keys[key].pictures + 1};
    }
    PictureRecord& picture = tables.records[index];
    open_record(picture, number, first, blocks);
    picture.ticks = now();
    picture.reason = kPicturePeak;
    picture.allocator = static_cast<uint16_t>(allocator);
    picture.account = static_cast<uint8_t>(account);
    picture.thread = slot.thread;
    picture.events = plan.events;
    picture.peak_bytes = own_totals(allocator, account).bytes;
    TTMEM_TEST_POINT("picture described");
    freeze(picture, plan);
    close_record(picture, number);
    put(line.pictured_bytes, picture.peak_bytes);
    const std::lock_guard<SpinLock> guard(tables.lock);
    tables.places[index ^ 1].kept = false;
}

// The record of an allocator is given to one of other devices. The growth lock is held.
void Writer::forget_peak_pictures(uint32_t allocator) noexcept {
    const std::lock_guard<SpinLock> guard(pictures_.lock);
    for (uint32_t key = 0; key < PictureTables::kPeakKeys; ++key) {
        if (pictures_.keys[key].line / kAccounts != allocator) {
            continue;
        }
        for (uint32_t i = 0; i < 2; ++i) {
            const uint32_t index = PictureTables::kRefusalRecords + 2 * key + i;
            PictureRecord& record = pictures_.records[index];
            if (const uint64_t sequence = get(record.sequence); sequence != 0 && sequence % 2 == 0) {
                put(record.sequence, sequence - 1);
                TTMEM_TEST_POINT("picture given up");
            }
            pictures_.places[index] = {};
        }
    }
}

}  // namespace ttmem::ledger
