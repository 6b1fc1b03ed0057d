// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/peak_pictures.hpp"

#include <algorithm>
#include <mutex>

#include "base/clock.hpp"
#include "ledger/write/store.hpp"
#include "ledger/write/test_point.hpp"

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
Gap find_gap(PictureRoom& room, uint32_t also_free, uint32_t end, uint64_t wanted) noexcept {
    Gap best;
    for (uint32_t at = 0; at < end;) {
        uint32_t next = end;
        uint32_t next_end = end;
        for (uint32_t i = 0; i < PictureRoom::kRecords; ++i) {
            const PicturePlace& place = room.place(i);
            const bool stays = place.blocks != 0 && i != also_free && (i < PictureRoom::kRefusalRecords || place.kept);
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

// Both sorts of pictures count on by themselves.
constexpr uint64_t number_of(uint32_t key, uint64_t picture) noexcept {
    return picture / 2 * PictureRoom::kRecords + PictureRoom::kRefusalRecords + 2 * key + picture % 2;
}

}  // namespace

void PeakPictures::note_peak(uint32_t allocator, uint32_t account) noexcept {
    TotalLine& line = allocators_.total(allocator, account);
    if (account < kBufferTypes && rises_enough(get(line.claimed_bytes), get(line.pictured_bytes))) {
        put(line.picture_due, 1u);
    }
}

// Beside pictures of refusals and the newest one of each peak. Where they leave too little, the older picture of this
// peak gives its blocks away at once instead of after the commit: a process that is killed in between leaves none of
// it. Blocks; 0: none.
uint32_t PeakPictures::place(uint64_t wanted_blocks, uint32_t record, uint32_t& first) noexcept {
    const std::lock_guard<SpinLock> guard(room_.lock());
    const uint32_t end = room_.refusals_from();
    const uint64_t wanted = std::min<uint64_t>(wanted_blocks, end / 2);
    Gap gap = find_gap(room_, record, end, wanted);
    if (gap.blocks < wanted) {
        // The older one lies in the other record of the two.
        const Gap wider = find_gap(room_, record ^ 1, end, wanted);
        gap = wider.blocks > gap.blocks ? wider : gap;
    }
    const auto taken = static_cast<uint32_t>(std::min<uint64_t>(wanted, gap.blocks));
    if (uint64_t{taken} * kPictureBlock < kLeastPictureBytes) {
        return 0;
    }
    first = gap.first;
    room_.take_blocks(record, first, taken);
    return taken;
}

void PeakPictures::freeze(const ThreadSlot& slot, uint32_t allocator, uint32_t account) noexcept {
    put(allocators_.total(allocator, account).picture_due, 0u);
    if (room_.is_empty()) {
        header_.count_lost(kLostPicture);
        return;
    }
    if (!try_pause()) {
        return;  // another thread takes one: the next rise of this peak makes one due again
    }
    freeze_due(slot, allocator, account);
    resume();
}

// Its two records; kKeys: there are none for it.
uint32_t PeakPictures::key_of(uint32_t allocator, uint32_t account) const noexcept {
    uint32_t key = 0;
    while (key < kKeys && keys_[key].line != allocator * kAccounts + account && keys_[key].line != kNone) {
        ++key;
    }
    return key;
}

// `busy_` is this thread's.
void PeakPictures::freeze_due(const ThreadSlot& slot, uint32_t allocator, uint32_t account) noexcept {
    TotalLine& line = allocators_.total(allocator, account);
    if (!rises_enough(totals_.of(allocator, account).bytes, get(line.pictured_bytes))) {
        return;  // another thread's free came first
    }
    const uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);
    const uint64_t debt_until_ns = std::max(debt_until_ns_, now_ns);
    if (debt_until_ns - now_ns > most_peak_debt_ns) {
        return;  // the next rise makes one due again
    }
    const PicturePlan plan = writer_.plan();
    debt_until_ns_ = debt_until_ns + std::max<uint64_t>(plan.slots, kLeastRecords) * peak_debt_per_record_ns;
    const uint32_t key = key_of(allocator, account);
    if (key == kKeys) {
        header_.count_lost(kLostPicture);
        return;
    }
    const uint64_t number = number_of(key, keys_[key].pictures);
    const uint32_t record = number % PictureRoom::kRecords;
    uint32_t first = 0;
    const uint32_t blocks = place(plan.wanted_blocks(), record, first);
    if (blocks == 0) {
        header_.count_lost(kLostPicture);
        return;
    }
    {
        const std::lock_guard<SpinLock> guard(room_.lock());
        keys_[key] = {allocator * kAccounts + account, keys_[key].pictures + 1};
    }
    PictureRecord& picture = room_.open(number, first, blocks);
    picture.ticks = header_.now();
    picture.reason = kPicturePeak;
    picture.allocator = static_cast<uint16_t>(allocator);
    picture.account = static_cast<uint8_t>(account);
    picture.thread = slot.thread;
    picture.events = plan.events.events;
    picture.peak_bytes = totals_.of(allocator, account).bytes;
    TTMEM_TEST_POINT("picture described");
    writer_.freeze(picture, plan);
    room_.close(picture, number);
    put(line.pictured_bytes, picture.peak_bytes);
    const std::lock_guard<SpinLock> guard(room_.lock());
    room_.place(record ^ 1).kept = false;
}

void PeakPictures::forget(uint32_t allocator) noexcept {
    const std::lock_guard<SpinLock> guard(room_.lock());
    for (uint32_t key = 0; key < kKeys; ++key) {
        if (keys_[key].line / kAccounts == allocator) {
            room_.give_up(PictureRoom::kRefusalRecords + 2 * key);
            room_.give_up(PictureRoom::kRefusalRecords + 2 * key + 1);
        }
    }
}

}  // namespace ttmem::ledger
