// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The file of a run (docs/recording-format.md): a header, then chunks. Each chunk has a head of 64 bytes and a payload
// compressed by itself, so that a file cut anywhere is good up to its last whole chunk. Chunks are only appended.
//
//   0    file header   64 bytes
//   64   chunk, chunk, ...    each a multiple of 8 bytes
//        index chunk, footer  written when the recording ends in order; can be rebuilt from the chunks' heads
//
// All numbers are little endian.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ttmem::recording {

inline constexpr uint64_t kFileMagic = 0x4452'4f43'4552'5454;    // "TTRECORD"
inline constexpr uint64_t kFooterMagic = 0x444e'4543'4552'5454;  // "TTRECEND"
inline constexpr uint32_t kChunkMagic = 0x4b48'4354;             // "TCHK"
inline constexpr uint16_t kMajor = 1;                            // the meaning of something changed: a reader refuses
inline constexpr uint16_t kMinor = 2;                            // something was added: a reader skips it

struct FileHeader {
    uint64_t magic;         // 0
    uint16_t major;         // 8
    uint16_t minor;         // 10
    uint32_t header_bytes;  // 12  where the first chunk begins
    uint64_t created_ns;    // 16  since the Unix epoch
    uint64_t nonce;         // 24  random
    uint64_t reserved[4];   // 32
};
static_assert(sizeof(FileHeader) == 64 && offsetof(FileHeader, nonce) == 24);

enum ChunkKind : uint16_t {
    kChunkProcess = 1,  // a process with its devices and allocators; a later one of the same process replaces it
    kChunkEvents = 2,   // what lived at a moment, and the events from then on
    kChunkTexts = 3,    // what the numbers of contexts and tensors mean; adds to those before
    kChunkEnd = 4,      // a process ended, or was followed no further
    kChunkIndex = 5,    // the heads of all chunks before
    // Since 1.2.
    kChunkDefinitions = 6,  // programs that kChunkPrograms names; adds to those before
    kChunkRefusals = 7,     // the records of refusals; a later one of the same number replaces it
    kChunkPrograms = 8,     // what is loaded as the next chunk of events begins, and what its events load
};

enum ChunkFlags : uint16_t {
    kChunkAfterGap = 1,      // events before it were lost: its checkpoint does not follow from the chunk before
    kChunkApproximate = 2,   // the process never paused while its checkpoint was read: it may be some events off
    kChunkAfterDropped = 4,  // the process's chunks before it were taken out of the file (--max-size). Since 1.1
};

struct ChunkHead {
    uint32_t magic;         // 0
    uint16_t kind;          // 4   ChunkKind; unknown ones are skipped
    uint16_t flags;         // 6   ChunkFlags
    uint32_t process;       // 8   number of the process within the file, from 0
    uint32_t count;         // 12  events in it
    uint64_t stored_bytes;  // 16  of the payload as it stands in the file: one zstd frame with its checksum
    uint64_t raw_bytes;     // 24  of the payload before compression
    uint64_t first_ns;      // 32  times of the first and the last event, or of the chunk
    uint64_t last_ns;       // 40
    uint64_t sequence;      // 48  number of the chunk in the file
    uint32_t reserved;      // 56
    uint32_t check;         // 60  check_of() the 60 bytes before
};
static_assert(sizeof(ChunkHead) == 64 && offsetof(ChunkHead, check) == 60);

struct Footer {
    uint64_t magic;         // 0
    uint64_t index_offset;  // 8   of the index chunk's head
    uint64_t chunks;        // 16  that the index names
    uint64_t check;         // 24  check_of() the 24 bytes before
};
static_assert(sizeof(Footer) == 32);

// FNV-1a: distinguishes a head from bytes that look like one, not more.
inline uint32_t check_of(const void* bytes, size_t count) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < count; ++i) {
        hash = (hash ^ static_cast<const unsigned char*>(bytes)[i]) * 16777619u;
    }
    return hash;
}

// Bounds of a reader.
inline constexpr uint64_t kMostRawBytes = uint64_t{128} << 20;  // of a chunk
inline constexpr uint32_t kMostProcesses = 65536;
inline constexpr uint64_t kMostChunks = uint64_t{1} << 24;
inline constexpr uint32_t kMostAllocators = 4096;  // of a process, as in a ledger
inline constexpr uint32_t kMostShards = 256;

}  // namespace ttmem::recording
