// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The one tracker of a process: finds or makes the ledger's writer for the calling thread, notices forks, keeps out of
// its own way. Everything here runs inside the host.
#pragma once

#include "ledger/writer.hpp"

namespace ttmem::client {

// What feeds the ledger, shown to readers ("client", "libtt_metal 0.81.1"). Copied. Before the first report.
void set_library_name(const char* name) noexcept;

// True when TT_ALLOC_TRACKING_ENABLED asks for tracking.
bool tracking_requested() noexcept;

// Turns reports on or off (tt_alloc_tracking_on). The ledger is made at the first report.
void set_tracking(bool on) noexcept;

// The process ends by itself: says so in the ledger, if this process (not its parent) has one.
void process_exits() noexcept;

enum class Need { kAllocation, kExisting };

// A thread's stay in the tracker. Made on the stack at the start of each report:
//     if (Entry entry(Need::kAllocation); entry) { entry.writer().allocate(entry.slot(), ...); }
// False when tracking is off or impossible, when the thread is in here already (a signal handler), or when nothing is
// tracked yet and kExisting was asked for. errno is as before when it goes.
class Entry {
public:
    explicit Entry(Need need) noexcept;
    ~Entry();
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    explicit operator bool() const noexcept { return writer_ != nullptr; }
    ledger::Writer& writer() const noexcept { return *writer_; }
    ledger::ThreadSlot& slot() const noexcept;

    // Differs between a process and its forked child, so that what was cached from a report can be told as stale.
    // 0 is never used.
    static uint64_t generation() noexcept;

private:
    ledger::Writer* writer_ = nullptr;
};

}  // namespace ttmem::client
