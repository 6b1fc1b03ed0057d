// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The live buffers of a process at one moment, advanced event by event. The one place that says what an event does, for
// the writer of a recording and for everything that is computed from one. Not thread safe.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/id_table.hpp"
#include "recording/records.hpp"

namespace ttmem::recording {

struct Total {
    uint64_t buffers = 0;
    uint64_t bytes = 0;
    uint64_t requested_bytes = 0;
};

enum class Change : uint8_t {
    kOther,        // no buffer came or went
    kAllocated,    //
    kFreed,        //
    kUnknownFree,  // of a buffer that did not live: it was made before a gap
};

class Moment {
public:
    // Replaces the state by that of a checkpoint.
    void reset(const std::vector<Held>& checkpoint);

    // `freed`, if given, gets the buffer that left with kFreed; `mark` goes into Held::mark. A live buffer of that id is replaced.
    Change apply(const Event& event, Held* freed = nullptr, uint64_t mark = 0);

    uint64_t buffers() const { return held_.size(); }
    const Held* find(uint64_t id) const { return held_.find(id); }
    std::vector<Held> by_id() const;

    // The sums of an allocator and an account; zeros where nothing was.
    Total total(uint32_t allocator, uint32_t account) const;
    // By allocator, then account.
    const std::vector<std::array<Total, ledger::kAccounts>>& totals() const { return totals_; }

private:
    void add(const Held& held);
    void take(const Held& held);

    IdTable<Held> held_;
    std::vector<std::array<Total, ledger::kAccounts>> totals_;
};

}  // namespace ttmem::recording
