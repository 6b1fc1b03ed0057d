// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The sections of the ledger: what is added to the file as it grows, and its directory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/spin_lock.hpp"
#include "ledger/format.hpp"
#include "ledger/write/ledger_file.hpp"

namespace ttmem::ledger {

// Records `first` ... `first + count - 1` of a table that grows, and where they lie in the file.
struct Extent {
    uint64_t offset;
    uint32_t first;
    uint32_t count;
};

// Thread safe where it says so; else its lock is held, which also guards the tables that grow in its sections.
class Sections {
public:
    // LedgerFile::create(). Once, before any other call.
    bool create(uint64_t nonce, uint64_t first_bytes, uint64_t most_bytes, FileError& error) noexcept;

    SpinLock& lock() const noexcept { return lock_; }

    // Reserves what the next `sections` sections of together `bytes` take, so that they come all or not at all: half a
    // shard in the directory would be a corrupt ledger.
    bool ensure_room(uint64_t bytes, uint32_t sections) noexcept;

    // Adds a section of `count` records after the last. Its offset, or 0 when there is no room.
    uint64_t add(uint32_t kind, uint32_t owner, uint32_t first_index, uint32_t count, uint32_t stride) noexcept;
    // The same; its first record, or null.
    template <typename Record>
    Record* add(uint32_t kind, uint32_t owner, uint32_t first_index, uint32_t count) noexcept {
        const uint64_t offset = add(kind, owner, first_index, count, sizeof(Record));
        return offset == 0 ? nullptr : at<Record>(offset);
    }

    // Thread safe, as is all that follows.
    template <typename Record>
    Record* at(uint64_t offset) const noexcept {
        return reinterpret_cast<Record*>(file_.data() + offset);
    }
    FileHeader& header() const noexcept { return *at<FileHeader>(0); }

    // Copies bytes of the ledger for its own process, which must not open the file a second time. How many; fewer at
    // the end of the file.
    uint64_t read(uint64_t offset, void* to, uint64_t bytes) const noexcept;

    // Its making, its removal and the sidecar beside it.
    LedgerFile& file() noexcept { return file_; }
    const LedgerFile& file() const noexcept { return file_; }

private:
    LedgerFile file_;
    mutable SpinLock lock_;  // private to this process
    uint64_t next_offset_ = 0;
};

}  // namespace ttmem::ledger
