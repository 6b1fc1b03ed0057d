// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Goes through a process's events, or to one of its moments.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "recording/moment.hpp"
#include "recording/reader.hpp"

namespace ttmem::recording {

// Called in a pass over a process's events. All are optional but on_event.
struct Visitor {
    // `moment` is the state before the event; on_event's task is to apply the event (or not to).
    std::function<void(Moment& moment, const Event& event)> on_event;
    // At each chunk, before all else that is in it.
    std::function<void(const Moment& moment, size_t chunk)> on_chunk;
    // The live buffers do not follow from the events before: at the first chunk, after lost events, after a damaged
    // chunk. `missed`: events that the recorder did not get; of damaged chunks, those that their heads count.
    std::function<void(const Moment& moment, const EventChunk& chunk, uint64_t missed)> on_break;
};

// From chunk `first` on, in the order of the file. The moment after the last event. Times go up but for the noise of
// clocks; the order of events is authoritative.
Moment replay(const Reader& reader, const RecordedProcess& process, const Visitor& visitor, size_t first = 0);

// Where a moment is found again: a chunk of a process, and how many of its events have happened.
struct MomentPlace {
    size_t chunk = 0;
    size_t events = 0;
};
// nullopt: there is no such chunk, or it is damaged.
std::optional<Moment> moment_at(const Reader& reader, const RecordedProcess& process, const MomentPlace& place);

// After the last event that is not later than `time_ns`. nullopt: before the first chunk, or damaged.
std::optional<Moment> moment_at_time(const Reader& reader, const RecordedProcess& process, uint64_t time_ns);

// When exactly the events below `positions` (by shard, as ledger::Snapshot::positions) had happened. nullopt: the
// recording does not reach that moment, or has lost it.
std::optional<Moment> moment_at_positions(const Reader& reader, const RecordedProcess& process,
                                          const std::vector<uint64_t>& positions);

}  // namespace ttmem::recording
