// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/ledger_stamp.hpp"

#include "ledger/read/reader.hpp"

namespace ttmem::inventory {

LedgerStamp::LedgerStamp(const OwnLedger& ledger)
    : reader_(std::make_unique<ledger::Reader>(ledger::Reader::from_source(ledger.source))) {}
LedgerStamp::~LedgerStamp() = default;

std::optional<uint64_t> LedgerStamp::now() {
    return reader_->stamp();
}

}  // namespace ttmem::inventory
