// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Programs, rings, regions and refusals of the recorded process. Events name programs and refusals by their numbers
// alone, so their records are read from the ledger's tables as soon as such an event has come, and put into the
// recording before the chunk of that event. A program that is gone by then is recorded as unknown. Pure: the caller
// reads the ledger.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "ledger/read/ordered_events.hpp"
#include "recording/programs.hpp"

namespace ttmem::recorder {

class TableFollower {
public:
    // An event, in the order of the recording.
    void note(const ledger::OrderedEvent& event);
    // Records of noted events are wanted: look() is due.
    bool is_due() const { return due_; }
    // `now`: read with its programs after those events.
    void look(const ledger::Snapshot& now);
    // Events were lost, or none of before were wanted: the programs are those of `now`, whose positions are those of
    // the checkpoint.
    void restart(const ledger::Snapshot& now);

    // Payloads that stand before the open chunk's events; nullopt: nothing is new.
    std::optional<std::string> new_refusals();
    std::optional<std::string> new_definitions();
    // Each call is the end of a chunk; the next one begins with what is loaded now.
    std::optional<std::string> end_chunk();

private:
    // Times are those of the first look: where a reader measures the rate of the writer's clock, each look gives others.
    struct Loaded {
        std::optional<uint32_t> definition;
        uint64_t last_launch = 0;
        std::optional<uint64_t> loaded_ns;
    };
    struct Refusal {
        uint64_t time_ns = 0;
        std::string bytes;
    };
    uint32_t define(ledger::Program program, uint64_t loaded_ns);
    void keep_layout(const ledger::Snapshot& now);
    std::vector<recording::LoadedProgram> loaded_now() const;

    std::map<uint64_t, Loaded> loaded_;                             // by the program's id
    std::map<recording::EventPlace, ledger::OrderedEvent> unread_;  // loads whose program was not read yet
    std::unordered_map<std::string, uint32_t> numbers_;             // of definitions, by their bytes
    std::vector<std::string> new_definitions_;
    std::vector<recording::ProgramLoad> new_loads_;
    recording::ProgramState state_;  // `loaded`: as the open chunk begins
    uint64_t order_ = 0;             // of launches, the latest
    std::string written_;            // the last payload's state
    bool has_programs_ = false;
    int looks_due_ = 0;  // after a device was opened, whose regions are described a little later
    bool due_ = false;

    std::map<uint64_t, Refusal> refusals_;  // by number
    std::vector<std::string> changed_refusals_;
};

}  // namespace ttmem::recorder
