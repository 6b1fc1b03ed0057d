// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The programs that were loaded at a moment of a process.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "ledger/read/snapshot.hpp"
#include "recording/reader.hpp"
#include "recording/replay.hpp"

namespace ttmem::recording {

// Not thread safe. Keeps the state of one chunk.
class ProgramsThen {
public:
    struct Answer {
        std::vector<ledger::Program> programs;  // by id; last_launch orders them as far as the recording knows
        std::vector<ledger::ConfigRing> rings;
        std::vector<ledger::Region> regions;
    };
    // `chunk`: that of place.chunk. nullopt: the recording has no programs of that process then.
    std::optional<Answer> at(const Reader& reader, const RecordedProcess& process, const EventChunk& chunk,
                             const MomentPlace& place);

private:
    const ProgramState* state_of(const Reader& reader, const RecordedProcess& process, size_t number);

    std::optional<size_t> kept_;  // which of RecordedPrograms::states
    std::optional<ProgramState> state_;
};

}  // namespace ttmem::recording
