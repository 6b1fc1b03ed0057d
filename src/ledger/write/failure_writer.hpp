// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Refusals: of a buffer for which the allocator has no room, and of a launch that tt-metal turns down.
#pragma once

#include <cstdint>

#include "ledger/write/extremes.hpp"
#include "ledger/write/new_buffer.hpp"
#include "ledger/write/refusal_pictures.hpp"
#include "ledger/write/tables.hpp"
#include "ledger/write/totals.hpp"

namespace ttmem::ledger {

// A refusal of either kind; what one does not have stays as it is here.
struct NewFailure {
    FailureType type = kFailureOutOfMemory;
    uint16_t allocator = kNoAllocator;
    uint8_t account = 0;
    uint8_t layout = kLayoutUnknown;
    uint32_t banks = 0;
    uint64_t requested_bytes = 0;
    uint64_t bytes_per_bank = 0;
    uint64_t largest_free_per_bank = kUnknown64;
    uint64_t allocated_bytes = 0;
    uint64_t program_id = 0;
    uint64_t buffer_id = 0;
    uint64_t end_address = 0;
    uint64_t buffer_address = 0;
    uint32_t core_set = kNone;
    uint32_t kernels = 0;
    uint32_t region_kind = kProgramRegionUnknown;
    uint32_t scratchpad_bytes = 0;
    uint64_t limit_bytes = kUnknown64;
    uint64_t available_bytes = kUnknown64;
    uint64_t wanted_bytes_per_core = kUnknown64;
    uint64_t picture = kUnknown64;
    uint32_t exception = 0;
    uint32_t sub_device = 0;
};

// A clash of circular buffers and a buffer: both sides. Pointers are read during the call only.
struct NewClash {
    uint16_t allocator;
    uint64_t program_id;
    uint64_t buffer_id;  // kUnknown64: the listed L1 buffer that begins at buffer_address
    uint64_t end_address;
    uint64_t buffer_address;
    const CoreRange* ranges;
    uint32_t range_count;
    const char* kernels;  // names of the program's, ", " between them; UTF-8, terminated; empty or null: unknown
    // kFailureCircularBuffers: they are larger than L1, `limit_bytes`, by themselves, and no buffer is in the way.
    FailureType type = kFailureClash;
    uint64_t limit_bytes = kUnknown64;
    uint32_t region_kind = kProgramRegionUnknown;
    uint32_t exception = 0;
};

// Safe from any thread.
class FailureWriter {
public:
    static constexpr uint32_t kRecords = 64;
    static constexpr uint64_t kBytes = whole_pages(kRecords * sizeof(FailureRecord));

    FailureWriter(Tables& tables, const Totals& totals, Extremes& extremes, RefusalPictures& pictures) noexcept
        : tables_(tables), totals_(totals), extremes_(extremes), pictures_(pictures) {}
    FailureWriter(const FailureWriter&) = delete;
    FailureWriter& operator=(const FailureWriter&) = delete;

    // The lock of the sections is held.
    void begin() noexcept { records_ = tables_.sections.add<FailureRecord>(kSectionFailures, 0, 0, kRecords); }

    // A buffer was refused. `known`: what the refusal says beside what was wanted (largest free block, limit, available
    // bytes, exception). The failure's number.
    uint64_t refuse_buffer(ThreadSlot& slot, const NewBuffer& wanted, NewFailure known) noexcept;
    // A launch was refused because circular buffers would have run into a buffer, or are too large.
    // The failure's number; kUnknown64: a bad argument, and nothing was recorded.
    uint64_t refuse_launch(ThreadSlot& slot, const NewClash& clash) noexcept;

private:
    uint64_t add(const ThreadSlot& slot, uint64_t ticks, const NewFailure& failure) noexcept;
    uint64_t l1_buffer_at(uint32_t allocator, uint64_t address) const noexcept;

    Tables& tables_;
    const Totals& totals_;
    Extremes& extremes_;
    RefusalPictures& pictures_;
    FailureRecord* records_ = nullptr;
};

}  // namespace ttmem::ledger
