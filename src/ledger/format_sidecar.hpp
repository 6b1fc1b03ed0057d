// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The ledger's sidecar: texts, stacks, contexts, tensors. A part of format.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

#include "ledger/format_words.hpp"

namespace ttmem::ledger {

// Sidecar (same name with ".detail" appended, mode 0600): what only the owner may read. Append-only.

inline constexpr uint64_t kSidecarMagic = 0x444c434f4c4c4154;  // "TALLOCLD"

struct SidecarHeader {
    uint64_t magic;         // 0
    uint16_t major;         // 8
    uint16_t minor;         // 10
    uint32_t header_bytes;  // 12
    uint64_t nonce;         // 16  the ledger's
    Word64 bytes_used;      // 24  whole records after the header; release
};
static_assert(sizeof(SidecarHeader) == 32);

enum SidecarType : uint32_t {
    kSidecarCommandLine = 1,  // id 0; text: the arguments, NUL between them
    kSidecarOperation = 2,    // id = context; text: name of the operation or region
    kSidecarStack = 3,        // id = context; text: one frame a line. Not written any more
    kSidecarKernelName = 4,   // id = KernelRecord::name, or FailureRecord::kernels (several, ", " between them)
    // Since 1.2. Numbers of texts, frames and nodes begin at 1, those of contexts at kFirstContext.
    kSidecarText = 5,        // text: of a file, a function, an operation
    kSidecarFrames = 6,      // id = the first one's number; FrameRecord each
    kSidecarStackNodes = 7,  // id = the first one's number; StackNodeRecord each
    kSidecarContexts = 8,    // id = the first one's number; ContextRecord each
    kSidecarTensor = 9,      // id = BufferExtra::tensor; TensorHead and its numbers
    kSidecarLabel = 10,      // id = BufferExtra::label; text
    kSidecarException = 11,  // id = FailureRecord::exception; text
    kSidecarHolders = 12     // id = number of a failure; HolderRecord each, most bytes first
};

// Followed by `bytes` of UTF-8 without terminator; the next record stands at the next multiple of 8.
struct SidecarRecord {
    uint32_t type;      // 0  SidecarType; unknown ones are skipped
    uint32_t id;        // 4
    uint32_t bytes;     // 8
    uint32_t reserved;  // 12
};
static_assert(sizeof(SidecarRecord) == 16);

// --- Contexts: how a buffer, program or refusal came about. Since 1.2

// Below it a context is a name alone (kSidecarOperation), and readers of 1.1 know it too.
inline constexpr uint32_t kFirstContext = 0x10000;

enum ContextFlags : uint32_t {
    kContextCut = 1,      // the stack had more frames than are kept
    kContextDropped = 2,  // there was no room for its stack
    kContextNative = 4    // its frames are those of C and C++
};

struct ContextRecord {
    uint32_t scope;      // 0   kSidecarOperation: the name that the program gave, 0 none
    uint32_t operation;  // 4   kSidecarText: the outermost ttnn operation, 0 none
    uint32_t stack;      // 8   StackNodeRecord of its innermost frame, 0 none
    uint32_t flags;      // 12  ContextFlags
};
static_assert(sizeof(ContextRecord) == 16);

// A node stands for the stack that ends in its frame; stacks that begin alike share nodes.
struct StackNodeRecord {
    uint32_t frame;   // 0  FrameRecord
    uint32_t caller;  // 4  the node of its caller, always a lower number; 0: it is the outermost
};
static_assert(sizeof(StackNodeRecord) == 8);

struct FrameRecord {
    uint32_t file;       // 0   kSidecarText, 0 unknown; as the next two
    uint32_t function;   // 4
    uint32_t line;       // 8   0 unknown
    uint32_t operation;  // 12  kSidecarText: the ttnn operation whose call this frame is, 0 none
};
static_assert(sizeof(FrameRecord) == 16);

// The bytes that live buffers of one context held on each device at a refusal, counted in the failure's allocator and
// account (of circular buffers: L1). Only the largest are kept.
struct HolderRecord {
    uint32_t context;  // 0   as BufferExtra::context
    uint32_t buffers;  // 4
    uint64_t bytes;    // 8
};
static_assert(sizeof(HolderRecord) == 16);

enum TensorFlags : uint8_t {
    kTensorShardColumnMajor = 1,
    kTensorDistributed = 2  // how it is stored on a mesh follows
};
inline constexpr uint8_t kTensorUnknown = 0xff;

// Followed by uint32_t: `rank` dimensions, `padded_rank` padded ones, `shard_rank` of a shard; with kTensorDistributed
// the number of dimensions of its distribution over the chips of a mesh, the size of each, and for each the tensor's
// dimension that is divided along it, as int32_t; kReplicated: it is the same along it.
struct TensorHead {
    uint8_t data_type;      // 0  tt-metal's DataType; kTensorUnknown, as for the next three
    uint8_t layout;         // 1  0 row major, 1 tile
    uint8_t memory_layout;  // 2  0 interleaved, 2 height, 3 width, 4 block, 5 N-dimensional shards
    uint8_t buffer_type;    // 3
    uint8_t rank;           // 4
    uint8_t padded_rank;    // 5
    uint8_t shard_rank;     // 6
    uint8_t flags;          // 7  TensorFlags
};
static_assert(sizeof(TensorHead) == 8);
inline constexpr uint32_t kMostTensorRank = 16;
inline constexpr int32_t kReplicated = INT32_MIN;

}  // namespace ttmem::ledger
