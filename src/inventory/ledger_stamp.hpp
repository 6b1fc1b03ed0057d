// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "inventory/own_ledger.hpp"

namespace ttmem::ledger {
class Reader;
}

namespace ttmem::inventory {

// Whether anything happened in a ledger since it was read, for a small part of what reading it costs. Not thread safe.
class LedgerStamp {
public:
    explicit LedgerStamp(const OwnLedger& ledger);
    ~LedgerStamp();
    LedgerStamp(const LedgerStamp&) = delete;
    LedgerStamp& operator=(const LedgerStamp&) = delete;

    // Another number whenever a figure of the ledger may be another one; names that are given to buffers later do not
    // change it. Take it before the ledger is read. nullopt: unknown, so read.
    std::optional<uint64_t> now();

private:
    std::unique_ptr<ledger::Reader> reader_;
};

}  // namespace ttmem::inventory
