// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// How far an (allocator, account) has come: watermarks, the smallest largest free block, the least headroom between
// circular buffers and L1 buffers.
//
// The hot path compares two numbers with words of TotalLine: reach, and the largest buffer so far. Everything here is
// called when one of them is passed, when a program is loaded or unloaded, and when the process asks.
#pragma once

#include <cstdint>

#include "base/spin_lock.hpp"
#include "ledger/write/layout_writer.hpp"
#include "ledger/write/new_buffer.hpp"
#include "ledger/write/tables.hpp"
#include "ledger/write/totals.hpp"

namespace ttmem::ledger {

// The furthest that an (allocator, account) has come since the process restarted it; kUnknown64: nowhere, or not
// followed.
struct OwnExtremes {
    uint64_t highest_end;
    uint64_t lowest_address;
    uint64_t least_largest_free;
    uint64_t least_headroom;
};

// Safe from any thread.
class Extremes {
public:
    Extremes(Tables& tables, Totals& totals, const LayoutWriter& layout) noexcept
        : header_(tables.header),
          allocators_(tables.allocators),
          buffers_(tables.buffers),
          shards_(tables.shards),
          totals_(totals),
          layout_(layout) {}
    Extremes(const Extremes&) = delete;
    Extremes& operator=(const Extremes&) = delete;

    // How far a buffer reaches towards the other end of its bank: one number for both directions, so that the hot path
    // compares once. Kernels' binaries grow downward in DRAM, where everything else grows upward: always compared.
    static uint64_t reach_of(const NewBuffer& buffer) noexcept {
        if (buffer.account != kAccountDram) {
            return ~buffer.address;
        }
        return (buffer.flags & kBufferKernelBinaries) != 0 ? kUnknown64 : buffer.address + buffer.bytes_per_bank;
    }
    // After the allocation of a buffer that reaches further than TotalLine::reach.
    void note_reach(const ThreadSlot& slot, const NewBuffer& buffer, uint64_t ticks) noexcept;
    // After an allocation that may be the largest so far.
    static void note_largest(TotalLine& line, const NewBuffer& buffer) noexcept;

    // The largest free block of a bank, as the allocator says it is at this moment.
    void note_largest_free(uint32_t allocator, uint32_t account, uint64_t bytes) noexcept;
    // HYBRID: L1 of the allocator was taken, which counts for its mesh's devices or with its mesh.
    void note_family_peak(uint32_t allocator) noexcept;

    // A program was loaded or is gone, whose own circular buffers end at `end` in L1; 0: it has none. `index`: of its
    // record.
    void add_program(const ThreadSlot& slot, const ProgramRecord& program, uint32_t index, uint64_t end) noexcept;
    void drop_program(uint32_t allocator, uint32_t index) noexcept;
    // The bytes that a program takes in a config ring are known now.
    void note_configuration(const ProgramRecord& program) noexcept;

    // An allocator opens; nothing lives in it. `same`: it goes on where it was closed. The lock of the sections is held.
    void begin(uint32_t allocator, bool same) noexcept;
    // Restarts the recent peak, watermarks and headroom at what is held now; gives the peak so far. `slot`: the calling
    // thread's, or a fresh one when it has none.
    uint64_t restart(const ThreadSlot& slot, uint32_t allocator, uint32_t account) noexcept;

    OwnExtremes of(uint32_t allocator, uint32_t account) const noexcept;

private:
    static constexpr uint32_t kMostPrograms = 1u << 16;  // as ProgramWriter

    // The end of a live program's circular buffers.
    struct ProgramEnd {
        uint64_t end;
        uint64_t id;       // tt-metal's
        uint32_t program;  // index of its record
        uint32_t allocator;
    };
    struct LowestLive {
        uint64_t address = 0;  // the end of the banks where there is none
        uint64_t id = kUnknown64;
    };

    void set_reach(uint32_t allocator, uint32_t account) noexcept;
    LowestLive lowest_l1(uint32_t allocator) const noexcept;
    void note_headroom(const ThreadSlot& slot, uint32_t allocator, const LowestLive& lowest, uint64_t ticks) noexcept;
    void mark_configuration(const ProgramRecord& program) noexcept;
    void restart_marks(const ThreadSlot& slot, uint32_t allocator, uint32_t account) noexcept;

    LedgerHeader& header_;
    AllocatorTable& allocators_;
    const BufferTable& buffers_;
    Shards& shards_;
    Totals& totals_;
    const LayoutWriter& layout_;
    mutable SpinLock lock_;  // after a shard's and that of programs, before those of rings and sections
    ProgramEnd highest_end_[kMaxAllocators] = {};  // of the allocator's live programs
    ProgramEnd* program_ends_ = nullptr;           // by index of the program's record
    uint32_t programs_ = 0;                        // ends that were ever used
};

}  // namespace ttmem::ledger
