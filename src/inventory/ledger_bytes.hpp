// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A process's ledger and sidecar as open files, to be read once.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/unique_fd.hpp"
#include "inventory/picture_model.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

struct TrackedLedger;

struct OpenLedgerBytes {
    UniqueFd ledger;
    UniqueFd texts;
    LedgerBytes bytes;  // copies from these two
};

// nullopt: its ledger is not a plain file of its user (any more), or this process's own and `own` is not given.
std::optional<OpenLedgerBytes> open_ledger_bytes(const api::Process& process, const OwnLedger* own);

// The number of the picture that a failure names. nullopt: it names none, or is not kept.
std::optional<uint64_t> picture_number(const LedgerBytes& bytes, uint64_t failure);

// The highest peak in proportion to the memory (of `kind`) whose holders are known. `halted`: the writer has ended, or
// these are bytes of a copy. nullopt: nothing is known of it, or the ledger is damaged.
struct FoundPeak {
    Explanation explanation;
    api::MemoryKind kind = api::MemoryKind::kDram;
    std::optional<uint64_t> picture;  // its number; absent: what is held by now, or was at the end
};
std::optional<FoundPeak> peak_of(const LedgerBytes& bytes, const api::Model& live, api::ProcessIndex process,
                                 bool halted, std::optional<api::MemoryKind> kind);

// By itself or killed.
bool has_ended(const api::Process& process);

// Finds the ledger's devices in the model, or puts them after its devices. Their indexes, by index in the ledger.
// kAsThen: those that are found become as they were then; kStay: they stay as they are.
enum class KnownDevices { kAsThen, kStay };
std::vector<api::DeviceIndex> add_devices(api::Model& model, const TrackedLedger& ledger, KnownDevices known_ones);

}  // namespace ttmem::inventory
