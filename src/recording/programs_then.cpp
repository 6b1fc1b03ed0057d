// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "recording/programs_then.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace ttmem::recording {

namespace {

// A program of which the recorder saw the event alone: it was gone before its record could be read.
ledger::Program unknown_program(const Event& load) {
    ledger::Program program;
    program.id = load.id;
    program.loaded_ns = load.time_ns;
    program.allocator = load.allocator == kNone ? std::nullopt : std::optional(load.allocator);
    program.type = static_cast<uint8_t>(std::max<uint32_t>(load.account, ledger::kAccountKernelApplication) -
                                        ledger::kAccountKernelApplication);
    program.flags = ledger::kProgramBuffersUnknown | ledger::kProgramScratchpadsUnknown;
    program.kernel_bytes = load.bytes;
    program.context = load.context;
    return program;
}

}  // namespace

const ProgramState* ProgramsThen::state_of(const Reader& reader, const RecordedProcess& process, size_t number) {
    if (kept_ != number) {
        kept_ = number;
        state_ = reader.read_programs(process.programs.states[number].place);
    }
    return state_ ? &*state_ : nullptr;
}

std::optional<ProgramsThen::Answer> ProgramsThen::at(const Reader& reader, const RecordedProcess& process,
                                                     const EventChunk& chunk, const MomentPlace& place) {
    const RecordedPrograms& known = process.programs;
    const auto after = std::find_if(known.states.begin(), known.states.end(),
                                    [&](const auto& state) { return state.first > place.chunk; });
    const ProgramState* const state =
        after == known.states.begin()
            ? nullptr
            : state_of(reader, process, static_cast<size_t>(after - known.states.begin()) - 1);
    if (state == nullptr) {
        return std::nullopt;
    }
    std::map<uint64_t, ledger::Program> loaded;
    uint64_t latest = 0;
    for (const LoadedProgram& each : state->loaded) {
        if (each.definition < known.definitions.size()) {
            ledger::Program program = known.definitions[each.definition];
            program.last_launch = each.last_launch;
            latest = std::max(latest, each.last_launch);
            loaded[program.id] = std::move(program);
        }
    }
    for (size_t i = 0; i < place.events && i < chunk.events.size(); ++i) {
        const Event& event = chunk.events[i];
        if (event.type == ledger::kEventProgramUnload) {
            loaded.erase(event.id);
        } else if (event.type == ledger::kEventProgramLoad) {
            const auto load = known.loads.find({event.shard, event.number});
            const bool found = load != known.loads.end() && load->second < known.definitions.size();
            ledger::Program program = found ? known.definitions[load->second] : unknown_program(event);
            program.last_launch = ++latest;  // tt-metal loads a program as it launches it
            loaded[event.id] = std::move(program);
        }
    }
    Answer answer;
    for (auto& [id, program] : loaded) {
        answer.programs.push_back(std::move(program));
    }
    answer.rings = state->rings;
    answer.regions = state->regions;
    return answer;
}

}  // namespace ttmem::recording
