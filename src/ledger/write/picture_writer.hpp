// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Freezes what lives into the ledger: at a refusal, before the exception unwinds and frees it, and at a peak, before the
// first free after it. Nothing is allocated and no thread is stopped: other threads go on, and the picture says whether
// any of them reported something meanwhile.
#pragma once

#include <cstdint>

#include "ledger/write/layout_writer.hpp"
#include "ledger/write/picture_stream.hpp"
#include "ledger/write/program_writer.hpp"
#include "ledger/write/tables.hpp"
#include "ledger/write/totals.hpp"

namespace ttmem::ledger {

// The live records, counted before they are copied.
struct PicturePlan {
    uint32_t slots = 0;    // buffer records ever used
    uint32_t buffers = 0;  // that live
    uint64_t buffer_bytes = 0;
    uint32_t addresses = 0;  // on cores, of these buffers
    uint32_t programs = 0;
    uint32_t circular_buffers = 0;  // of these programs
    EventsSoFar events;

    // The blocks that a picture of all that takes.
    uint64_t wanted_blocks() const noexcept;
};

// No lock of the writer may be held. Several pictures may be taken at once, each in blocks of its own.
class PictureWriter {
public:
    PictureWriter(Tables& tables, const Totals& totals, ProgramWriter& programs, const LayoutWriter& layout,
                  PictureRoom& room) noexcept
        : tables_(tables), totals_(totals), programs_(programs), layout_(layout), room_(room) {}
    PictureWriter(const PictureWriter&) = delete;
    PictureWriter& operator=(const PictureWriter&) = delete;

    PicturePlan plan() noexcept;
    // Fills an open picture, and sets `room` to what it used.
    void freeze(PictureRecord& picture, const PicturePlan& plan) noexcept;

private:
    void freeze_totals(PictureStream& to) noexcept;
    void freeze_sums(PictureStream& to, const PicturePlan& plan) noexcept;
    void freeze_layout(PictureStream& to) noexcept;
    uint32_t freeze_programs(PictureStream& to, uint64_t room) noexcept;
    void smallest_kept(const PicturePlan& plan, uint64_t rows, uint32_t& from_class, uint64_t& of_that) const noexcept;
    void freeze_buffers(PictureStream& to, const PicturePlan& plan, PictureRecord& picture) noexcept;
    void freeze_addresses(PictureStream& to, uint64_t first_row, uint32_t rows) noexcept;

    Tables& tables_;
    const Totals& totals_;
    ProgramWriter& programs_;
    const LayoutWriter& layout_;
    PictureRoom& room_;
};

}  // namespace ttmem::ledger
