// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Writes the ledger of this process. Everything in this folder runs inside the host: noexcept, no system call on the way
// of an event except to add an extent, no lock that another process could hold, errno kept by the caller (src/client).
//
//   Tables             all tables of the ledger: header, sections, sidecar, devices, interned sets, allocators with
//                      their totals, addresses on cores, buffers, shards
//   BufferWriter       a buffer comes, goes, changes: the hot path
//   ProgramWriter      programs with their circular buffers and kernels, launches
//   LayoutWriter       kernel-config rings and regions
//   FailureWriter      refusals
//   AllocatorWriter    allocators open and close, and with one all that lies in it
//   Totals             sums over the shards, the exact peak
//   Extremes           watermarks, the least headroom
//   PictureRoom        records and blocks of pictures
//   PictureWriter      copies what lives into a picture
//   RefusalPictures    takes a picture at a refusal
//   PeakPictures       takes a picture before the first free after a new peak
//   FileRenewal        makes a removed file again
//
// A thread that needs several locks takes them in this order: programs; shards, one or all in their order; extremes;
// layout; sidecar; addresses on cores; unlisted buffers; sections; pictures.
#pragma once

#include <cstdint>

#include "ledger/write/allocator_writer.hpp"
#include "ledger/write/buffer_writer.hpp"
#include "ledger/write/extremes.hpp"
#include "ledger/write/failure_writer.hpp"
#include "ledger/write/file_renewal.hpp"
#include "ledger/write/layout_writer.hpp"
#include "ledger/write/peak_pictures.hpp"
#include "ledger/write/picture_room.hpp"
#include "ledger/write/picture_writer.hpp"
#include "ledger/write/program_writer.hpp"
#include "ledger/write/refusal_pictures.hpp"
#include "ledger/write/totals.hpp"

namespace ttmem::ledger {

// All functions are safe from any thread unless said otherwise. Lives until the process ends.
class Writer {
public:
    Writer() = default;
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer() = default;

    // Makes the file and everything that it holds at first (under 1 MiB). Once, before any other call, by one thread.
    bool start(const char* library, uint32_t max_buffers, FileError& error) noexcept;
    // In a forked child: lets go of the parent's file. The object is not used again.
    void forget_after_fork() noexcept { sections().file().forget_after_fork(); }

    // Writes the event of a step that begins; `name`: a scope's number, or 0. The step's number, from 1.
    uint64_t begin_step(ThreadSlot& slot, uint32_t name) noexcept;

    LedgerHeader& header() noexcept { return tables().header; }
    Sections& sections() noexcept { return tables().sections; }
    SidecarWriter& sidecar() noexcept { return tables().sidecar; }
    DeviceTable& devices() noexcept { return tables().devices; }
    Shards& shards() noexcept { return tables().shards; }
    Tables& tables() noexcept { return buffers_.tables(); }
    AllocatorWriter& allocators() noexcept { return allocators_; }
    BufferWriter& buffers() noexcept { return buffers_; }
    ProgramWriter& programs() noexcept { return programs_; }
    LayoutWriter& layout() noexcept { return layout_; }
    FailureWriter& failures() noexcept { return failures_; }
    Totals& totals() noexcept { return totals_; }
    Extremes& extremes() noexcept { return extremes_; }
    FileRenewal& renewal() noexcept { return renewal_; }

private:
    BufferWriter buffers_{totals_, extremes_, picture_room_, peaks_, renewal_};
    Totals totals_{tables().allocators, tables().shards};
    LayoutWriter layout_{tables()};
    Extremes extremes_{tables(), totals_, layout_};
    PictureRoom picture_room_{sections()};
    ProgramWriter programs_{tables(), extremes_, picture_room_};
    PictureWriter pictures_{tables(), totals_, programs_, layout_, picture_room_};
    RefusalPictures refusals_{tables(), picture_room_, pictures_};
    PeakPictures peaks_{tables(), totals_, picture_room_, pictures_};
    FailureWriter failures_{tables(), totals_, extremes_, refusals_};
    FileRenewal renewal_{tables(), programs_, layout_, refusals_, peaks_};
    AllocatorWriter allocators_{buffers_, programs_, layout_, extremes_, peaks_};
};

}  // namespace ttmem::ledger
