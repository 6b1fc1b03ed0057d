// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Makes the ledger's file again after it was removed: systemd-logind removes it at a user's logout.
#pragma once

#include <atomic>
#include <cstdint>

#include "ledger/write/layout_writer.hpp"
#include "ledger/write/peak_pictures.hpp"
#include "ledger/write/program_writer.hpp"
#include "ledger/write/refusal_pictures.hpp"
#include "ledger/write/tables.hpp"

namespace ttmem::ledger {

// Safe from any thread. No lock of the writer may be held.
class FileRenewal {
public:
    FileRenewal(Tables& tables, ProgramWriter& programs, LayoutWriter& layout, RefusalPictures& refusals,
                PeakPictures& peaks) noexcept
        : tables_(tables), programs_(programs), layout_(layout), refusals_(refusals), peaks_(peaks) {}
    FileRenewal(const FileRenewal&) = delete;
    FileRenewal& operator=(const FileRenewal&) = delete;

    // Makes the file again, with all that it held, when it was removed. Looks once a second at most; made for moments
    // that come now and then.
    void look_after_file(const ThreadSlot& slot) noexcept;

private:
    bool is_removed() noexcept;
    void renew(const ThreadSlot& slot) noexcept;

    Tables& tables_;
    ProgramWriter& programs_;
    LayoutWriter& layout_;
    RefusalPictures& refusals_;
    PeakPictures& peaks_;
    std::atomic<int64_t> looked_{0};  // second of CLOCK_MONOTONIC
};

}  // namespace ttmem::ledger
