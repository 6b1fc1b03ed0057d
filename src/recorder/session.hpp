// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Records a process, or a process with all that it starts: finds their ledgers as they appear, and follows each.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "recorder/follower.hpp"
#include "recorder/ledger_search.hpp"
#include "recording/writer.hpp"

namespace ttmem::recorder {

struct Subject {
    pid_t pid = 0;
    // The pid's descendants are recorded too, and all of them from their first event on; without, that process alone,
    // from now on.
    bool with_descendants = false;
    bool redacted = false;  // as Follower::Subject::redacted
};

struct Tally {
    uint64_t processes = 0;
    uint64_t events = 0;
    uint64_t missed = 0;
    uint64_t bytes = 0;  // of the file
};

// Not thread safe.
class Session {
public:
    Session(recording::Writer writer, Subject subject);

    // Finds new ledgers and reads events of known ones. Call it again after pause_ms() at the latest.
    void step();
    int pause_ms() const { return pause_ms_; }
    // New ledgers and ended processes, without waiting for their turn.
    void look_now() {
        look_for_ledgers();
        look_for_ends();
    }
    void look_for_ledgers();

    // The process that was asked for is followed, or was.
    bool found_any() const { return tally_.processes != 0; }
    bool all_ended() const { return followers_.empty(); }

    // Everything that is left; the file is complete then. Error: it could not be written.
    Result<Tally> finish();

    // Notices for the user: ledgers that were passed over.
    const std::vector<std::string>& notices() const { return search_.notices(); }
    const std::optional<Error>& write_error() const { return writer_.error(); }

private:
    void follow(FoundLedger found);
    void look_for_ends();

    recording::Writer writer_;
    const Subject subject_;
    LedgerSearch search_;
    std::vector<std::unique_ptr<Follower>> followers_;
    Tally tally_;
    uint64_t looked_ns_ = 0;
    uint64_t looked_for_ends_ns_ = 0;
    int pause_ms_ = 1;
};

}  // namespace ttmem::recorder
