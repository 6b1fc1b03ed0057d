// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Where an inventory gets its ledgers from: those on this machine (LedgerSource), or those of a moment of a recording
// (src/replay).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ttmem::inventory {

struct TrackedLedger;

class Ledgers {
public:
    virtual ~Ledgers() = default;

    // The parts that are read. Totals always are; `space` asks for figures made from the list of buffers (an overlap of a process's
    // own allocators needs it too), `banks` for the contents of banks (Holdings::spans, or else the list), `buffers` for
    // the list itself.
    struct Wanted {
        bool buffers = false;
        bool banks = false;
        bool space = false;
        bool events = false;
        bool quick = false;         // those whose writer still holds them keep what was read of them before
        bool keep_lists = false;    // lists that were read before and still hold are not let go of
        bool totals_alone = false;  // of each ledger that was never read its totals, and nothing that takes longer
        // For `space`, lists are read of each user's ledgers that changed until they have so many buffers together.
        uint64_t space_rows = UINT64_MAX;
    };
    // Looks at every ledger and reads those that have changed.
    virtual void refresh(const Wanted& wanted) = 0;

    // Sees to it that `placed` is known. True when the ledger had to be read for it, and may show a later state now.
    virtual bool place_buffers(TrackedLedger& ledger) = 0;

    // Lets go of lists that were read on the way and not asked for.
    virtual void drop_unwanted_lists() = 0;

    virtual std::vector<TrackedLedger*> shown() = 0;
    virtual const std::vector<std::string>& notices() const = 0;

    // Whether they say what is loaded and launched; else programs and what belongs to them are unknown.
    virtual bool has_programs() const { return true; }

    // The moment that they show, in ns since the Unix epoch; 0: now.
    virtual uint64_t time_ns() const { return 0; }
};

}  // namespace ttmem::inventory
