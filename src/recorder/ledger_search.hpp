// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Finds the ledgers of a process, or of a process with all that it starts, as they appear.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "inventory/ledger_directory.hpp"

namespace ttmem::recorder {

struct FoundLedger {
    const inventory::LedgerDirectory& directory;  // for the length of the call alone
    const inventory::LedgerName& name;
    inventory::OpenLedger ledger;
    pid_t pid = 0;  // in this program's pid namespace
};

// Not thread safe.
class LedgerSearch {
public:
    // `with_descendants`: those of the pid too, of whose processes each has to be seen before its parent reaps it.
    LedgerSearch(pid_t pid, bool with_descendants);

    // Gives each ledger that was not given before, once. A ledger still being made is looked at again the next time.
    void look(const std::function<void(FoundLedger)>& take);

    // Notices for the user: ledgers that were passed over.
    const std::vector<std::string>& notices() const { return notices_; }

private:
    void consider(const inventory::LedgerDirectory& directory, const inventory::LedgerName& name,
                  const std::function<void(FoundLedger)>& take);
    bool is_ours(pid_t pid) const;

    const pid_t pid_;
    const bool with_descendants_;
    const uint64_t began_ns_;
    inventory::LedgerFinder finder_;
    std::set<std::string> known_;  // files that were judged already
    std::vector<std::string> notices_;
};

}  // namespace ttmem::recorder
