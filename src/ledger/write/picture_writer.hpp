// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The writer's state of pictures (format_pictures.hpp): where their space is, and which of it must not be overwritten.
// The functions are Writer's (picture_room.cpp: when and where; picture_writer.cpp: what).
#pragma once

#include <atomic>
#include <cstdint>

#include "ledger/format.hpp"
#include "ledger/write/program_writer.hpp"

namespace ttmem::ledger {

// Between two pictures of refusals at least; tests change it.
extern uint64_t least_picture_pause_ns;

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
// A chunk of `count` records.
constexpr uint64_t chunk_bytes(uint64_t count, uint64_t stride) noexcept {
    return sizeof(PictureChunk) + whole_picture_blocks(count * stride);
}

// The live records, counted before they are copied.
struct PicturePlan {
    uint32_t slots = 0;    // buffer records ever used
    uint32_t buffers = 0;  // that live
    uint64_t buffer_bytes = 0;
    uint32_t addresses = 0;  // on cores, of these buffers
    uint32_t programs = 0;
    uint32_t circular_buffers = 0;  // of these programs
    uint64_t events = 0;
    bool quiet = false;  // no event is under way
};

// A picture that is being taken; `record` is null when there is none to finish: it is shared, or there is no room.
struct OpenPicture {
    uint64_t number = kUnknown64;
    PictureRecord* record = nullptr;
};

struct PictureTables {
    static constexpr uint32_t kRecords = 16;  // a power of two
    static constexpr uint32_t kExtents = 12;
    // Address space of all pictures of a process: two of 340,000 buffers.
    static constexpr uint64_t kMostBytes = uint64_t{64} << 20;

    PictureRecord* records = nullptr;
    // Added to under the writer's growth lock; `extent_count` is stored last (release).
    RecordRuns::Extent extents[kExtents] = {};
    std::atomic<uint32_t> extent_count{0};
    std::atomic<uint32_t> slots{0};            // buffer records that have room in a picture
    std::atomic<uint64_t> program_bytes{0};    // of all program and circular buffer records that exist
    std::atomic<uint32_t> busy{0};             // 1: a thread takes a picture; the rest is that thread's
    std::atomic<uint64_t> latest{kUnknown64};  // number of the latest refusal's, from its beginning on
    std::atomic<uint64_t> latest_ns{0};        // CLOCK_MONOTONIC_COARSE then
    uint32_t kept_first = 0;                   // blocks of the latest whole one, which the next must leave alone
    uint32_t kept_blocks = 0;

    uint32_t blocks() const noexcept {
        const uint32_t count = extent_count.load(std::memory_order_acquire);
        return count == 0 ? 0 : extents[count - 1].first + extents[count - 1].count;
    }
};

}  // namespace ttmem::ledger
