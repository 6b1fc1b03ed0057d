// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/picture_room.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <mutex>

#include "ledger/write/store.hpp"
#include "ledger/write/test_point.hpp"

namespace ttmem::ledger {

namespace {

constexpr uint32_t kFirstSlots = 1024;
constexpr uint32_t kShareOfFree = 8;  // pictures take at most an eighth of the file system's free bytes

}  // namespace

void PictureRoom::begin(uint32_t slots) noexcept {
    records_ = sections_.add<PictureRecord>(kSectionPictures, 0, 0, kRecords);
    make_room_for(slots);
}

void PictureRoom::make_room_for_programs(uint64_t bytes, uint32_t slots) noexcept {
    program_bytes_ += bytes;
    make_room_for(slots);
}

// The file only grows, so room cannot be moved. When refusals need more, they get a new extent for themselves, which
// lies after all earlier ones; and the peaks get the extent that was the refusals'. Each is twice the one before, so
// that the peaks then have as much as the refusals.
void PictureRoom::make_room_for(uint32_t slots) noexcept {
    slots = std::max(std::bit_ceil(slots + 1), kFirstSlots);
    // Twice: the last one stays while the next is taken.
    const uint64_t wanted = 2 * (kPictureHeadBytes + slots * kPictureRowBytes + program_bytes_);
    slots_.store(slots, std::memory_order_relaxed);
    if (records_ == nullptr) {
        return;
    }
    if (is_empty()) {
        // The peaks' first room, which leaves the refusals half of what there is.
        if (!add_extent(std::min(wanted, sections_.file().free_bytes() / kShareOfFree / 2))) {
            return;
        }
        refusals_from_.store(blocks(), std::memory_order_release);
    }
    const uint32_t before = blocks();
    const uint32_t from = refusals_from_.load(std::memory_order_relaxed);
    const uint64_t have = uint64_t{before - from} * kPictureBlock;
    if (wanted > have && add_extent(std::max(wanted, 2 * have))) {
        refusals_from_.store(before, std::memory_order_release);
    }
}

// Adds one extent of so many bytes, of fewer where the file system has too few: at least a quarter more than the last.
bool PictureRoom::add_extent(uint64_t bytes) noexcept {
    const uint32_t extents = extent_count_.load(std::memory_order_relaxed);
    const uint64_t all = uint64_t{blocks()} * kPictureBlock;
    const uint64_t last = extents == 0 ? 0 : uint64_t{extents_[extents - 1].count} * kPictureBlock;
    if (extents == kExtents) {
        return false;
    }
    const uint64_t share = (sections_.file().free_bytes() + all) / kShareOfFree;
    const uint64_t most = std::min(share, kMostBytes);
    const uint64_t more = std::min(bytes, most > all ? most - all : 0) / kPageBytes * kPageBytes;
    // The first two are alike: one for the peaks, one for the refusals.
    if (more == 0 || (extents > 1 && more < last + last / 4)) {
        return false;
    }
    const uint32_t first = blocks();
    const auto count = static_cast<uint32_t>(more / kPictureBlock);
    const uint64_t offset = sections_.add(kSectionPictureBytes, 0, first, count, kPictureBlock);
    if (offset == 0) {
        return false;
    }
    extents_[extents] = {offset, first, count};
    extent_count_.store(extents + 1, std::memory_order_release);
    return true;
}

void PictureRoom::give_up(uint32_t record) noexcept {
    PictureRecord& picture = records_[record];
    if (const uint64_t sequence = get(picture.sequence); sequence != 0 && sequence % 2 == 0) {
        put(picture.sequence, sequence - 1);
        TTMEM_TEST_POINT("picture given up");
    }
    places_[record] = {};
}

void PictureRoom::take_blocks(uint32_t record, uint32_t first, uint32_t blocks) noexcept {
    for (uint32_t i = 0; i < kRecords; ++i) {
        const PicturePlace& old = places_[i];
        if (i != record && old.blocks != 0 && old.first < first + blocks && first < old.first + old.blocks) {
            give_up(i);
        }
    }
    places_[record] = {first, blocks, true};
    std::atomic_thread_fence(std::memory_order_release);
}

// The record's sequence says that it is being written; then its fields may change.
PictureRecord& PictureRoom::open(uint64_t number, uint32_t first, uint32_t blocks) noexcept {
    PictureRecord& picture = records_[number % kRecords];
    put(picture.sequence, 2 * number + 1);
    TTMEM_TEST_POINT("picture begun");
    std::atomic_thread_fence(std::memory_order_release);
    picture.flags = 0;
    picture.failure = kUnknown64;
    picture.first_block = first;
    picture.room = uint64_t{blocks} * kPictureBlock;
    picture.peak_bytes = 0;
    return picture;
}

void PictureRoom::close(PictureRecord& picture, uint64_t number) noexcept {
    TTMEM_TEST_POINT("picture written");
    put(picture.sequence, 2 * number + 2);
    TTMEM_TEST_POINT("picture whole");
    sections_.header().picture_count.fetch_add(1, std::memory_order_release);
    TTMEM_TEST_POINT("picture counted");
    const std::lock_guard<SpinLock> guard(lock_);
    places_[number % kRecords].blocks = static_cast<uint32_t>(picture_blocks(picture.room));
}

// Exactly one of the two pointers is given.
void PictureRoom::move(uint64_t at, uint64_t bytes, const void* from, void* to) const noexcept {
    const uint32_t extents = extent_count_.load(std::memory_order_acquire);
    uint64_t done = 0;
    for (uint32_t i = 0; i < extents && done < bytes; ++i) {
        const uint64_t first = uint64_t{extents_[i].first} * kPictureBlock;
        const uint64_t end = first + uint64_t{extents_[i].count} * kPictureBlock;
        if (at < first || at >= end) {
            continue;
        }
        const uint64_t part = std::min(bytes - done, end - at);
        auto* there = sections_.at<std::byte>(extents_[i].offset + (at - first));
        if (from != nullptr) {
            std::memcpy(there, static_cast<const std::byte*>(from) + done, part);
        } else {
            std::memcpy(static_cast<std::byte*>(to) + done, there, part);
        }
        at += part;
        done += part;
    }
}

}  // namespace ttmem::ledger
