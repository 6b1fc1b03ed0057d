// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Buffers that found no record: they are in the totals and not in the list.
#pragma once

#include <cstdint>

#include "base/spin_lock.hpp"
#include "ledger/write/id_index.hpp"
#include "ledger/write/ledger_header.hpp"
#include "ledger/write/shard.hpp"

namespace ttmem::ledger {

// Safe from any thread; taken after a shard's lock.
class UnlistedBuffers {
public:
    explicit UnlistedBuffers(LedgerHeader& header) noexcept : header_(header) {}

    // Keeps the amounts of a buffer, and counts it. False when the host has no memory for it.
    bool add(uint64_t id, Amounts amounts) noexcept;
    // Its amounts; it leaves the table.
    Amounts take(uint64_t id) noexcept;

private:
    struct Buffer {
        uint64_t id;
        Amounts amounts;
    };

    LedgerHeader& header_;
    SpinLock lock_;
    IdIndex<Buffer> buffers_;
};

}  // namespace ttmem::ledger
