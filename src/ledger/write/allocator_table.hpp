// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The records of allocators and, for each (allocator, account), its line of totals and its watermarks.
#pragma once

#include <atomic>
#include <cstdint>

#include "ledger/format.hpp"
#include "ledger/write/allocator_lines.hpp"
#include "ledger/write/sections.hpp"
#include "ledger/write/shards.hpp"

namespace ttmem::ledger {

// Safe from any thread unless said otherwise. `allocator` is below count() or open.
class AllocatorTable {
public:
    // The bytes of a block, beside the counters of shards.
    static constexpr uint64_t kBlockBytes = whole_pages(kAllocatorsPerSection * sizeof(AllocatorRecord)) +
                                            whole_pages(kLinesPerBlock * sizeof(WatermarkLine)) +
                                            whole_pages(kAllocatorsPerSection * sizeof(HeadroomRecord)) +
                                            whole_pages(kLinesPerBlock * sizeof(TotalLine));

    AllocatorTable(Sections& sections, Shards& shards) noexcept : sections_(sections), shards_(shards) {}
    AllocatorTable(const AllocatorTable&) = delete;
    AllocatorTable& operator=(const AllocatorTable&) = delete;

    bool is_open(uint32_t allocator) const noexcept {
        return allocator < kMaxAllocators && open_[allocator].load(std::memory_order_acquire) != 0;
    }
    void set_open(uint32_t allocator, bool open) noexcept {
        open_[allocator].store(open ? 1 : 0, std::memory_order_release);
    }
    // Records ever used.
    uint32_t count() const noexcept { return sections_.header().allocator_count.load(std::memory_order_acquire); }

    AllocatorRecord& record(uint32_t allocator) const noexcept {
        return records_[allocator / kAllocatorsPerSection][allocator % kAllocatorsPerSection];
    }
    bool is_hybrid(uint32_t allocator) const noexcept {
        return record(allocator).mode.load(std::memory_order_relaxed) == kModeHybrid;
    }
    TotalLine& total(uint32_t allocator, uint32_t account) const noexcept {
        return line_of(totals_, allocator, account);
    }
    WatermarkLine& watermark(uint32_t allocator, uint32_t account) const noexcept {
        return line_of(watermarks_, allocator, account);
    }
    HeadroomRecord& headroom(uint32_t allocator) const noexcept {
        return headroom_[allocator / kAllocatorsPerSection][allocator % kAllocatorsPerSection];
    }

    // Some of its buffers lie on one device alone: its totals are no device's own.
    void note_single_device_row(uint32_t allocator) noexcept {
        single_device_rows_[allocator].store(1, std::memory_order_relaxed);
    }
    bool has_single_device_rows(uint32_t allocator) const noexcept {
        return single_device_rows_[allocator].load(std::memory_order_relaxed) != 0;
    }

    // The lock of the sections is held, by these two. Room for 64 more allocators: records, totals, and counters in
    // every shard. False when there is none.
    bool add_block(uint32_t block) noexcept;
    // Sets the lines of a closed allocator to 0.
    void clear_lines(uint32_t allocator) noexcept;

private:
    Sections& sections_;
    Shards& shards_;
    AllocatorRecord* records_[kAllocatorBlocks] = {};
    TotalLine* totals_[kAllocatorBlocks] = {};
    WatermarkLine* watermarks_[kAllocatorBlocks] = {};
    HeadroomRecord* headroom_[kAllocatorBlocks] = {};
    std::atomic<uint8_t> open_[kMaxAllocators] = {};
    std::atomic<uint8_t> single_device_rows_[kMaxAllocators] = {};
};

}  // namespace ttmem::ledger
