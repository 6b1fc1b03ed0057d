// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "dry_run/run_ledgers.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "inventory/sidecar_names.hpp"
#include "ledger/read/reader.hpp"

namespace ttmem::dry_run {
namespace {

// The texts that verdicts and peaks may name.
void read_names(const inventory::SidecarNames& names, RunLedger& ledger) {
    for (const ledger::Failure& failure : ledger.snapshot.failures) {
        ledger.operations.emplace_back(failure.context, names.operation(failure.context));
        ledger.kernel_names.emplace_back(failure.kernels, names.kernel(failure.kernels));
    }
    for (const ledger::Allocator& allocator : ledger.snapshot.allocators) {
        if (allocator.least_headroom) {
            const uint32_t context = allocator.least_headroom->context;
            ledger.operations.emplace_back(context, names.operation(context));
        }
    }
}

}  // namespace

bool RunLedgers::has(const inventory::LedgerName& name) const {
    return std::any_of(open_.begin(), open_.end(), [&](const Open& open) { return open.name.file == name.file; });
}

void RunLedgers::add(const inventory::LedgerDirectory& directory, const inventory::LedgerName& name, UniqueFd ledger) {
    open_.push_back({name, directory.path, std::move(ledger)});
}

std::vector<RunLedger> RunLedgers::read(const std::string& base, bool all_ended, std::vector<std::string>& notes) {
    const inventory::FoundLedgers places = inventory::find_ledgers(base);
    std::vector<RunLedger> ledgers;
    for (Open& open : open_) {
        ledger::ReadOptions options;
        options.writer_halted = all_ended;
        auto read = ledger::Reader::from_fd(std::move(open.ledger)).read(options);
        if (const auto* error = std::get_if<ledger::ReadError>(&read)) {
            if (error->failure != ledger::ReadFailure::kStarting) {
                notes.push_back("a ledger of the run cannot be read (" + error->message +
                                "): the peaks are lower bounds");
            }
            continue;
        }
        RunLedger& found = ledgers.emplace_back();
        found.snapshot = std::move(std::get<ledger::Snapshot>(read));
        for (const inventory::LedgerDirectory& place : places.directories) {
            if (place.path == open.directory) {
                inventory::SidecarNames names;
                names.read(place, open.name.file, open.name.nonce);
                read_names(names, found);
            }
        }
    }
    open_.clear();
    return ledgers;
}

}  // namespace ttmem::dry_run
