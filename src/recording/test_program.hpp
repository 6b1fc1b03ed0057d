// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A random program of allocations and frees on several threads, and the plainest account of its live buffers: an oracle
// that shares no code with the code under test.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "recording/writer.hpp"

namespace ttmem::recording::test {

struct OracleBuffer {
    uint64_t bytes = 0;
    uint64_t address = 0;
    uint32_t allocator = 0;
    uint32_t account = 0;
    uint32_t context = 0;
    bool operator==(const OracleBuffer&) const = default;
};
using OracleState = std::map<uint64_t, OracleBuffer>;

// Everything is kept: the state after each event.
struct Program {
    std::vector<Event> events;
    std::vector<OracleState> states;  // states[n]: after n events
};

inline Program random_program(unsigned seed, size_t count, bool with_refusals = true) {
    std::mt19937_64 rng(seed);
    const auto below = [&rng](uint64_t end) { return rng() % end; };
    Program program;
    program.states.emplace_back();
    std::vector<uint64_t> numbers(3);
    uint64_t time = 1'700'000'000'000'000'000, id = 0;
    for (size_t i = 0; i < count; ++i) {
        OracleState state = program.states.back();
        Event event;
        event.time_ns = time += 1 + below(3000);
        event.shard = static_cast<uint32_t>(below(3));
        event.thread = 100 + event.shard;
        event.number = numbers[event.shard]++;
        const uint64_t what = below(100);
        if (with_refusals && what < 3) {
            event.type = ledger::kEventFail;
            event.bytes = 1 + below(1 << 30);
            event.allocator = 0;
            event.context = 65536;
        } else if (state.size() < 2 || (what < 55 && state.size() < 60)) {
            event.type = ledger::kEventAllocate;
            event.id = ++id;
            event.account = static_cast<uint8_t>(below(2));
            event.allocator = static_cast<uint32_t>(below(2));
            event.bytes = (1 + below(64)) * 2048;
            event.requested_bytes = event.bytes - below(2048);
            event.address = below(1 << 20) * 32;
            event.context = static_cast<uint32_t>(65536 + below(5));
            event.tensor = static_cast<uint32_t>(1 + below(3));
            event.page_bytes = 2048;
            event.form = ledger::event_form(8, ledger::kFormAllDevices, event.account, 1, 0);
            state[event.id] = {event.bytes, event.address, event.allocator, event.account, event.context};
        } else {
            const auto gone = std::next(state.begin(), static_cast<std::ptrdiff_t>(below(state.size())));
            event.type = ledger::kEventFree;
            event.id = gone->first;
            event.allocator = gone->second.allocator;
            event.account = static_cast<uint8_t>(gone->second.account);
            state.erase(gone);
        }
        program.events.push_back(event);
        program.states.push_back(std::move(state));
    }
    return program;
}

inline OracleState state_of(const Moment& moment) {
    OracleState state;
    for (const Held& held : moment.by_id()) {
        state[held.id] = {held.bytes, held.address, held.allocator, held.account, held.context};
    }
    return state;
}

// Two devices with an allocator each, and names for the contexts that random_program() uses.
inline ProcessFacts test_facts() {
    ProcessFacts facts;
    facts.pid = 4711;
    facts.from_the_beginning = true;
    facts.name = "python3";
    facts.command = "python3 train.py";
    for (int32_t i = 0; i < 2; ++i) {
        ledger::Device& device = facts.devices.emplace_back();
        device.logical_id = i;
        device.board = "n300";
        device.unique_id = 0x1234 + static_cast<uint64_t>(i);
        ledger::Allocator& allocator = facts.allocators.emplace_back();
        allocator.index = static_cast<uint32_t>(i);
        allocator.open = true;
        allocator.devices = {static_cast<uint32_t>(i)};
        allocator.geometry[0] = {1 << 30, 1024, 8, 32};
        allocator.geometry[1] = {1 << 20, 102400, 64, 16};
    }
    return facts;
}

inline ledger::Sidecar test_texts() {
    ledger::Sidecar texts;
    texts.command_line = {"python3", "train.py"};
    texts.operations = {{1, "encoder"}};
    texts.texts = {{1, "ttnn.add"}, {2, "train.py"}, {3, "step"}};
    for (uint32_t i = 0; i < 5; ++i) {
        texts.frames.push_back({i + 1, {2, 3, 10 + i, 0}});
        texts.stack_nodes.push_back({i + 1, {i + 1, 0}});
        texts.contexts.push_back({65536 + i, {i == 0 ? 1u : 0u, 1, i + 1, 0}});
    }
    texts.tensors.push_back({1,
                             {uint8_t{0},
                              uint8_t{1},
                              uint8_t{0},
                              uint8_t{0},
                              false,
                              {1, 32, 64},
                              {1, 32, 64},
                              {},
                              {2, 4},
                              {ledger::kReplicated, -1}}});
    return texts;
}

// Writes the program as the recorder does: chunks of `chunk_events`, each with its checkpoint.
inline void write_program(Writer& writer, const Program& program, size_t chunk_events, uint32_t process = 0) {
    writer.append(kChunkProcess, process, pack(test_facts()), 0, 1, 1);
    TextsDone done;
    writer.append(kChunkTexts, process, pack_more(test_texts(), done), 0, 1, 1);
    Moment moment;
    std::vector<uint64_t> positions(3);
    OpenChunk chunk;
    chunk.begin(moment, positions, 0, 0);
    for (const Event& event : program.events) {
        chunk.add(event);
        moment.apply(event);
        positions[event.shard] = event.number + 1;
        if (chunk.events() == chunk_events) {
            chunk.write(writer, process, false);
            chunk.begin(moment, positions, 0, 0);
            chunk.set_began_ns(event.time_ns);
        }
    }
    chunk.write(writer, process, true);
    ProcessEnd end;
    end.ending = Ending::kExited;
    end.time_ns = program.events.empty() ? 0 : program.events.back().time_ns;
    writer.append(kChunkEnd, process, pack(end), 0, end.time_ns, end.time_ns);
}

}  // namespace ttmem::recording::test
