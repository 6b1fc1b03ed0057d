// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The ledgers of a run's processes, kept open while the run goes on: a ledger of a process that has ended may be removed
// by one that starts, and can be read as long as it is open here.
#pragma once

#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "dry_run/peaks.hpp"
#include "inventory/ledger_directory.hpp"

namespace ttmem::dry_run {

// Movable, not copyable; not thread safe.
class RunLedgers {
public:
    bool empty() const { return open_.empty(); }
    bool has(const inventory::LedgerName& name) const;
    void add(const inventory::LedgerDirectory& directory, const inventory::LedgerName& name, UniqueFd ledger);

    // All that were added and were ready, with what verdicts and peaks name of their sidecars, which are looked for under
    // `base`. What cannot be read is said in `notes`. `all_ended`: none of their processes runs any more. Once alone.
    std::vector<RunLedger> read(const std::string& base, bool all_ended, std::vector<std::string>& notes);

private:
    struct Open {
        inventory::LedgerName name;
        std::string directory;
        UniqueFd ledger;
    };
    std::vector<Open> open_;
};

}  // namespace ttmem::dry_run
