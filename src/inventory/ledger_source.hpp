// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// All ledgers on this machine, followed from one refresh to the next: opened, judged and read. A ledger whose process
// is gone is read once and then only kept in mind.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "inventory/holdings.hpp"
#include "inventory/ledger_directory.hpp"
#include "inventory/ledgers.hpp"
#include "inventory/own_ledger.hpp"
#include "inventory/process_state.hpp"
#include "inventory/sidecar_names.hpp"
#include "ledger/read/reader.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

// A ledger as last read.
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
    SidecarNames names;

    // Facts of its process beside the ledger's own.
    struct OfProcess {
        std::string command;
        std::optional<api::Container> container;
        std::vector<pid_t> ancestors;  // of a living one, its parent first; looked up when it is another one's child
        KnownProcess known;
    } process;

    // Where the ledger stood when it was read last, and as what its process was judged then: while both are the same,
    // what was read holds.
    struct LastRead {
        std::optional<uint64_t> stamp;         // absent: it must be read again
        std::optional<uint64_t> events_stamp;  // where it stood when its events were taken last
        api::ProcessState state = api::ProcessState::kLive;
        uint64_t number = 0;  // another one after each read
        uint64_t named = 0;   // the read whose names were looked for last
    } last_read;

    // The last read. Of a ledger that cannot change any more, only identity, devices and failures are kept.
    ledger::Snapshot snapshot;
    Holdings holdings;

    // The list of its buffers.
    struct List {
        bool kept = false;       // the rows are in `snapshot` now
        bool spaced = false;     // `holdings` were made with the rows, whether or not those were kept
        uint64_t number = 0;     // another number after each read of the list
        uint64_t misplaced = 0;  // rows of the last one that lie outside of their banks; of strangers
    } list;

    // The use that it makes of devices (how many, how often opened), and since when (CLOCK_MONOTONIC) a read shows it:
    // what the driver said before is no word on it.
    struct Use {
        uint64_t print = 0;
        uint64_t since_ns = 0;
    } use;

    // Address ranges of its buffers, by index in snapshot.devices and kind; made when they are first asked for, empty
    // where the list is not whole.
    struct Ranges {
        std::map<std::pair<uint32_t, api::MemoryKind>, PackedIntervals> placed;
        bool known = false;
        bool wanted = false;  // they were asked for: they are made with each list from then on
    } ranges;

    struct Events {
        ledger::EventCursor cursor;
        ledger::EventBatch batch;  // since the read before
    } events;

    // The spans of its buffers are known, with or without the list.
    bool has_spans() const { return list.spaced && holdings.spans.whole; }
    bool counts() const { return !hidden && api::counts(verdict.state); }
    // Of another user than root and the reader: what it claims of a chip counts for its own process alone.
    bool is_strangers() const { return owner != 0 && owner != geteuid(); }
};

// Makes `ranges` from the rows or spans that were read.
void place(TrackedLedger& ledger);

// The ledgers on this machine.
class LedgerSource final : public Ledgers {
public:
    // `base_directories`: folders that hold ledger directories.
    explicit LedgerSource(const std::vector<std::string>& base_directories,
                          std::optional<OwnLedger> own = std::nullopt);

    void refresh(const Wanted& wanted) override;
    bool place_buffers(TrackedLedger& ledger) override;
    void drop_unwanted_lists() override;
    std::vector<TrackedLedger*> shown() override;
    const std::vector<std::string>& notices() const override { return notices_; }

private:
    // Whether the list of a ledger is read.
    enum class Listing : uint8_t { kNo, kIfShort, kYes };
    void look_at(LedgerDirectory& directory, const LedgerName& name);
    void look_at_own();
    static void leave_out_claims(TrackedLedger& ledger);
    void bound_users();
    static void note_use(TrackedLedger& ledger);
    void judge_and_read(TrackedLedger& ledger);
    Verdict verdict_on(TrackedLedger& ledger) const;
    bool read(TrackedLedger& ledger, Listing listing, bool events);
    bool is_listed_enough(const TrackedLedger& ledger) const;
    bool keeps_list(const TrackedLedger& ledger) const;
    Listing wanted_listing() const;
    bool is_short(const TrackedLedger& ledger, const ledger::Snapshot& totals);
    static void drop_list(TrackedLedger& ledger);
    static void take_new_events(TrackedLedger& ledger, bool events);
    static void read_names(TrackedLedger& ledger, const LedgerDirectory& directory);
    void describe_process(TrackedLedger& ledger, const LedgerDirectory& directory);
    void retire_superseded();
    void settle(TrackedLedger& ledger);

    std::vector<LedgerFinder> finders_;
    std::optional<OwnLedger> own_;
    Surroundings here_;
    std::map<std::string, TrackedLedger> ledgers_;  // by path
    std::map<uid_t, size_t> unread_;                // files that could not be read, by owner of the directory
    std::map<uid_t, uint64_t> space_rows_;          // that lists of this refresh have, by owner (Wanted::space_rows)
    std::vector<std::string> notices_;
    Wanted wanted_;
    size_t open_readers_ = 0;
    uint64_t reads_ = 0;
    uint64_t lists_read_ = 0;
};

}  // namespace ttmem::inventory
