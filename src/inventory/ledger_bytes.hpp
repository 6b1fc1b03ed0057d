// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A process's ledger and sidecar as open files, to be read once.
#pragma once

#include <cstdint>
#include <optional>

#include "base/unique_fd.hpp"
#include "inventory/picture_model.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

struct OpenLedgerBytes {
    UniqueFd ledger;
    UniqueFd texts;
    LedgerBytes bytes;  // copies from these two
};

// nullopt: its ledger is not a plain file of its user (any more), or this process's own and `own` is not given.
std::optional<OpenLedgerBytes> open_ledger_bytes(const api::Process& process, const OwnLedger* own);

// The number of the picture that a failure names. nullopt: it names none, or is not kept.
std::optional<uint64_t> picture_number(const LedgerBytes& bytes, uint64_t failure);

}  // namespace ttmem::inventory
