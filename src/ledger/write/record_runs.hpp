// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A growing table of records that are taken in runs: a program's circular buffers, the addresses of a buffer on cores.
#pragma once

#include <cstdint>

#include "ledger/format.hpp"
#include "ledger/write/sections.hpp"

namespace ttmem::ledger {

// A run is as long as the next power of two, so that a freed one serves the next user of about its size. Not thread
// safe: a lock of its owner guards it. The records outlive it.
class RecordRuns {
public:
    // `first`: records of the first extent; each later one is as large as all before it. `most`: of the whole table.
    RecordRuns(Sections& sections, SectionKind kind, uint32_t record_bytes, uint32_t first, uint32_t most) noexcept
        : sections_(sections), kind_(kind), record_bytes_(record_bytes), first_(first), most_(most) {}
    RecordRuns(const RecordRuns&) = delete;
    RecordRuns& operator=(const RecordRuns&) = delete;

    // The first record of a run of `count`; kNone when the table must grow for it. Of none: 0.
    uint32_t take(uint32_t count) noexcept;
    // Adds an extent, for a run of `count`. False when there is no room, or never such a run. The lock of the sections
    // is held.
    bool grow(uint32_t count) noexcept;
    // Gives a run of take() back. kNone is ignored.
    void give(uint32_t first, uint32_t count) noexcept;

    // Requires: index < capacity().
    template <typename Record>
    Record& at(uint32_t index) const noexcept {
        return *sections_.at<Record>(offset_of(index));
    }
    uint32_t capacity() const noexcept { return capacity_; }
    // Records from here on were never used.
    uint32_t used() const noexcept { return used_; }
    // Of the last extent.
    uint64_t grown_bytes() const noexcept { return uint64_t{extents_[extent_count_ - 1].count} * record_bytes_; }

private:
    static constexpr uint32_t kExtents = 12;
    static constexpr uint32_t kClasses = 16;  // runs of 1, 2, 4, ... records

    uint64_t offset_of(uint32_t index) const noexcept {
        for (uint32_t i = 0; i < extent_count_; ++i) {
            if (index - extents_[i].first < extents_[i].count) {
                return extents_[i].offset + uint64_t{index - extents_[i].first} * record_bytes_;
            }
        }
        return 0;
    }

    Sections& sections_;
    const SectionKind kind_;
    const uint32_t record_bytes_;
    const uint32_t first_;
    const uint32_t most_;
    Extent extents_[kExtents] = {};
    uint32_t extent_count_ = 0;
    uint32_t capacity_ = 0;
    uint32_t used_ = 0;
    uint32_t* next_ = nullptr;           // by first record of a free run: the next free one of its class
    uint32_t free_runs_[kClasses] = {};  // first record + 1; 0 none
};

}  // namespace ttmem::ledger
