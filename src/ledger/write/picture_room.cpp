// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The room for pictures, when a picture of a refusal is taken and where it goes: which of the older ones it replaces,
// the commit. peak_pictures.cpp: the same for peaks.
#include <time.h>

#include <algorithm>
#include <bit>
#include <mutex>

#include "ledger/write/picture_writer.hpp"
#include "ledger/write/test_point.hpp"
#include "ledger/write/buffer_events.hpp"

namespace ttmem::ledger {

uint64_t least_picture_pause_ns = 100'000'000;

namespace {

constexpr uint32_t kFirstSlots = 1024;
constexpr uint32_t kShareOfFree = 8;  // pictures take at most an eighth of the file system's free bytes

}  // namespace

// --- Room

// Grows with the number of buffer records ever used, so that a refusal and a peak find the room there. Growth lock held.
//
// The file only grows, so room cannot be moved. When refusals need more, they get a new extent for themselves, which
// lies after all earlier ones; and the peaks get the extent that was the refusals'. Each is twice the one before, so
// that the peaks then have as much as the refusals.
void Writer::reserve_pictures() noexcept {
    PictureTables& tables = pictures_;
    const uint32_t slots = std::max(std::bit_ceil(next_slot_ + 1), kFirstSlots);
    const uint64_t programs = tables.program_bytes.load(std::memory_order_relaxed);
    // Twice: the last one stays while the next is taken.
    const uint64_t wanted = 2 * (kPictureHeadBytes + slots * kPictureRowBytes + programs);
    tables.slots.store(slots, std::memory_order_relaxed);
    if (tables.records == nullptr) {
        return;
    }
    if (tables.blocks() == 0) {
        // The peaks' first room, which leaves the refusals half of what there is.
        if (!add_picture_room(std::min(wanted, file_.free_bytes() / kShareOfFree / 2))) {
            return;
        }
        tables.refusals_from.store(tables.blocks(), std::memory_order_release);
    }
    const uint32_t before = tables.blocks();
    const uint32_t from = tables.refusals_from.load(std::memory_order_relaxed);
    const uint64_t have = uint64_t{before - from} * kPictureBlock;
    if (wanted > have && add_picture_room(std::max(wanted, 2 * have))) {
        tables.refusals_from.store(before, std::memory_order_release);
    }
}

// Adds one extent of so many bytes, of fewer where the file system has too few: at least a quarter more than the last.
// Growth lock held.
bool Writer::add_picture_room(uint64_t bytes) noexcept {
    PictureTables& tables = pictures_;
    const uint32_t extents = tables.extent_count.load(std::memory_order_relaxed);
    const uint64_t all = uint64_t{tables.blocks()} * kPictureBlock;
    const uint64_t last = extents == 0 ? 0 : uint64_t{tables.extents[extents - 1].count} * kPictureBlock;
    if (extents == PictureTables::kExtents) {
        return false;
    }
    const uint64_t share = (file_.free_bytes() + all) / kShareOfFree;
    const uint64_t most = std::min(share, PictureTables::kMostBytes);
    const uint64_t more = std::min(bytes, most > all ? most - all : 0) / kPageBytes * kPageBytes;
    // The first two are alike: one for the peaks, one for the refusals.
    if (more == 0 || (extents > 1 && more < last + last / 4)) {
        return false;
    }
    const uint32_t first = tables.blocks();
    const auto count = static_cast<uint32_t>(more / kPictureBlock);
    const uint64_t offset = add_section(kSectionPictureBytes, 0, first, count, kPictureBlock);
    if (offset == 0) {
        return false;
    }
    tables.extents[extents] = {offset, first, count};
    tables.extent_count.store(extents + 1, std::memory_order_release);
    return true;
}

// Gives the blocks to the picture of record `index`: pictures that lie there are none any more. The pictures' lock is
// held.
void Writer::take_blocks(uint32_t index, uint32_t first, uint32_t blocks) noexcept {
    for (uint32_t i = 0; i < PictureTables::kRecords; ++i) {
        PicturePlace& old = pictures_.places[i];
        if (i == index || old.blocks == 0 || old.first >= first + blocks || first >= old.first + old.blocks) {
            continue;
        }
        PictureRecord& record = pictures_.records[i];
        if (const uint64_t sequence = get(record.sequence); sequence != 0 && sequence % 2 == 0) {
            put(record.sequence, sequence - 1);
            TTMEM_TEST_POINT("picture given up");
        }
        old = {};
    }
    pictures_.places[index] = {first, blocks, true};
    std::atomic_thread_fence(std::memory_order_release);
}

// At most half of the refusals' room, beside the latest whole picture: at whichever end has more room, so that the next
// one finds room at the other. Blocks; 0: none.
uint32_t Writer::place_picture(uint64_t wanted_blocks, uint32_t index, uint32_t& first) noexcept {
    PictureTables& tables = pictures_;
    const std::lock_guard<SpinLock> guard(tables.lock);
    const uint32_t from = tables.refusals_from.load(std::memory_order_acquire);
    const uint32_t all = tables.blocks();  // loaded later, so not below `from`
    const bool is_kept_here = tables.kept_blocks != 0 && tables.kept_first >= from;
    const uint32_t below = is_kept_here ? tables.kept_first - from : all - from;
    const uint32_t above = is_kept_here ? all - tables.kept_first - tables.kept_blocks : 0;
    const auto taken =
        static_cast<uint32_t>(std::min<uint64_t>({wanted_blocks, std::max(below, above), (all - from) / 2}));
    first = below >= above ? from : all - taken;
    if (uint64_t{taken} * kPictureBlock < kLeastPictureBytes) {
        return 0;
    }
    take_blocks(index, first, taken);
    return taken;
}

// --- A picture

// The record's sequence says that it is being written; then its fields may change.
void Writer::open_record(PictureRecord& picture, uint64_t number, uint32_t first, uint32_t blocks) noexcept {
    put(picture.sequence, 2 * number + 1);
    TTMEM_TEST_POINT("picture begun");
    std::atomic_thread_fence(std::memory_order_release);
    picture.flags = 0;
    picture.failure = kUnknown64;
    picture.first_block = first;
    picture.room = uint64_t{blocks} * kPictureBlock;
    picture.peak_bytes = 0;
}

// The commit. Blocks that the picture did not use are free again.
void Writer::close_record(PictureRecord& picture, uint64_t number) noexcept {
    TTMEM_TEST_POINT("picture written");
    put(picture.sequence, 2 * number + 2);
    TTMEM_TEST_POINT("picture whole");
    header_->picture_count.fetch_add(1, std::memory_order_release);
    TTMEM_TEST_POINT("picture counted");
    const std::lock_guard<SpinLock> guard(pictures_.lock);
    pictures_.places[number % PictureTables::kRecords].blocks = static_cast<uint32_t>(picture_blocks(picture.room));
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
    const uint64_t number = PictureTables::refusal_number(tables.refusals);
    const uint32_t index = number % PictureTables::kRecords;
    const PicturePlan plan = plan_picture();
    uint32_t first = 0;
    const uint32_t blocks = place_picture(wanted_blocks(plan), index, first);
    if (blocks == 0) {
        count_lost(kLostPicture);
        tables.busy.store(0, std::memory_order_release);
        return {};
    }
    ++tables.refusals;
    tables.latest.store(number, std::memory_order_relaxed);
    tables.latest_ns.store(now_ns, std::memory_order_release);
    PictureRecord& picture = tables.records[index];
    open_record(picture, number, first, blocks);
    picture.ticks = ticks;
    picture.reason = kPictureRefusal;
    picture.allocator = allocator;
    picture.account = account;
    picture.thread = slot.thread;
    picture.events = plan.events;
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
    close_record(picture, open.number);
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
