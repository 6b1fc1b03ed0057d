// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Records that a buffer comes, goes or changes. allocate() and free() are the hot path: buffer_events.hpp.
#pragma once

#include <cstdint>

#include "ledger/write/exact_peak.hpp"
#include "ledger/write/extremes.hpp"
#include "ledger/write/file_renewal.hpp"
#include "ledger/write/new_buffer.hpp"
#include "ledger/write/peak_pictures.hpp"
#include "ledger/write/picture_room.hpp"
#include "ledger/write/tables.hpp"
#include "ledger/write/totals.hpp"
#include "ledger/write/unlisted_buffers.hpp"

namespace ttmem::ledger {

// The cache lines that an event of one (allocator, account) touches.
struct EventLines {
    const void* shard = nullptr;
    const ShardHeader* header = nullptr;
    const void* counters = nullptr;
    const void* totals = nullptr;

    void prefetch() const noexcept {
        if (shard != nullptr) {
            __builtin_prefetch(shard, 1);
            __builtin_prefetch(header, 1);
            __builtin_prefetch(&header->ring_position, 1);
            __builtin_prefetch(counters, 1);
            __builtin_prefetch(totals, 1);
        }
    }
};

// Owns the tables of the ledger, so that an event reaches each at a fixed distance, without a pointer in between; the
// parts that are rarely needed it knows by reference. All functions are safe from any thread.
class BufferWriter {
public:
    BufferWriter(Totals& totals, Extremes& extremes, PictureRoom& pictures, PeakPictures& peaks,
                 FileRenewal& renewal) noexcept
        : totals_(totals), extremes_(extremes), pictures_(pictures), peaks_(peaks), renewal_(renewal) {}
    BufferWriter(const BufferWriter&) = delete;
    BufferWriter& operator=(const BufferWriter&) = delete;

    Tables& tables() noexcept { return tables_; }
    const Tables& tables() const noexcept { return tables_; }

    // A buffer comes, goes. No locked instruction while a thread keeps to its own buffers.
    void allocate(ThreadSlot& slot, const NewBuffer& buffer) noexcept;
    void free(ThreadSlot& slot, uint64_t id) noexcept;
    // The same inline, for the client's rich calls (buffer_events.hpp).
    void allocate_inline(ThreadSlot& slot, const NewBuffer& buffer) noexcept;
    void free_inline(ThreadSlot& slot, uint64_t id) noexcept;
    // All buffers of an allocator go.
    void free_all_of(ThreadSlot& slot, uint32_t allocator) noexcept;

    // Keeps where a buffer lies that does not lie in every bank, for the allocate() that follows. A place for which the
    // tables have no room is counted and left out.
    void place(const NewPlaces& places, NewBuffer& buffer) noexcept;

    // The rest is not hot: it looks through the shards. Sets a flag (BufferFlags) in the record of a live buffer; nothing
    // of one that is not listed or not known.
    void flag(ThreadSlot& slot, uint64_t id, uint8_t flag) noexcept;
    // Gives a live buffer a name, the sidecar's text `label` (kSidecarLabel; 0 takes it away), and writes a label event.
    // False: no such buffer is listed.
    bool label(ThreadSlot& slot, uint64_t id, uint32_t label) noexcept;
    // The facts of a live buffer's tensor are others now (kSidecarTensor); writes an event. False as above.
    bool set_tensor(ThreadSlot& slot, uint64_t id, uint32_t tensor) noexcept;

    // For a thread with a shard of its own, which keeps them: so that it can ask for all at once, without a look at any.
    EventLines event_lines(const ThreadSlot& slot, uint32_t allocator, uint32_t account) const noexcept {
        const Shard& shard = tables_.shards[slot.shard];
        return {&shard, shard.header, &shard.counter(allocator, account),
                &tables_.allocators.total(allocator, account)};
    }

private:
    enum class Taken { kTaken, kNotHere, kPictureFirst };

    // Allocate. Rare paths are kept out of the hot functions.
    Claim try_allocate(ThreadSlot& slot, const NewBuffer& buffer, uint64_t ticks) noexcept;
    uint32_t take_slot(Shard& shard) noexcept;
    [[gnu::noinline]] void settle(const ThreadSlot& slot, const NewBuffer& buffer) noexcept;
    [[gnu::noinline]] uint32_t fetch_slots(Shard& shard) noexcept;
    [[gnu::noinline]] void after_allocation(ThreadSlot& slot, const NewBuffer& buffer, uint64_t ticks, Count counted,
                                            bool ring_ends) noexcept;
    // Free.
    [[gnu::noinline]] void freeze_peak(const ThreadSlot& slot, uint32_t allocator, uint32_t account) noexcept;
    Taken take_located(Shard& shard, uint64_t id, Located& where, Amounts& amounts) noexcept;
    Amounts amounts_of(const Located& where) noexcept;
    void free_located(Shard& shard, const ThreadSlot& slot, const Located& where, Amounts amounts,
                      uint64_t ticks) noexcept;
    [[gnu::noinline]] void free_elsewhere(ThreadSlot& slot, uint64_t id, uint64_t ticks) noexcept;
    void give_slot(Shard& shard, uint32_t slot) noexcept;
    [[gnu::noinline]] void return_slots(Shard& shard) noexcept;
    [[gnu::noinline]] void remove_addresses(uint32_t slot) noexcept;
    // Change.
    bool change(ThreadSlot& slot, uint64_t id, Word32 BufferExtra::*field, uint32_t value, EventType type,
                const EventTail& tail) noexcept;

    Tables tables_;
    UnlistedBuffers unlisted_{tables_.header};
    Totals& totals_;
    Extremes& extremes_;
    PictureRoom& pictures_;
    PeakPictures& peaks_;
    FileRenewal& renewal_;
};

}  // namespace ttmem::ledger
