// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// One process of a recording at a moment that can be moved, and its ledger as that was then. Keeps one chunk of events
// unpacked. Not thread safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "inventory/ledger_source.hpp"
#include "recording/programs_then.hpp"
#include "recording/reader.hpp"
#include "recording/replay.hpp"
#include "replay/timeline.hpp"

namespace ttmem::replay {

class Track {
public:
    // Both must outlive it. `number`: index into Reader::processes(). It stands before the first event.
    Track(const recording::Reader& reader, const Timeline& timeline, size_t number);

    // When the next event happens, and when the last one did; nothing at the end and at the beginning.
    std::optional<uint64_t> next_ns();
    std::optional<uint64_t> last_ns();
    // Over one event, which is given. nullopt: there is none in that direction. Damaged chunks are
    // left out.
    std::optional<recording::Event> forward();
    std::optional<recording::Event> back();
    // After the last event that is not later, or after the events of a place.
    void go_to_time(uint64_t time_ns);

    uint64_t events() const;  // of this process that have happened
    // False: nothing of this moment is known: it is before the first event, or the chunk is damaged.
    bool known() const { return begun_; }

    // Where it stands; nullopt: before the first event.
    std::optional<recording::MomentPlace> place() const { return begun_ ? std::optional(place_) : std::nullopt; }
    void go_to(const std::optional<recording::MomentPlace>& place);

    // The process as its ledger would have shown it at `time_ns`, with buffers, and the latest kMostNews events.
    inventory::TrackedLedger& ledger(uint64_t time_ns);
    static constexpr size_t kMostNews = 1000;

private:
    const recording::RecordedProcess& process() const { return reader_.processes()[number_]; }
    bool load(size_t chunk, size_t events);
    bool load_near(size_t chunk, bool forward);
    bool is_over(uint64_t time_ns) const;
    bool has_happened(const Note& note) const;
    void fill_openings(ledger::Snapshot& snapshot) const;
    void fill_totals(ledger::Snapshot& snapshot) const;
    void fill_buffers(ledger::Snapshot& snapshot) const;
    void fill_refusals(ledger::Snapshot& snapshot, uint64_t time_ns) const;
    void fill_programs(ledger::Snapshot& snapshot);
    void fill_news();

    const recording::Reader& reader_;
    const Timeline& timeline_;
    size_t number_;
    bool begun_ = false;
    recording::MomentPlace place_;
    recording::EventChunk chunk_;  // that of place_, once begun
    recording::Moment moment_;
    recording::ProgramsThen programs_;
    inventory::TrackedLedger ledger_;
};

}  // namespace ttmem::replay
