// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The records of buffers and their slots: which are free, and how the table grows.
#pragma once

#include <atomic>
#include <cstdint>

#include "ledger/format.hpp"
#include "ledger/write/sections.hpp"

namespace ttmem::ledger {

// A shard with more free slots than this gives half of them to the pool: a thread that only frees must not keep the
// slots that a thread that only allocates needs.
inline constexpr uint32_t kMostFreeSlots = 1024;
inline constexpr uint32_t kSlotBatch = 64;
inline constexpr uint32_t kBuffersPerExtent = 4096;
inline constexpr uint32_t kDefaultMaxBuffers = 1u << 20;

// The free slots that a shard keeps for itself, guarded by its lock. Last in, first out, so that the working set of a
// thread stays warm.
struct FreeSlots {
    static constexpr uint32_t kRoom = kMostFreeSlots + kSlotBatch;

    uint32_t* slots = nullptr;
    uint32_t count = 0;
};

class BufferTable {
public:
    // The sections of one extent: records, and as many BufferExtra.
    static constexpr uint64_t kExtentBytes = kBuffersPerExtent * (sizeof(BufferRecord) + sizeof(BufferExtra));

    explicit BufferTable(Sections& sections) noexcept : sections_(sections) {}
    BufferTable(const BufferTable&) = delete;
    BufferTable& operator=(const BufferTable&) = delete;

    // Sets the bound of the table, rounded to whole extents. False when the host has no memory for the pool.
    bool begin(uint32_t max_buffers) noexcept;
    uint32_t max_buffers() const noexcept { return max_buffers_; }

    // Requires: slot < used().
    BufferRecord& record(uint32_t slot) const noexcept {
        return blocks_[slot / kBuffersPerExtent].records.load(std::memory_order_acquire)[slot % kBuffersPerExtent];
    }
    BufferExtra& extra(uint32_t slot) const noexcept {
        return blocks_[slot / kBuffersPerExtent].extras[slot % kBuffersPerExtent];
    }
    // Slots from here on were never used. Any thread; with the lock of the sections it stands still.
    uint32_t used() const noexcept { return used_.load(std::memory_order_relaxed); }

    // The lock of the sections is held, by these three.
    bool grow() noexcept;
    // Fills the empty stack, from the pool or with slots never used. One of them, kNone when there is none.
    uint32_t fetch(FreeSlots& stack) noexcept;
    // The coldest half, the bottom of the stack, to the pool.
    void give_back(FreeSlots& stack) noexcept;

    // The contexts that hold most of an (allocator, account), most bytes first: at most `room` of them. Looks at no more
    // than the first 32,768 records and 256 contexts, so that a refusal stays short: of more buffers the sums are at
    // least these. Their number. Any thread.
    uint32_t largest_contexts(uint32_t allocator, uint32_t account, HolderRecord* to, uint32_t room) const noexcept;

private:
    struct Block {
        std::atomic<BufferRecord*> records{nullptr};  // stored last (release)
        BufferExtra* extras = nullptr;
    };

    Sections& sections_;
    uint32_t max_buffers_ = 0;
    uint32_t capacity_ = 0;  // slots that exist
    std::atomic<uint32_t> used_{0};
    uint32_t* pool_ = nullptr;  // free slots that shards gave back
    uint32_t pool_count_ = 0;
    uint32_t growth_refused_ = 0;  // requests for slots to answer without asking the file system again
    uint32_t growth_pause_ = 0;    // how many the last refusal stands for
    Block blocks_[(1u << 24) / kBuffersPerExtent] = {};
};

}  // namespace ttmem::ledger
