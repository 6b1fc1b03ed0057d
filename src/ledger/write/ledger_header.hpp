// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The header of the ledger as its process writes it: whose ledger it is, its clock, its state, what was lost.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.hpp"
#include "ledger/format.hpp"

namespace ttmem::ledger {

// Safe from any thread after fill(). The numbers of devices, allocators and failures are words of the header too, which
// their tables write.
class LedgerHeader {
public:
    // Fills in what never changes, and the state: the process runs. The ledger is not ready yet.
    void fill(FileHeader& header, const char* library, uint32_t max_buffers, uint64_t nonce) noexcept;
    // Lets readers in: what comes before is whole.
    void make_ready() noexcept;

    // The clock of every `ticks` field of the ledger.
    uint64_t now() const noexcept { return clock_ticks(use_tsc_); }

    void count_lost(LostCause cause) noexcept { header_->lost[cause].fetch_add(1, std::memory_order_relaxed); }
    uint64_t failures() const noexcept { return header_->failure_count.load(std::memory_order_relaxed); }

    // Says that the process ends by itself, or that tracking does; and that it goes on after all.
    void mark_exited() noexcept;
    void mark_running() noexcept;
    // Says that the process ran before tracking began, or began again. Before what it holds is recorded.
    void mark_late() noexcept;

    // The words of 1.2: set by the reader of stacks and by a late switch-on.
    void set_features(uint32_t set, uint32_t clear) noexcept;
    void set_stacks(StackState state, uint32_t most_frames) noexcept;

private:
    FileHeader* header_ = nullptr;
    bool use_tsc_ = false;
};

}  // namespace ttmem::ledger
