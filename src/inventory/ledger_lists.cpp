// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The lists of buffers that a LedgerSource reads: which of them, what is made of them, and when they are let go of.
#include <algorithm>

#include "base/saturate.hpp"
#include "inventory/ledger_source.hpp"

namespace ttmem::inventory {

// Whether the last read of the ledger had everything that is wanted now.
bool LedgerSource::is_listed_enough(const TrackedLedger& ledger) const {
    return (!wanted_.buffers || ledger.list.kept) && (!wanted_.space || ledger.list.spaced) &&
           (!wanted_.banks || ledger.has_spans() || ledger.list.kept);
}

// The list itself is wanted of this ledger.
bool LedgerSource::keeps_list(const TrackedLedger& ledger) const {
    return wanted_.buffers || (wanted_.banks && !ledger.has_spans());
}

LedgerSource::Listing LedgerSource::wanted_listing() const {
    const bool is_bounded = wanted_.space_rows != UINT64_MAX && !wanted_.buffers && !wanted_.banks;
    return !wanted_.buffers && !wanted_.space ? Listing::kNo : is_bounded ? Listing::kIfShort : Listing::kYes;
}

// Whether the list fits among those of its user that this refresh reads; it then counts as one of them.
bool LedgerSource::is_short(const TrackedLedger& ledger, const ledger::Snapshot& totals) {
    uint64_t rows = space_rows_[ledger.owner];
    for (const ledger::Allocator& allocator : totals.allocators) {
        for (const ledger::AccountTotals& account : allocator.totals) {
            saturating_add(rows, account.buffers);
        }
    }
    if (rows > wanted_.space_rows) {
        return false;
    }
    space_rows_[ledger.owner] = rows;
    return true;
}

bool LedgerSource::place_buffers(TrackedLedger& ledger) {
    ledger.ranges.wanted = true;
    if (ledger.ranges.known) {
        return false;
    }
    const bool reads = !ledger.list.kept && !ledger.has_spans() && ledger.reader;
    if (reads) {
        ledger.list.spaced = false;  // or the list would not be read
        read(ledger, Listing::kYes, false);
    }
    if (!ledger.ranges.known) {
        place(ledger);
    }
    return reads;
}

static void place_spans(TrackedLedger& ledger) {
    for (uint32_t device = 0; device < ledger.holdings.devices.size(); ++device) {
        std::vector<size_t> covering;
        for (size_t i = 0; i < ledger.snapshot.allocators.size(); ++i) {
            const std::vector<uint32_t>& devices = ledger.snapshot.allocators[i].devices;
            if (std::find(devices.begin(), devices.end(), device) != devices.end()) {
                covering.push_back(i);
            }
        }
        for (const api::MemoryKind kind : api::kAllMemoryKinds) {
            if (ledger.holdings.devices[device].kinds[kind].buffers > 0) {
                ledger.ranges.placed.emplace(std::pair(device, kind), taken_by(ledger.holdings.spans, covering, kind));
            }
        }
    }
}

void place(TrackedLedger& ledger) {
    ledger.ranges.placed.clear();
    ledger.ranges.known = true;
    if ((!ledger.list.kept && !ledger.has_spans()) || ledger.snapshot.unlisted_buffers > 0) {
        return;
    }
    if (ledger.has_spans()) {
        place_spans(ledger);
        return;
    }
    for (uint32_t device = 0; device < ledger.holdings.devices.size(); ++device) {
        for (const api::MemoryKind kind : api::kAllMemoryKinds) {
            // Of buffers on single cores the ranges say too little: what several processes hold there is not known.
            const bool in_every_bank = std::none_of(
                ledger.snapshot.buffers.begin(), ledger.snapshot.buffers.end(),
                [&](const auto& buffer) { return has_own_cores(buffer) && buffer.account == account_of(kind); });
            if (ledger.holdings.devices[device].kinds[kind].buffers > 0 && in_every_bank) {
                ledger.ranges.placed.emplace(std::pair(device, kind),
                                             flattened(placed_intervals(ledger.snapshot, device, kind)));
            }
        }
    }
}

void LedgerSource::drop_list(TrackedLedger& ledger) {
    // Not `= {}`, which keeps the room.
    std::vector<ledger::Buffer>().swap(ledger.snapshot.buffers);
    std::vector<api::BufferKind>().swap(ledger.holdings.buffer_kinds);
    ledger.list.kept = false;
}

// Drops lists that are not wanted any more, and spans, which an answer with totals alone does not need.
void LedgerSource::drop_unwanted_lists() {
    for (auto& [path, ledger] : ledgers_) {
        if (!wanted_.buffers && !wanted_.keep_lists) {
            drop_list(ledger);
        }
        if (!wanted_.banks && ledger.holdings.spans.whole) {
            ledger.holdings.spans = {};
        }
    }
}

}  // namespace ttmem::inventory
