// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Follows the ledger of one process from another one, and writes what happens there into a recording.
//
// Order: events of several threads come in several rings, which cannot be read at one moment. An event that follows
// from another one (a free on another thread) is later than the moment at which a read began, if that other one was not
// read. So what is later than that moment waits for the next read, and order by time is then order of cause, too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "inventory/ledger_directory.hpp"
#include "ledger/read/ordered_events.hpp"
#include "recorder/table_follower.hpp"
#include "recording/moment.hpp"
#include "recording/writer.hpp"

namespace ttmem::recorder {

// Not thread safe. Refers to the recording's writer, which must outlive it.
class Follower {
public:
    struct Subject {
        inventory::OpenLedger ledger;
        UniqueFd directory;  // that the ledger and its sidecar lie in
        uid_t owner = 0;
        inventory::LedgerName name;
        std::string command;  // as /proc gives it; empty unknown
        // From its first event on: what is not in its rings any more is lost. Else from now on.
        bool from_the_beginning = false;
        // Without the command line, folders of paths, labels and texts of exceptions.
        bool redacted = false;
    };
    Follower(recording::Writer& writer, uint32_t process, Subject subject);

    // Reads what is new. The number of events; 0 also where the ledger cannot be read now.
    uint64_t poll();
    // Whether the process has ended, as the kernel says.
    std::optional<recording::Ending> look_for_end();
    // Everything that is left, and how it ended. Nothing may be called then.
    void finish(recording::Ending ending);

    const std::string& file() const { return subject_.name.file; }
    uint32_t pid() const { return subject_.name.pid; }
    uint64_t events() const { return events_; }
    uint64_t missed() const { return missed_; }

private:
    void take(const std::vector<ledger::OrderedEvent>& events, uint64_t horizon_ticks);
    void record(const ledger::OrderedEvent& event);
    void resynchronise(uint64_t missed, bool lost);
    void begin_chunk(uint16_t flags, uint64_t missed);
    void close_chunk(bool even_empty);
    void write_facts();
    void write_texts();
    void write_tables();
    void look_at_tables();

    recording::Writer& writer_;
    const uint32_t process_;
    Subject subject_;
    std::string path_;
    ledger::Reader reader_;
    ledger::ByteSource source_;  // of the same file
    ledger::EventCursor cursor_;
    bool first_read_ = true;
    bool unreadable_ = false;

    std::vector<ledger::OrderedEvent> waiting_;  // later than the horizon of the read that brought them
    recording::Moment moment_;
    std::vector<uint64_t> positions_;  // of the events in moment_
    recording::OpenChunk chunk_;
    uint64_t events_ = 0;
    uint64_t missed_ = 0;

    TableFollower tables_;
    uint64_t looked_ns_ = 0;  // when tables_ looked last

    uint64_t followed_from_ns_ = 0;
    bool facts_due_ = true;
    bool texts_due_ = true;
    recording::TextsDone texts_done_;
    uint32_t highest_[4] = {};  // numbers seen: names, contexts, tensors, labels
};

}  // namespace ttmem::recorder
