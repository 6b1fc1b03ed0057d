// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/refusal_pictures.hpp"

#include <time.h>

#include <algorithm>
#include <mutex>

#include "base/clock.hpp"
#include "ledger/write/test_point.hpp"

namespace ttmem::ledger {

uint64_t least_picture_pause_ns = 100'000'000;

// At most half of the refusals' room, beside the latest whole picture: at whichever end has more room, so that the next
// one finds room at the other. Blocks; 0: none.
uint32_t RefusalPictures::place(uint64_t wanted_blocks, uint32_t record, uint32_t& first) noexcept {
    const std::lock_guard<SpinLock> guard(room_.lock());
    const uint32_t from = room_.refusals_from();
    const uint32_t all = room_.blocks();  // loaded later, so not below `from`
    const bool is_kept_here = kept_blocks_ != 0 && kept_first_ >= from;
    const uint32_t below = is_kept_here ? kept_first_ - from : all - from;
    const uint32_t above = is_kept_here ? all - kept_first_ - kept_blocks_ : 0;
    const auto taken =
        static_cast<uint32_t>(std::min<uint64_t>({wanted_blocks, std::max(below, above), (all - from) / 2}));
    first = below >= above ? from : all - taken;
    if (uint64_t{taken} * kPictureBlock < kLeastPictureBytes) {
        return 0;
    }
    room_.take_blocks(record, first, taken);
    return taken;
}

OpenPicture RefusalPictures::begin(const ThreadSlot& slot, uint64_t ticks, uint16_t allocator,
                                   uint8_t account) noexcept {
    const uint64_t now_ns = clock_ns(CLOCK_MONOTONIC_COARSE);
    // The time first: it is stored after the number, so that a new time never comes with an old number.
    const auto recent = [&] {
        const uint64_t at = latest_ns_.load(std::memory_order_acquire);
        const uint64_t latest = latest_.load(std::memory_order_acquire);
        return at + least_picture_pause_ns > now_ns ? latest : kUnknown64;
    };
    if (const uint64_t latest = recent(); latest != kUnknown64) {
        return {latest, nullptr};
    }
    if (room_.is_empty() || !try_pause()) {
        // Another thread may have begun one just now; else it makes the removed file again.
        const uint64_t latest = recent();
        if (latest == kUnknown64) {
            header_.count_lost(kLostPicture);
        }
        return {latest, nullptr};
    }
    const uint64_t number = number_of(begun_);
    const PicturePlan plan = writer_.plan();
    uint32_t first = 0;
    const uint32_t blocks = place(plan.wanted_blocks(), number % PictureRoom::kRecords, first);
    if (blocks == 0) {
        header_.count_lost(kLostPicture);
        resume();
        return {};
    }
    ++begun_;
    latest_.store(number, std::memory_order_relaxed);
    latest_ns_.store(now_ns, std::memory_order_release);
    PictureRecord& picture = room_.open(number, first, blocks);
    picture.ticks = ticks;
    picture.reason = kPictureRefusal;
    picture.allocator = allocator;
    picture.account = account;
    picture.thread = slot.thread;
    picture.events = plan.events.events;
    TTMEM_TEST_POINT("picture described");
    writer_.freeze(picture, plan);
    return {number, &picture};
}

void RefusalPictures::finish(const ThreadSlot& slot, const OpenPicture& open, uint64_t failure) noexcept {
    if (open.record == nullptr) {
        return;
    }
    PictureRecord& picture = *open.record;
    picture.failure = failure;
    room_.close(picture, open.number);
    const uint64_t ticks = picture.ticks;
    const uint16_t allocator = picture.allocator;
    const uint8_t account = picture.account;
    kept_first_ = static_cast<uint32_t>(picture.first_block);
    kept_blocks_ = static_cast<uint32_t>(picture_blocks(picture.room));
    resume();
    shards_.add_event(slot, kEventPicture, ticks, open.number, 0, allocator, account, {});
}

}  // namespace ttmem::ledger
