// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Programs, kernel-config rings, memory regions and refusals in a recording: what the ledger's tables say of them, of
// which an event has the number alone. Payloads of chunks as bytes and back; pure. A decoder answers nothing for bytes
// that no encoder made.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/read/snapshot.hpp"
#include "recording/packing.hpp"

namespace ttmem::recording {

// The place of an event: its shard, and its number in the ring of that.
using EventPlace = std::pair<uint32_t, uint64_t>;

// The event by which a program was loaded.
struct ProgramLoad {
    EventPlace event;
    uint32_t definition = 0;
};

struct LoadedProgram {
    uint32_t definition = 0;  // number of its definition: they count from 0 in the order of the file
    uint64_t last_launch = 0;
    bool operator==(const LoadedProgram&) const = default;
};

// The state that belongs to a chunk of events. Not in the file where it is that of the chunk before.
struct ProgramState {
    std::vector<LoadedProgram> loaded;      // as the chunk's events begin
    std::vector<ledger::ConfigRing> rings;  // as they end
    std::vector<ledger::Region> regions;
};

struct ProgramChunk {
    std::vector<ProgramLoad> loads;  // by events of that chunk
    ProgramState state;
};

// How many records of a file a reader still takes: bounds its memory.
struct ProgramBudget {
    uint64_t records = uint64_t{1} << 21;
    bool take(uint64_t count) {
        const bool fits = count <= records;
        records -= fits ? count : records;
        return fits;
    }
};

// A definition as bytes: equal ones are the same program. Its last_launch is not in it.
std::string pack(const ledger::Program& program);
// Each of them as pack() gave it.
std::string pack_definitions(const std::vector<std::string>& definitions);
std::optional<std::vector<ledger::Program>> unpack_definitions(std::string_view bytes, ProgramBudget& budget);

std::string pack(const std::vector<ProgramLoad>& loads, const ProgramState& state);
std::optional<ProgramChunk> unpack_programs(std::string_view bytes, ProgramBudget& budget);

std::string pack(const ledger::Failure& failure);
// Each of them as pack() gave it.
std::string pack_refusals(const std::vector<std::string>& refusals);
std::optional<std::vector<ledger::Failure>> unpack_refusals(std::string_view bytes, ProgramBudget& budget);

}  // namespace ttmem::recording
