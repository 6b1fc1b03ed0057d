// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Opens and closes allocators, and with one all that lies in it; and says which there are.
#pragma once

#include <cstdint>

#include "ledger/write/buffer_writer.hpp"
#include "ledger/write/extremes.hpp"
#include "ledger/write/layout_writer.hpp"
#include "ledger/write/peak_pictures.hpp"
#include "ledger/write/program_writer.hpp"
#include "ledger/write/tables.hpp"

namespace ttmem::ledger {

struct NewAllocator {
    int32_t mesh_id;
    uint32_t parent;  // kNone
    const uint32_t* devices;
    uint32_t device_count;
    const BankGeometry* geometry;  // kBufferTypes of them
    uint32_t mode = kModeLockstep;
};

struct OwnAllocator {
    uint32_t index;
    int32_t mesh_id;
    bool open;
    bool single_device_rows;  // some of its buffers lie on one device alone: its totals are no device's own
    uint64_t opened_ticks;    // 0 when it was opened more than once
    uint64_t closed_ticks;    // 0 while open
};

// Safe from any thread.
class AllocatorWriter {
public:
    AllocatorWriter(BufferWriter& buffers, ProgramWriter& programs, LayoutWriter& layout, Extremes& extremes,
                    PeakPictures& peaks) noexcept
        : tables_(buffers.tables()),
          buffers_(buffers),
          programs_(programs),
          layout_(layout),
          extremes_(extremes),
          peaks_(peaks) {}
    AllocatorWriter(const AllocatorWriter&) = delete;
    AllocatorWriter& operator=(const AllocatorWriter&) = delete;

    // Index of an open allocator record; kNone when there is no room or an argument is wrong.
    uint32_t open(ThreadSlot& slot, const NewAllocator& allocator) noexcept;
    // Frees the buffers in it.
    void clear(ThreadSlot& slot, uint32_t allocator) noexcept;
    void close(ThreadSlot& slot, uint32_t allocator) noexcept;

    // The allocators over the device with this logical id (negative: all); how many there are, `room` of them written.
    uint32_t list(int32_t logical_id, OwnAllocator* to, uint32_t room) const noexcept;
    // The lowest logical id that an open allocator covers, else that one ever did; -1 none.
    int32_t default_device() const noexcept;

private:
    uint32_t pick_record(const NewAllocator& allocator, uint32_t device_set, bool& same) noexcept;
    void fill(uint32_t index, const NewAllocator& from, uint32_t device_set, bool same, uint64_t ticks) noexcept;
    bool covers(const AllocatorRecord& record, int32_t logical_id) const noexcept;

    Tables& tables_;
    BufferWriter& buffers_;
    ProgramWriter& programs_;
    LayoutWriter& layout_;
    Extremes& extremes_;
    PeakPictures& peaks_;
};

}  // namespace ttmem::ledger
