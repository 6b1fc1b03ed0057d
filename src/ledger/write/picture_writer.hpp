// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The writer's state of pictures (format_pictures.hpp): where their space is, and which of it must not be overwritten.
// The functions are Writer's (picture_room.cpp: when and where; picture_writer.cpp: what).
#pragma once

#include <atomic>
#include <cstdint>

#include "base/spin_lock.hpp"
#include "ledger/format.hpp"
#include "ledger/write/program_writer.hpp"

namespace ttmem::ledger {

// Between two pictures of refusals at least; tests change it.
extern uint64_t least_picture_pause_ns;
// Pictures of peaks may take a fiftieth of the time: each adds so much for every buffer record that it looks at (about
// fifty times what the look costs, docs/ledger-format.md) to a debt that time pays off. A larger debt than
// `most_peak_debt_ns` waits for the next rise of the peak. Tests change both.
extern uint64_t peak_debt_per_record_ns;
extern uint64_t most_peak_debt_ns;
// A peak gets a picture when it is so much above the last one that has: this and a hundredth.
inline constexpr uint64_t kLeastPeakRise = uint64_t{1} << 20;

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

// The blocks that a picture of all that takes.
constexpr uint64_t wanted_blocks(const PicturePlan& plan) noexcept {
    return picture_blocks(kPictureHeadBytes + chunk_bytes(plan.buffers, kPictureRowBytes) +
                          chunk_bytes(plan.addresses, sizeof(CoreAddressRecord)) +
                          chunk_bytes(plan.programs, sizeof(ProgramRecord)) +
                          chunk_bytes(plan.circular_buffers, sizeof(CircularBufferRecord)));
}

// A picture that is being taken; `record` is null when there is none to finish: it is shared, or there is no room.
struct OpenPicture {
    uint64_t number = kUnknown64;
    PictureRecord* record = nullptr;
};

// The blocks that a record's picture takes; 0 blocks: none.
struct PicturePlace {
    uint32_t first = 0;
    uint32_t blocks = 0;
    bool kept = false;  // of a peak: the newest whole one, or one that is being taken
};

// Records and blocks are divided, so that neither sort of picture takes the other's: refusals have the first
// kRefusalRecords records and the blocks from `refusals_from` on, peaks have the rest. Each (allocator, account) whose
// peak was frozen has two records, which it uses in turn.
struct PictureTables {
    static constexpr uint32_t kRefusalRecords = 16;
    static constexpr uint32_t kPeakKeys = 24;
    static constexpr uint32_t kRecords = kRefusalRecords + 2 * kPeakKeys;
    static constexpr uint32_t kExtents = 12;
    // Address space of all pictures of a process: of refusals two of 340,000 buffers, of peaks as much.
    static constexpr uint64_t kMostBytes = uint64_t{128} << 20;

    PictureRecord* records = nullptr;
    // Added to under the writer's growth lock; `extent_count` is stored last (release).
    RecordRuns::Extent extents[kExtents] = {};
    std::atomic<uint32_t> extent_count{0};
    std::atomic<uint32_t> refusals_from{0};
    std::atomic<uint32_t> slots{0};          // buffer records that have room in a picture
    std::atomic<uint64_t> program_bytes{0};  // of all program and circular buffer records that exist
    SpinLock lock;                           // of `places`; the last of the writer's locks
    PicturePlace places[kRecords] = {};

    // Of refusals.
    std::atomic<uint32_t> busy{0};             // 1: a thread takes a picture; the rest is that thread's
    std::atomic<uint64_t> latest{kUnknown64};  // number of the latest, from its beginning on
    std::atomic<uint64_t> latest_ns{0};        // CLOCK_MONOTONIC_COARSE then
    uint64_t refusals = 0;                     // pictures begun
    uint32_t kept_first = 0;                   // blocks of the latest whole one, which the next must leave alone
    uint32_t kept_blocks = 0;

    // Of peaks.
    struct PeakKey {
        uint32_t line = kNone;  // allocator x kAccounts + account
        uint64_t pictures = 0;  // begun
    };
    std::atomic<uint32_t> peak_busy{0};  // as `busy`
    PeakKey keys[kPeakKeys] = {};
    uint64_t debt_until_ns = 0;  // CLOCK_MONOTONIC at which the time that pictures of peaks took is paid off

    // A picture's number names its record: number mod kRecords. Both sorts count on by themselves.
    static constexpr uint64_t refusal_number(uint64_t picture) noexcept {
        return picture / kRefusalRecords * kRecords + picture % kRefusalRecords;
    }
    static constexpr uint64_t peak_number(uint32_t key, uint64_t picture) noexcept {
        return picture / 2 * kRecords + kRefusalRecords + 2 * key + picture % 2;
    }

    uint32_t blocks() const noexcept {
        const uint32_t count = extent_count.load(std::memory_order_acquire);
        return count == 0 ? 0 : extents[count - 1].first + extents[count - 1].count;
    }
};

}  // namespace ttmem::ledger
