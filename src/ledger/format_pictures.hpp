// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The ledger's records of the extreme: watermarks, the least headroom, frozen pictures. A part of format.hpp.
// Since 1.2.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ledger/format_words.hpp"

namespace ttmem::ledger {

// The furthest that an (allocator, account) has come, beside TotalLine::peak_bytes. A word holds the value + 1; 0 says
// that there was none yet. Every thread of the process raises or lowers them (relaxed), so a reader has each by itself.
struct alignas(64) WatermarkLine {
    Word64 highest_end;                // 0   end of the highest buffer among those that grow upward, in a bank
    Word64 lowest_address;             // 8   of the lowest among those that grow downward
    Word64 least_largest_free;         // 16  the smallest largest free block of a bank
    Word64 recent_highest_end;         // 24  the same three since TotalLine::recent_peak_bytes began
    Word64 recent_lowest_address;      // 32
    Word64 recent_least_largest_free;  // 40
    // Of L1 in a HYBRID mesh's device's own allocator: the most bytes that it and its mesh's held together.
    Word64 peak_with_mesh;         // 48
    Word64 recent_peak_with_mesh;  // 56
};
static_assert(sizeof(WatermarkLine) == 64 && offsetof(WatermarkLine, recent_highest_end) == 24);

// How close circular buffers and an L1 buffer have come. `sequence` is odd while the others change (release), 0 never.
struct Headroom {
    Word32 sequence;          // 0
    uint32_t context;         // 4   of the program's launch or the buffer's allocation, whichever came last
    uint64_t bytes;           // 8   between the two, on the core where they are closest
    uint64_t program_id;      // 16
    uint64_t buffer_id;       // 24  kUnknown64: not listed
    uint64_t end_address;     // 32  of the circular buffers
    uint64_t buffer_address;  // 40
    uint64_t ticks;           // 48
    uint64_t reserved;        // 56
};
static_assert(sizeof(Headroom) == 64);

// The headroom of each allocator, at the allocator's index.
struct alignas(64) HeadroomRecord {
    Headroom ever;    // 0
    Headroom recent;  // 64  since the process last asked to begin again
};
static_assert(sizeof(HeadroomRecord) == 128 && offsetof(HeadroomRecord, recent) == 64);

// Where a buffer of its own address on each core lies. Runs that no other live buffer shares, written before the
// buffer's state makes it live.
struct CoreAddressRecord {
    uint16_t x;        // 0  logical coordinates
    uint16_t y;        // 2
    uint32_t device;   // 4  its index
    uint64_t address;  // 8
};
static_assert(sizeof(CoreAddressRecord) == 16);

// --- Pictures: what lived at a refusal or at a peak, frozen by the writer

enum PictureReason : uint32_t { kPictureRefusal = 1, kPicturePeak = 2 };
enum PictureFlags : uint32_t {
    kPictureOneMoment = 1,       // no event was under way while it was taken
    kPictureBuffersLeftOut = 2,  // there was no room for all: the largest are kept
    kPictureProgramsLeftOut = 4
};

// A ring: picture n (from 0) is at index n mod count. `sequence` is 2n + 1 while it is written and 2n + 2 when it is
// whole (release). Its bytes lie in the blocks of kSectionPictureBytes, and belong to it while `sequence` stands.
struct alignas(64) PictureRecord {
    Word64 sequence;          // 0
    uint64_t ticks;           // 8
    uint32_t reason;          // 16  PictureReason
    uint32_t flags;           // 20  PictureFlags
    uint64_t failure;         // 24  refusal: number of the first failure that it was made for; else kUnknown64
    uint16_t allocator;       // 32  whose refusal or peak; kNoAllocator none
    uint8_t account;          // 34
    uint8_t reserved0;        // 35
    uint32_t thread;          // 36
    uint64_t first_block;     // 40
    uint64_t bytes;           // 48  used, a multiple of kPictureBlock
    uint64_t room;            // 56  bytes that are its own, from first_block on
    uint32_t buffers;         // 64  that lived
    uint32_t buffers_kept;    // 68
    uint64_t bytes_left_out;  // 72  allocated bytes of the buffers that are not kept
    uint64_t events;          // 80  sum of all shards' ring positions then
    uint64_t peak_bytes;      // 88  peak: the peak that it shows
    uint32_t programs;        // 96
    uint32_t programs_kept;   // 100
    uint8_t reserved1[24];    // 104
};
static_assert(sizeof(PictureRecord) == 128 && offsetof(PictureRecord, first_block) == 40 &&
              offsetof(PictureRecord, events) == 80);

inline constexpr uint32_t kPictureBlock = 64;

// A picture's bytes are chunks one after another, each beginning at a multiple of kPictureBlock: this head, then
// `count` records of `stride` bytes. Readers skip kinds that they do not know.
struct PictureChunk {
    uint32_t kind;         // 0   PictureChunkKind
    uint32_t stride;       // 4
    uint32_t count;        // 8   records that follow
    uint32_t total;        // 12  how many there were
    uint8_t reserved[48];  // 16
};
static_assert(sizeof(PictureChunk) == kPictureBlock);

// Kinds below 100 are those of sections (SectionKind), with that section's record where no other is named here.
enum PictureChunkKind : uint32_t {
    kChunkTotals = 4,     // PictureTotal
    kChunkBuffers = 8,    // BufferRecord, then its BufferExtra: 96 bytes
    kChunkPrograms = 10,  // first_circular_buffer counts in the picture's own chunk of them; no kernels
    kChunkCircularBuffers = 11,
    kChunkConfigRings = 13,
    kChunkRegions = 14,
    kChunkCoreAddresses = 16,  // BufferExtra::placement counts in here
    kChunkContextSums = 100    // PictureSum
};

struct PictureTotal {
    uint32_t allocator;        // 0
    uint32_t account;          // 4
    uint64_t buffers;          // 8
    uint64_t bytes;            // 16
    uint64_t requested_bytes;  // 24
    uint64_t peak_bytes;       // 32
    uint64_t reserved;         // 40
};
static_assert(sizeof(PictureTotal) == 48);

// All buffers of a context, also those that are not kept.
struct PictureSum {
    uint32_t context;    // 0
    uint32_t buffers;    // 4
    uint32_t allocator;  // 8
    uint32_t account;    // 12
    uint64_t bytes;      // 16  allocated
};
static_assert(sizeof(PictureSum) == 24);

}  // namespace ttmem::ledger
