// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Reads a ledger file by copying from it. The file is taken as hostile: every size, offset, count and string is
// checked, and whatever is in it, the answer is a value or an Error, in bounded time and memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "ledger/read/snapshot.hpp"

namespace ttmem::ledger {

// Why a ledger could not be read.
enum class ReadFailure {
    kStarting,        // not ready yet, or its maker died making it
    kForeignVersion,  // another major version
    kCorrupt,         // something in it contradicts the format
    kIo               // the kernel refused (permission, gone)
};

struct ReadError : Error {
    ReadFailure failure = ReadFailure::kIo;
};

struct ReadOptions {
    bool buffers = false;   // list live buffers (else totals only)
    bool programs = false;  // programs with circular buffers and kernels, config rings, regions
    // The writer cannot run now (dead or stopped), so that an allocator record half given away will stay so: it is left
    // out at once. Events in flight are rolled forward or back in either case.
    bool writer_halted = false;
    // How long a writer that never pauses is asked for a moment, before the answer is made of whole rows instead
    // (Snapshot::one_moment false). One try is always made.
    uint32_t patience_us = 3000;
};

// Position in a ledger's event rings: one number a shard.
struct EventCursor {
    std::vector<uint64_t> positions;
    bool started = false;
};

struct EventBatch {
    std::vector<Event> events;  // by time
    uint64_t missed = 0;        // written since the cursor, overwritten before this read: resynchronise from a snapshot
};

// Where bytes come from: a file by pread, or memory in tests. Copies up to `bytes` from `offset`; the count copied
// (short at the end of the file), or -1 with errno.
using ByteSource = std::function<int64_t(uint64_t offset, void* to, uint64_t bytes)>;

struct SectionMap;  // section_map.hpp, inside the reader
struct StampReach;  // read_stamp.hpp, inside the reader

// An open ledger. Not thread safe; cheap to keep open and read again.
class Reader {
public:
    // `fd` must be a regular file; Reader owns it. The caller has checked the file's owner.
    static Reader from_fd(UniqueFd fd);
    static Reader from_source(ByteSource source);

    // A consistent copy (see Snapshot::one_moment).
    std::variant<Snapshot, ReadError> read(const ReadOptions& options);

    // The snapshot that a picture froze: the buffers, programs and totals of that moment (Snapshot::picture);
    // devices and failures are those of the ledger. nullopt: there is no such picture, or it has been overwritten.
    std::variant<std::optional<Snapshot>, ReadError> read_picture(uint64_t number);

    // Events after the cursor, which is moved on. The first call with a fresh cursor starts at the oldest that are
    // kept.
    // With `until`, the positions of a snapshot: only the events that this snapshot includes, so that its totals are
    // the totals before plus these events; later ones come with the next call.
    std::variant<EventBatch, ReadError> read_events(EventCursor& cursor, const std::vector<uint64_t>* until = nullptr);

    // Changes with whatever a read could show, except what the clock alone moves on; costs a small part of a read. Take
    // it before a read: while it stays the same, and the snapshot was of one moment, that snapshot holds. nullopt: the
    // file cannot be looked at this way now, so read it.
    std::optional<uint64_t> stamp();

    int fd() const { return fd_.get(); }

private:
    UniqueFd fd_;
    ByteSource source_;
    std::shared_ptr<const SectionMap> map_;  // the directory as stamp() saw it last
    std::shared_ptr<StampReach> reach_;      // what of its tables stamp() need look at
};

// The facts of a tensor; a code is nullopt where the ledger has none.
struct TensorFacts {
    std::optional<uint8_t> data_type;      // tt-metal's DataType
    std::optional<uint8_t> layout;         // 0 row major, 1 tile
    std::optional<uint8_t> memory_layout;  // 0 interleaved, 2 height, 3 width, 4 block, 5 N-dimensional shards
    std::optional<uint8_t> buffer_type;
    bool shard_column_major = false;
    std::vector<uint32_t> shape;
    std::vector<uint32_t> padded_shape;
    std::vector<uint32_t> shard_shape;  // empty: not sharded, or unknown
    // How it is distributed over the chips of a mesh: the extent of each dimension of the distribution, and the tensor's
    // dimension that is divided along it (kReplicated: none). As many of both; empty: unknown.
    std::vector<uint32_t> distribution_shape;
    std::vector<int32_t> divided;
};

// The sidecar's texts. Missing or unreadable ones are absent.
struct Sidecar {
    std::vector<std::string> command_line;
    std::vector<std::pair<uint32_t, std::string>> operations;
    std::vector<std::pair<uint32_t, std::string>> stacks;
    std::vector<std::pair<uint32_t, std::string>> kernel_names;
    // Since 1.2. By number; what a context, node or frame names may be missing, as any text.
    std::vector<std::pair<uint32_t, std::string>> texts;  // of files, functions, operations
    std::vector<std::pair<uint32_t, FrameRecord>> frames;
    std::vector<std::pair<uint32_t, StackNodeRecord>> stack_nodes;
    std::vector<std::pair<uint32_t, ContextRecord>> contexts;
    std::vector<std::pair<uint32_t, TensorFacts>> tensors;
    std::vector<std::pair<uint32_t, std::string>> labels;
    std::vector<std::pair<uint32_t, std::string>> exceptions;
    std::vector<std::pair<uint32_t, std::vector<HolderRecord>>> holders;  // by number of the failure
};
std::variant<Sidecar, ReadError> read_sidecar(const ByteSource& source, uint64_t nonce);

}  // namespace ttmem::ledger
