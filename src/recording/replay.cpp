// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "recording/replay.hpp"

#include <algorithm>

namespace ttmem::recording {

Moment replay(const Reader& reader, const RecordedProcess& process, const Visitor& visitor, size_t first) {
    Moment moment;
    bool broken = true;
    uint64_t missed = 0;
    ReadBuffers buffers;
    for (size_t at = first; at < process.events.size(); ++at) {
        const EventChunk* const chunk = reader.read(process.events[at], buffers);
        if (chunk == nullptr) {
            missed += process.events[at].head.count;
            broken = true;
            continue;
        }
        if (visitor.on_chunk) {
            visitor.on_chunk(moment, at);
        }
        if (broken || chunk->after_gap) {
            moment.reset(chunk->checkpoint);
            if (visitor.on_break) {
                visitor.on_break(moment, *chunk, missed + chunk->missed);
            }
            broken = false;
            missed = 0;
        }
        for (const Event& event : chunk->events) {
            visitor.on_event(moment, event);
        }
    }
    return moment;
}

std::optional<Moment> moment_at(const Reader& reader, const RecordedProcess& process, const MomentPlace& place) {
    if (place.chunk >= process.events.size()) {
        return std::nullopt;
    }
    const std::optional<EventChunk> chunk = reader.read(process.events[place.chunk]);
    if (!chunk) {
        return std::nullopt;
    }
    Moment moment;
    moment.reset(chunk->checkpoint);
    for (size_t i = 0; i < std::min(place.events, chunk->events.size()); ++i) {
        moment.apply(chunk->events[i]);
    }
    return moment;
}

std::optional<Moment> moment_at_time(const Reader& reader, const RecordedProcess& process, uint64_t time_ns) {
    const auto after = std::find_if(process.events.begin(), process.events.end(),
                                    [time_ns](const ChunkPlace& place) { return place.head.first_ns > time_ns; });
    if (after == process.events.begin()) {
        return std::nullopt;
    }
    const std::optional<EventChunk> chunk = reader.read(*(after - 1));
    if (!chunk) {
        return std::nullopt;
    }
    Moment moment;
    moment.reset(chunk->checkpoint);
    for (const Event& event : chunk->events) {
        if (event.time_ns > time_ns) {
            break;
        }
        moment.apply(event);
    }
    return moment;
}

std::optional<Moment> moment_at_positions(const Reader& reader, const RecordedProcess& process,
                                          const std::vector<uint64_t>& positions) {
    const auto wanted = [&positions](uint32_t shard) { return shard < positions.size() ? positions[shard] : 0; };
    // The last checkpoint that none of the wanted events comes before, found by halving: positions only grow.
    std::optional<EventChunk> begin;
    size_t at = 0;
    for (size_t low = 0, high = process.events.size(); low < high;) {
        size_t probe = low + (high - low) / 2;
        const size_t middle = probe;
        std::optional<EventChunk> chunk = reader.read(process.events[probe]);
        while (!chunk && probe > low) {  // a damaged chunk says nothing; one before it does
            chunk = reader.read(process.events[--probe]);
        }
        bool before = true;
        for (uint32_t shard = 0; chunk && before && shard < chunk->positions.size(); ++shard) {
            before = chunk->positions[shard] <= wanted(shard);
        }
        if (!before) {
            high = probe;
            continue;
        }
        if (chunk) {
            at = probe;
            begin = std::move(chunk);
        }
        low = middle + 1;
    }
    if (!begin) {
        return std::nullopt;
    }
    Moment moment;
    moment.reset(begin->checkpoint);
    std::vector<uint64_t> reached = begin->positions;
    for (size_t next = at; next < process.events.size(); ++next) {
        const std::optional<EventChunk> chunk = next == at ? begin : reader.read(process.events[next]);
        if (!chunk || (next != at && chunk->after_gap)) {
            break;
        }
        bool any_later = false;
        for (const Event& event : chunk->events) {
            any_later = any_later || event.number >= wanted(event.shard);
            if (event.number < wanted(event.shard)) {
                moment.apply(event);
                reached.resize(std::max<size_t>(reached.size(), event.shard + size_t{1}));
                reached[event.shard] = std::max(reached[event.shard], event.number + 1);
            }
        }
        bool all = true;
        for (uint32_t shard = 0; shard < positions.size(); ++shard) {
            all = all && (shard < reached.size() ? reached[shard] : 0) == positions[shard];
        }
        if (all) {
            return moment;
        }
        if (any_later && next > at + 1) {
            break;  // events are held back by a chunk at most
        }
    }
    return std::nullopt;
}

}  // namespace ttmem::recording
