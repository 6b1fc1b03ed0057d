// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// All ledgers on this machine, followed from one refresh to the next: opened, judged and read. A ledger whose process
// is gone is read once and then only kept in mind.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/model.hpp"
#include "inventory/holdings.hpp"
#include "inventory/ledger_directory.hpp"
#include "inventory/process_state.hpp"
#include "inventory/sidecar_names.hpp"
#include "ledger/reader.hpp"

namespace ttmem::inventory {

// One ledger as it stands now.
struct TrackedLedger {
    std::string path;
    FileIdentity identity;
    uid_t owner = 0;
    LedgerName name;
    std::optional<ledger::Reader> reader;  // open while its process may write on
    std::optional<Claim> claim;
    Verdict verdict;
    bool settled = false;  // will never change again
    bool hidden = false;   // nothing to show (being made, or its maker died making it)
    std::string command;
    SidecarNames names;
    std::optional<api::Container> container;
    std::vector<pid_t> ancestors;  // of a living one, its parent first; looked up when it is another one's child

    // What was read. Of a settled one the snapshot keeps identity, devices and failures alone.
    ledger::Snapshot snapshot;
    bool buffers_listed = false;
    Holdings holdings;
    ledger::EventCursor cursor;
    ledger::EventBatch news;

    bool counts() const { return !hidden && api::counts(verdict.state); }
};

class LedgerSource {
public:
    explicit LedgerSource(std::string base_directory);

    // Looks at every ledger and reads the totals of those that are not settled, with the list of buffers if asked or if
    // its own allocators overlap.
    void refresh(bool buffers, bool events);

    // Reads the list of buffers of one that was read without.
    void list_buffers(TrackedLedger& ledger);

    std::vector<TrackedLedger*> shown();
    const std::vector<std::string>& notices() const { return notices_; }

private:
    void look_at(LedgerDirectory& directory, const LedgerName& name, bool buffers, bool events);
    void judge_and_read(TrackedLedger& ledger, bool buffers, bool events);
    bool read(TrackedLedger& ledger, bool buffers, bool events);
    static void take_news(TrackedLedger& ledger, bool events);
    static void read_names(TrackedLedger& ledger, const LedgerDirectory& directory);
    void describe_process(TrackedLedger& ledger, const LedgerDirectory& directory);
    void retire_superseded();
    void settle(TrackedLedger& ledger);

    std::string base_directory_;
    Surroundings here_;
    std::map<std::string, TrackedLedger> ledgers_;  // by path
    std::vector<std::string> notices_;
    size_t open_readers_ = 0;
};

}  // namespace ttmem::inventory
