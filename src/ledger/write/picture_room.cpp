// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// When a picture is taken and where it goes: reserved room, which of the older ones it replaces, the commit.
#include <time.h>

#include <algorithm>
#include <bit>
#include <mutex>

#include "ledger/write/picture_writer.hpp"
#include "ledger/write/test_point.hpp"
#include "ledger/write/writer_events.hpp"

namespace ttmem::ledger {

uint64_t least_picture_pause_ns = 100'000'000;

namespace {

constexpr uint32_t kFirstSlots = 1024;
constexpr uint32_t kShareOfFree = 8;  // a picture takes at most an eighth of the file system's free bytes

}  // namespace

// --- Room

// Grows with the number of buffer records ever used, so that a refusal finds the room there. Growth lock held.
void Writer::reserve_pictures() noexcept {
    PictureTables& tables = pictures_;
    const uint32_t slots = std::max(std::bit_ceil(next_slot_ + 1), kFirstSlots);
    const uint64_t programs = tables.program_bytes.load(std::memory_order_relaxed);
    // Twice: the last one stays while the next is taken.
    const uint64_t wanted =
        std::min(2 * (kPictureHeadBytes + slots * kPictureRowBytes + programs), PictureTables::kMostBytes);
    tables.slots.store(slots, std::memory_order_relaxed);
    const uint32_t extents = tables.extent_count.load(std::memory_order_relaxed);
    const uint64_t have = uint64_t{tables.blocks()} * kPictureBlock;
    if (tables.records == nullptr || extents == PictureTables::kExtents || wanted <= have) {
        return;
    }
    // Doubled, for there are few extents: nine of them reach the most. Where the file system has too little for that, an
    // extent is not spent on less than a quarter.
    const uint64_t goal = std::min(std::max(wanted, 2 * have), PictureTables::kMostBytes);
    const uint64_t share = (file_.free_bytes() + have) / kShareOfFree;
    const uint64_t more = (std::min(goal, std::max(share, have)) - have) / kPageBytes * kPageBytes;
    if (more == 0 || more < have / 4) {
        return;
    }
    const uint32_t first = tables.blocks();
    const auto count = static_cast<uint32_t>(more / kPictureBlock);
    if (const uint64_t offset = add_section(kSectionPictureBytes, 0, first, count, kPictureBlock); offset != 0) {
        tables.extents[extents] = {offset, first, count};
        tables.extent_count.store(extents + 1, std::memory_order_release);
    }
}

// At most half of all, beside the latest whole picture: at whichever end has more room, so that the next one finds room
// at the other. Blocks; 0: none.
uint32_t Writer::place_picture(uint64_t wanted_blocks, uint32_t& first) const noexcept {
    const uint32_t all = pictures_.blocks();
    const uint32_t below = pictures_.kept_blocks == 0 ? all : pictures_.kept_first;
    const uint32_t above = pictures_.kept_blocks == 0 ? 0 : all - pictures_.kept_first - pictures_.kept_blocks;
    const uint32_t room = std::max(below, above);
    const auto taken = static_cast<uint32_t>(std::min<uint64_t>({wanted_blocks, room, all / 2}));
    first = below >= above ? 0 : all - taken;
    return taken;
}

// --- A picture

// Pictures whose bytes will be written over are none any more.
void Writer::give_up_pictures(uint32_t first, uint32_t blocks) noexcept {
    for (uint32_t i = 0; i < PictureTables::kRecords; ++i) {
        PictureRecord& old = pictures_.records[i];
        const uint64_t sequence = get(old.sequence);
        const uint64_t old_end = old.first_block + picture_blocks(old.room);
        if (sequence != 0 && sequence % 2 == 0 && old.first_block < uint64_t{first} + blocks && first < old_end) {
            put(old.sequence, sequence - 1);
            TTMEM_TEST_POINT("picture given up");
        }
    }
    std::atomic_thread_fence(std::memory_order_release);
}

// Taken unless one was within the last 100 ms: that one is then shared.
OpenPicture Writer::begin_picture(const ThreadSlot& slot, uint64_t ticks, uint16_t allocator,
                                  uint8_t account) noexcept {
    PictureTables& tables = pictures_;
    timespec coarse{};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &coarse);
    const uint64_t now_ns =
        static_cast<uint64_t>(coarse.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(coarse.tv_nsec);
    // The time first: it is stored after the number, so that a new time never comes with an old number.
    const auto recent = [&] {
        const uint64_t at = tables.latest_ns.load(std::memory_order_acquire);
        const uint64_t latest = tables.latest.load(std::memory_order_acquire);
        return at + least_picture_pause_ns > now_ns ? latest : kUnknown64;
    };
    if (const uint64_t latest = recent(); latest != kUnknown64) {
        return {latest, nullptr};
    }
    uint32_t idle = 0;
    if (tables.records == nullptr || tables.blocks() == 0 ||
        !tables.busy.compare_exchange_strong(idle, 1, std::memory_order_acquire)) {
        // Another thread may have begun one just now; else it makes the removed file again.
        const uint64_t latest = recent();
        if (latest == kUnknown64) {
            count_lost(kLostPicture);
        }
        return {latest, nullptr};
    }
    const uint64_t number = get(header_->picture_count);
    const PicturePlan plan = plan_picture();
    const uint64_t wanted = kPictureHeadBytes + chunk_bytes(plan.buffers, kPictureRowBytes) +
                            chunk_bytes(plan.addresses, sizeof(CoreAddressRecord)) +
                            chunk_bytes(plan.programs, sizeof(ProgramRecord)) +
                            chunk_bytes(plan.circular_buffers, sizeof(CircularBufferRecord));
    uint32_t first = 0;
    const uint32_t blocks = place_picture(picture_blocks(wanted), first);
    if (uint64_t{blocks} * kPictureBlock < kLeastPictureBytes) {
        count_lost(kLostPicture);
        tables.busy.store(0, std::memory_order_release);
        return {};
    }
    tables.latest.store(number, std::memory_order_relaxed);
    tables.latest_ns.store(now_ns, std::memory_order_release);
    PictureRecord& picture = tables.records[number % PictureTables::kRecords];
    give_up_pictures(first, blocks);
    put(picture.sequence, 2 * number + 1);
    TTMEM_TEST_POINT("picture begun");
    std::atomic_thread_fence(std::memory_order_release);
    picture.ticks = ticks;
    picture.reason = kPictureRefusal;
    picture.flags = 0;
    picture.failure = kUnknown64;
    picture.allocator = allocator;
    picture.account = account;
    picture.thread = slot.thread;
    picture.first_block = first;
    picture.room = uint64_t{blocks} * kPictureBlock;
    picture.events = plan.events;
    picture.peak_bytes = 0;
    TTMEM_TEST_POINT("picture described");
    freeze(picture, plan);
    return {number, &picture};
}

void Writer::finish_picture(const ThreadSlot& slot, const OpenPicture& open, uint64_t failure) noexcept {
    if (open.record == nullptr) {
        return;
    }
    PictureRecord& picture = *open.record;
    picture.failure = failure;
    TTMEM_TEST_POINT("picture written");
    put(picture.sequence, 2 * open.number + 2);
    TTMEM_TEST_POINT("picture whole");
    put(header_->picture_count, open.number + 1);
    TTMEM_TEST_POINT("picture counted");
    const uint64_t ticks = picture.ticks;
    const uint16_t allocator = picture.allocator;
    const uint8_t account = picture.account;
    pictures_.kept_first = static_cast<uint32_t>(picture.first_block);
    pictures_.kept_blocks = static_cast<uint32_t>(picture_blocks(picture.room));
    pictures_.busy.store(0, std::memory_order_release);
    Shard& shard = shards_[slot.shard];
    const ShardGuard guard(shard.lock, !slot.shared);
    add_event(shard, kEventPicture, ticks, open.number, 0, slot.thread, allocator, account, {});
}

}  // namespace ttmem::ledger
