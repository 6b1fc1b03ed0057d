// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "replay/track.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/saturate.hpp"

namespace ttmem::replay {
namespace {

using recording::Event;
using recording::Held;

constexpr size_t kMostRefusals = 64;  // as many as a ledger keeps

ledger::Event plain(const Event& from) {
    ledger::Event event;
    event.time_ns = from.time_ns;
    event.id = from.id;
    event.bytes = from.bytes;
    event.thread = from.thread;
    event.allocator = from.allocator == recording::kNone ? std::nullopt : std::optional(from.allocator);
    event.type = from.type;
    event.account = from.account;
    event.address = from.address;
    event.requested_bytes = from.requested_bytes;
    event.context = from.context;
    event.tensor = from.tensor;
    event.page_bytes = from.page_bytes;
    event.form = from.form;
    return event;
}

// An event says less of a refusal than the ledger's record of it, which is not in recordings of before 1.2.
ledger::Failure failure_of(const Event& event) {
    ledger::Failure failure;
    failure.number = event.id;
    failure.time_ns = event.time_ns;
    failure.type = event.type == ledger::kEventFail    ? ledger::kFailureOutOfMemory
                   : event.type == ledger::kEventClash ? ledger::kFailureClash
                                                       : ledger::kFailureOperation;
    failure.thread = event.thread;
    failure.allocator = event.allocator == recording::kNone ? std::nullopt : std::optional(event.allocator);
    failure.account = event.account;
    failure.requested_bytes = event.bytes;
    if (event.type == ledger::kEventClash) {
        failure.buffer_address = event.address;
        failure.end_address = saturating_sum(event.address, event.bytes);
        failure.buffer_id = ledger::kUnknown64;
    }
    failure.context = event.context;
    failure.tensor = event.tensor;
    return failure;
}

}  // namespace

Track::Track(const recording::Reader& reader, const Timeline& timeline, size_t number)
    : reader_(reader), timeline_(timeline), number_(number) {
    ledger_.owner = geteuid();
    ledger_.settled = true;
    ledger_.list.kept = true;
    ledger_.list.spaced = true;
    ledger::Sidecar texts = process().texts;
    ledger_.names.take(std::move(texts));
    const std::optional<recording::ProcessFacts>& facts = process().facts;
    if (facts) {
        ledger_.name.pid = facts->pid;
        ledger_.process.command = facts->command.empty() ? facts->name : facts->command;
        ledger::Snapshot& snapshot = ledger_.snapshot;
        snapshot.identity.pid = facts->pid;
        snapshot.identity.start_time_ns = facts->start_time_ns;
        snapshot.identity.created_ns = facts->followed_from_ns;
        snapshot.identity.command = facts->name;
        snapshot.identity.library = facts->library;
        snapshot.devices = facts->devices;
        snapshot.allocators = facts->allocators;
        if (!facts->from_the_beginning) {
            snapshot.late_ns = facts->followed_from_ns;
        }
    }
}

bool Track::load(size_t chunk, size_t events) {
    if (!begun_ || place_.chunk != chunk) {
        std::optional<recording::EventChunk> read = reader_.read(process().events[chunk]);
        if (!read) {
            return false;
        }
        chunk_ = std::move(*read);
    }
    begun_ = true;
    place_ = {chunk, std::min(events, chunk_.events.size())};
    moment_.reset(chunk_.checkpoint);
    for (size_t i = 0; i < place_.events; ++i) {
        moment_.apply(chunk_.events[i]);
    }
    return true;
}

// The nearest chunk from this one on, forward or backward, that can be read and has an event; at its beginning or end.
bool Track::load_near(size_t chunk, bool forward) {
    const bool was = begun_;
    const recording::MomentPlace before = place_;
    for (size_t at = chunk; at < process().events.size();
         at += forward ? 1 : -1) {  // below 0 it wraps around, and ends
        if (process().events[at].head.count > 0 && load(at, forward ? 0 : SIZE_MAX) && !chunk_.events.empty()) {
            return true;
        }
    }
    if (was && place_.chunk != before.chunk) {
        load(before.chunk, before.events);
    }
    begun_ = was;
    return false;
}

std::optional<uint64_t> Track::next_ns() {
    if (begun_ && place_.events < chunk_.events.size()) {
        return chunk_.events[place_.events].time_ns;
    }
    for (size_t at = begun_ ? place_.chunk + 1 : 0; at < process().events.size(); ++at) {
        if (process().events[at].head.count > 0) {
            return process().events[at].head.first_ns;
        }
    }
    return std::nullopt;
}

std::optional<uint64_t> Track::last_ns() {
    if (!begun_) {
        return std::nullopt;
    }
    if (place_.events > 0) {
        return chunk_.events[place_.events - 1].time_ns;
    }
    for (size_t at = place_.chunk; at-- > 0;) {
        if (process().events[at].head.count > 0) {
            return process().events[at].head.last_ns;
        }
    }
    return std::nullopt;
}

std::optional<Event> Track::forward() {
    if ((!begun_ || place_.events >= chunk_.events.size()) && !load_near(begun_ ? place_.chunk + 1 : 0, true)) {
        return std::nullopt;
    }
    const Event event = chunk_.events[place_.events++];
    moment_.apply(event);
    return event;
}

std::optional<Event> Track::back() {
    if (!begun_) {
        return std::nullopt;
    }
    if (place_.events == 0 && (place_.chunk == 0 || !load_near(place_.chunk - 1, false))) {
        return std::nullopt;
    }
    const Event event = chunk_.events[place_.events - 1];
    load(place_.chunk, place_.events - 1);
    return event;
}

void Track::go_to_time(uint64_t time_ns) {
    const std::vector<recording::ChunkPlace>& chunks = process().events;
    const auto after = std::find_if(chunks.begin(), chunks.end(), [time_ns](const recording::ChunkPlace& place) {
        return place.head.first_ns > time_ns;
    });
    if (after == chunks.begin() || !load(static_cast<size_t>(after - chunks.begin()) - 1, 0)) {
        begun_ = false;
        return;
    }
    while (place_.events < chunk_.events.size() && chunk_.events[place_.events].time_ns <= time_ns) {
        moment_.apply(chunk_.events[place_.events++]);
    }
}

void Track::go_to(const std::optional<recording::MomentPlace>& place) {
    begun_ = place && place->chunk < process().events.size() && load(place->chunk, place->events);
}

uint64_t Track::events() const {
    return begun_ ? saturating_sum(timeline_.events_before[number_][place_.chunk], place_.events) : 0;
}

// After its end a process holds nothing.
bool Track::is_over(uint64_t time_ns) const {
    const std::optional<recording::ProcessEnd>& end = process().end;
    return end && end->ending != recording::Ending::kFollowed && begun_ &&
           place_.chunk + 1 == process().events.size() && place_.events == chunk_.events.size() &&
           time_ns > std::max(end->time_ns, process().events.back().head.last_ns);
}

bool Track::has_happened(const Note& note) const {
    return note.place.chunk < place_.chunk || (note.place.chunk == place_.chunk && note.place.events <= place_.events);
}

// An allocator is as its last opening or closing left it, else as its next one finds it, else as the recorder found it.
void Track::fill_openings(ledger::Snapshot& snapshot) const {
    const bool over = ledger_.verdict.state != api::ProcessState::kLive;
    std::vector<bool> decided(snapshot.allocators.size());
    for (const Note& note : timeline_.notes) {
        const uint32_t allocator = note.event.allocator;
        if (note.process != number_ || (note.kind != NoteKind::kOpen && note.kind != NoteKind::kClose) ||
            allocator >= snapshot.allocators.size()) {
            continue;
        }
        const bool opens = note.kind == NoteKind::kOpen;
        if (has_happened(note)) {
            snapshot.allocators[allocator].open = opens;
        } else if (!decided[allocator]) {
            snapshot.allocators[allocator].open = !opens;
        }
        decided[allocator] = true;
    }
    for (ledger::Allocator& allocator : snapshot.allocators) {
        const bool recorded = process().facts->allocators[allocator.index].open;
        allocator.open = !over && (decided[allocator.index] ? allocator.open : recorded);
    }
}

void Track::fill_totals(ledger::Snapshot& snapshot) const {
    for (uint32_t i = 0; i < snapshot.allocators.size(); ++i) {
        for (uint32_t account = 0; account < ledger::kAccounts; ++account) {
            const recording::Total total = moment_.total(i, account);
            ledger::AccountTotals& to = snapshot.allocators[i].totals[account];
            to = {};
            to.buffers = total.buffers;
            to.bytes = total.bytes;
            to.requested_bytes = total.requested_bytes;
            to.peak_bytes = total.bytes;
        }
    }
    // Up to the chunk before. In this one the peak is looked for.
    for (const PeakRise& rise : timeline_.rises[number_]) {
        if (rise.chunk < place_.chunk && rise.allocator < snapshot.allocators.size()) {
            uint64_t& peak = snapshot.allocators[rise.allocator].totals[rise.account].peak_bytes;
            peak = std::max(peak, rise.bytes);
        }
    }
    recording::Moment moment;
    moment.reset(chunk_.checkpoint);
    for (size_t i = 0; i < place_.events; ++i) {
        const Event& event = chunk_.events[i];
        if (moment.apply(event) == recording::Change::kAllocated && event.allocator < snapshot.allocators.size()) {
            uint64_t& peak = snapshot.allocators[event.allocator].totals[event.account].peak_bytes;
            peak = std::max(peak, moment.total(event.allocator, event.account).bytes);
        }
    }
}

void Track::fill_buffers(ledger::Snapshot& snapshot) const {
    snapshot.buffers.clear();
    for (const Held& held : moment_.by_id()) {
        if (held.allocator >= snapshot.allocators.size()) {
            continue;
        }
        ledger::Buffer& buffer = snapshot.buffers.emplace_back();
        buffer.slot = static_cast<uint32_t>(snapshot.buffers.size() - 1);
        buffer.id = held.id;
        buffer.address = held.address;
        buffer.requested_bytes = held.requested_bytes;
        buffer.banks = recording::banks_of(held, snapshot.allocators);
        buffer.bytes_per_bank = held.bytes / buffer.banks;
        buffer.page_bytes = held.page_bytes;
        buffer.thread = held.thread;
        buffer.allocator = held.allocator;
        const std::optional<uint32_t> device = held.device();
        buffer.device = device && *device < snapshot.devices.size() ? device : std::nullopt;
        buffer.account = held.account;
        buffer.type = static_cast<uint8_t>(held.form >> 20 & 7);
        buffer.layout = static_cast<uint8_t>(held.form >> 23 & 3);
        buffer.flags = static_cast<uint8_t>(held.form >> 25);
        buffer.context = held.context;
        buffer.scope = held.context < ledger::kFirstContext ? static_cast<uint16_t>(held.context) : 0;
        buffer.allocated_at_ns = held.time_ns;
        buffer.tensor = held.tensor;
    }
}

void Track::fill_refusals(ledger::Snapshot& snapshot, uint64_t time_ns) const {
    snapshot.failures.clear();
    for (const Note& note : timeline_.notes) {
        if (note.time_ns > time_ns) {
            break;
        }
        if (note.process == number_ && note.kind == NoteKind::kRefusal && has_happened(note)) {
            const auto record = process().refusals.find(note.event.id);
            const bool is_sound =
                record != process().refusals.end() && record->second.allocator.value_or(0) < snapshot.allocators.size();
            snapshot.failures.push_back(is_sound ? record->second : failure_of(note.event));
        }
    }
    if (snapshot.failures.size() > kMostRefusals) {
        snapshot.failures.erase(snapshot.failures.begin(),
                                snapshot.failures.end() - static_cast<ptrdiff_t>(kMostRefusals));
    }
}

// Regions and rings of an allocator go as it is closed.
void Track::fill_programs(ledger::Snapshot& snapshot) {
    std::optional<recording::ProgramsThen::Answer> then = programs_.at(reader_, process(), chunk_, place_);
    // Before the first one there are none; of a process that never reported any they are unknown.
    snapshot.programs_told = then.has_value() && !process().programs.definitions.empty();
    snapshot.programs.clear();
    snapshot.config_rings.clear();
    snapshot.regions.clear();
    if (!then) {
        return;
    }
    const auto is_open = [&snapshot](const std::optional<uint32_t>& allocator) {
        return allocator && *allocator < snapshot.allocators.size() && snapshot.allocators[*allocator].open;
    };
    for (ledger::Program& program : then->programs) {
        if (program.allocator && !is_open(program.allocator)) {
            continue;
        }
        if (program.devices.empty() && program.allocator) {
            program.devices = snapshot.allocators[*program.allocator].devices;
        }
        std::erase_if(program.devices, [&](uint32_t device) { return device >= snapshot.devices.size(); });
        snapshot.programs.push_back(std::move(program));
    }
    for (const ledger::ConfigRing& ring : then->rings) {
        if (is_open(ring.allocator)) {
            snapshot.config_rings.push_back(ring);
        }
    }
    for (const ledger::Region& region : then->regions) {
        if (is_open(region.allocator) && region.device.value_or(0) < snapshot.devices.size()) {
            snapshot.regions.push_back(region);
        }
    }
}

void Track::fill_news() {
    std::vector<ledger::Event>& news = ledger_.events.batch.events;
    news.clear();
    for (size_t i = place_.events; i-- > 0 && news.size() < kMostNews;) {
        news.push_back(plain(chunk_.events[i]));
    }
    for (size_t at = place_.chunk; at-- > 0 && news.size() < kMostNews;) {
        const std::optional<recording::EventChunk> before = reader_.read(process().events[at]);
        for (size_t i = before ? before->events.size() : 0; i-- > 0 && news.size() < kMostNews;) {
            news.push_back(plain(before->events[i]));
        }
    }
    std::reverse(news.begin(), news.end());
}

inventory::TrackedLedger& Track::ledger(uint64_t time_ns) {
    ledger_.hidden = !begun_;
    ledger_.ranges.placed.clear();
    ledger_.ranges.known = false;
    ++ledger_.last_read.number;
    ++ledger_.list.number;
    ledger::Snapshot& snapshot = ledger_.snapshot;
    snapshot.lost = {};
    for (const Note& note : timeline_.notes) {
        if (note.process == number_ && note.kind == NoteKind::kGap && note.time_ns <= time_ns) {
            saturating_add(snapshot.lost[0], note.number);
        }
    }
    snapshot.events = events();
    if (!begun_) {
        snapshot.buffers.clear();
        snapshot.programs.clear();
        ledger_.holdings = {};
        ledger_.events.batch.events.clear();
        return ledger_;
    }
    const bool over = is_over(time_ns);
    ledger_.verdict.state = !over                                               ? api::ProcessState::kLive
                            : process().end->ending == recording::Ending::kDied ? api::ProcessState::kDied
                                                                                : api::ProcessState::kExited;
    fill_openings(snapshot);
    snapshot.one_moment = !chunk_.approximate;
    fill_totals(snapshot);
    fill_buffers(snapshot);
    fill_refusals(snapshot, time_ns);
    fill_programs(snapshot);
    fill_news();
    ledger_.holdings = inventory::hold(snapshot, true);
    inventory::hold_programs(snapshot, ledger_.holdings);
    return ledger_;
}

}  // namespace ttmem::replay
