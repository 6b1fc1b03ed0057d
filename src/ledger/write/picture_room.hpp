// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The room of pictures in the ledger (format_pictures.hpp): records, and blocks for their bytes. It grows with what
// there is to copy, so that a refusal and a peak find the room there.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/spin_lock.hpp"
#include "ledger/format.hpp"
#include "ledger/write/sections.hpp"

namespace ttmem::ledger {

inline constexpr uint64_t kPictureHeadBytes = 32 * 1024;  // totals, sums, rings and regions of a usual process
inline constexpr uint64_t kPictureRowBytes = sizeof(BufferRecord) + sizeof(BufferExtra);

constexpr uint64_t picture_blocks(uint64_t bytes) noexcept {
    return (bytes + kPictureBlock - 1) / kPictureBlock;
}
constexpr uint64_t whole_picture_blocks(uint64_t bytes) noexcept {
    return picture_blocks(bytes) * kPictureBlock;
}
// A picture of nothing: the head of each chunk and a block to round up to.
inline constexpr uint64_t kLeastPictureBytes = 8 * 2 * uint64_t{kPictureBlock};

// The blocks that a record's picture takes; 0 blocks: none.
struct PicturePlace {
    uint32_t first = 0;
    uint32_t blocks = 0;
    bool kept = false;  // of a peak: the newest whole one, or one that is being taken
};

// Records and blocks are divided, so that neither sort of picture takes the other's: refusals have the first
// kRefusalRecords records and the blocks from refusals_from() on, peaks have the rest.
class PictureRoom {
public:
    static constexpr uint32_t kRefusalRecords = 16;
    static constexpr uint32_t kPeakRecords = 48;
    static constexpr uint32_t kRecords = kRefusalRecords + kPeakRecords;
    static constexpr uint64_t kRecordBytes = whole_pages(kRecords * sizeof(PictureRecord));
    // Address space of all pictures of a process: of refusals two of 340,000 buffers, of peaks as much.
    static constexpr uint64_t kMostBytes = uint64_t{128} << 20;

    explicit PictureRoom(Sections& sections) noexcept : sections_(sections) {}
    PictureRoom(const PictureRoom&) = delete;
    PictureRoom& operator=(const PictureRoom&) = delete;

    // The lock of the sections is held, by these three. `slots`: buffer records ever used.
    void begin(uint32_t slots) noexcept;
    void make_room_for(uint32_t slots) noexcept;
    // Records of programs and circular buffers that exist from now on.
    void make_room_for_programs(uint64_t bytes, uint32_t slots) noexcept;
    // Whether so many buffer records have room in a picture. Any thread, as what follows.
    bool has_room_for(uint32_t slots) const noexcept { return slots <= slots_.load(std::memory_order_relaxed); }

    bool is_empty() const noexcept { return blocks() == 0; }
    uint32_t blocks() const noexcept {
        const uint32_t count = extent_count_.load(std::memory_order_acquire);
        return count == 0 ? 0 : extents_[count - 1].first + extents_[count - 1].count;
    }
    uint32_t refusals_from() const noexcept { return refusals_from_.load(std::memory_order_acquire); }

    // The last of the writer's locks; held by these three.
    SpinLock& lock() noexcept { return lock_; }
    PicturePlace& place(uint32_t record) noexcept { return places_[record]; }
    // Gives the blocks to the picture of a record: pictures that lie there are none any more.
    void take_blocks(uint32_t record, uint32_t first, uint32_t blocks) noexcept;
    // The picture of a record is none any more.
    void give_up(uint32_t record) noexcept;

    // A picture's number names its record: number mod kRecords. A picture may be written from open() to close(), which
    // is the commit; blocks that it did not use are free again then.
    PictureRecord& open(uint64_t number, uint32_t first, uint32_t blocks) noexcept;
    void close(PictureRecord& picture, uint64_t number) noexcept;

    // Copies bytes to or from the blocks, whatever extents they lie in. `at`: from the start of the first block.
    void store(uint64_t at, const void* from, uint64_t bytes) const noexcept { move(at, bytes, from, nullptr); }
    void load(uint64_t at, void* to, uint64_t bytes) const noexcept { move(at, bytes, nullptr, to); }

private:
    static constexpr uint32_t kExtents = 12;

    bool add_extent(uint64_t bytes) noexcept;
    void move(uint64_t at, uint64_t bytes, const void* from, void* to) const noexcept;

    Sections& sections_;
    PictureRecord* records_ = nullptr;
    Extent extents_[kExtents] = {};  // `extent_count_` is stored last (release)
    std::atomic<uint32_t> extent_count_{0};
    std::atomic<uint32_t> refusals_from_{0};
    std::atomic<uint32_t> slots_{0};  // buffer records that have room in a picture
    uint64_t program_bytes_ = 0;      // of all program and circular buffer records that exist
    SpinLock lock_;
    PicturePlace places_[kRecords] = {};
};

}  // namespace ttmem::ledger
