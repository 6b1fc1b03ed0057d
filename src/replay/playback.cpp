// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "replay/playback.hpp"

#include <algorithm>
#include <utility>

#include "base/saturate.hpp"
#include "inventory/holdings.hpp"
#include "inventory/ledger_names.hpp"
#include "output/text.hpp"
#include "replay/moment_words.hpp"
#include "replay/saved_moment.hpp"

namespace ttmem::replay {
namespace {

using inventory::TrackedLedger;

std::string memory(std::optional<api::MemoryKind> kind) {
    return kind ? " of " + std::string(api::to_string(*kind)) : "";
}

}  // namespace

Result<std::shared_ptr<Playback>> Playback::open(const std::string& path) {
    std::optional<Result<recording::Reader>> saved = recording_of_saved(path);
    Result<recording::Reader> reader = saved ? std::move(*saved) : recording::Reader::open(path);
    if (!reader) {
        return reader.error();
    }
    const auto playback = std::make_shared<Playback>(std::move(reader.value()));
    playback->path_ = path;
    if (playback->timeline_.last_ns == 0) {
        return Error{path + " holds no event", 0};
    }
    if (saved) {  // one moment: with its refusal, which follows what was held
        (void)playback->go_to("end");
    }
    return playback;
}

Playback::Playback(recording::Reader reader) : reader_(std::move(reader)), timeline_(make_timeline(reader_)) {
    for (size_t i = 0; i < reader_.processes().size(); ++i) {
        tracks_.emplace_back(reader_, timeline_, i);
    }
    notices_ = reader_.damages();
    if (timeline_.notes_left_out > 0) {
        notices_.push_back("the recording has " + std::to_string(timeline_.notes_left_out) +
                           " more events of note than are kept: < and > pass them");
    }
    if (timeline_.last_ns != 0) {
        (void)go_to(timeline_.highest_peak() != nullptr ? "peak" : "end");
    }
}

uint64_t Playback::events() const {
    uint64_t all = 0;
    for (const Track& track : tracks_) {
        saturating_add(all, track.events());
    }
    return all;
}

std::optional<uint64_t> Playback::program_step() const {
    std::optional<uint64_t> step;
    for (const Note& note : timeline_.notes) {
        if (note.time_ns > time_ns_) {
            break;
        }
        step = note.kind == NoteKind::kStep ? std::optional(note.number) : step;
    }
    return step;
}

void Playback::moved(uint64_t time_ns, std::string said) {
    time_ns_ = time_ns;
    note_.reset();
    said_ = std::move(said);
    ++version_;
}

std::string Playback::words_of(size_t process, const recording::Event& event, bool forward) {
    const std::optional<api::EventType> type = inventory::event_type(event.type);
    std::string words = type ? std::string(api::to_string(*type)) : "event";
    words += forward ? "" : " (undone)";
    if (event.bytes > 0) {
        words += " " + monitor::human_bytes(event.bytes);
    }
    words += memory(inventory::kind_of_account(event.account));
    const recording::RecordedProcess& from = reader_.processes()[process];
    if (reader_.processes().size() > 1 && from.facts) {
        words += " in process " + std::to_string(from.facts->pid);
    }
    return words;
}

std::string Playback::words_of(const Note& note) const {
    switch (note.kind) {
        case NoteKind::kBegin:
            return "the first event of the process";
        case NoteKind::kEnd:
            return "the last event of the process";
        case NoteKind::kOpen:
            return "a device was opened";
        case NoteKind::kClose:
            return "a device was closed";
        case NoteKind::kPeak:
            return "peak" + memory(note.kind_of_memory) + ": " + monitor::human_bytes(note.number);
        case NoteKind::kRefusal:
            return "refused" + (note.event.bytes > 0 ? ": " + monitor::human_bytes(note.event.bytes) : std::string()) +
                   memory(inventory::kind_of_account(note.event.account));
        case NoteKind::kStep:
            return "step " + std::to_string(note.number) + " begins";
        case NoteKind::kGap:
            return note.number > 0 ? std::to_string(note.number) + " events before were lost"
                                   : "events before were lost";
    }
    return "";
}

bool Playback::step(bool forward) {
    size_t best = tracks_.size();
    std::optional<uint64_t> nearest;
    for (size_t i = 0; i < tracks_.size(); ++i) {
        const std::optional<uint64_t> at = forward ? tracks_[i].next_ns() : tracks_[i].last_ns();
        if (at && (!nearest || (forward ? *at < *nearest : *at > *nearest))) {
            nearest = at;
            best = i;
        }
    }
    if (best == tracks_.size()) {
        return false;
    }
    const std::optional<recording::Event> event = forward ? tracks_[best].forward() : tracks_[best].back();
    if (!event) {
        return false;
    }
    // Going back, the moment is that of the last event that is left.
    const uint64_t time_ns =
        forward ? event->time_ns : std::max(timeline_.first_ns, latest_ns().value_or(timeline_.first_ns));
    moved(time_ns, words_of(best, *event, forward));
    return true;
}

// When the last event that has happened did; nullopt: none has.
std::optional<uint64_t> Playback::latest_ns() {
    std::optional<uint64_t> latest;
    for (Track& track : tracks_) {
        latest = std::max(latest, track.last_ns());
    }
    return latest;
}

bool Playback::to_moment(bool forward) {
    const std::optional<uint64_t> left = latest_ns();
    if ((!forward && (!left || *left <= timeline_.first_ns)) || !step(forward)) {
        return false;
    }
    std::string said = said_;
    go_to_time(forward ? time_ns_ : *left - 1);
    // Named by its last event, unless times that step back (the noise of clocks) put events after that one.
    const uint64_t happened = events();
    if (const std::optional<uint64_t> latest = latest_ns(); !forward && latest) {
        go_to_time(*latest);
        if (events() != happened) {
            go_to_time(*left - 1);
        }
    }
    said_ = std::move(said);
    return true;
}

const Note* Playback::to_note(bool forward) {
    const std::vector<Note>& notes = timeline_.notes;
    size_t next = 0;
    if (note_) {
        next = forward ? *note_ + 1 : *note_ - 1;  // before the first one it wraps around
    } else {
        const auto after = std::partition_point(notes.begin(), notes.end(), [this, forward](const Note& note) {
            return forward ? note.time_ns <= time_ns_ : note.time_ns < time_ns_;
        });
        next = static_cast<size_t>(after - notes.begin()) - (forward ? 0 : 1);
    }
    if (next >= notes.size()) {
        return nullptr;
    }
    go_to_note(next);
    return &notes[next];
}

bool Playback::go_to_note(size_t number) {
    if (number >= timeline_.notes.size()) {
        return false;
    }
    const Note& note = timeline_.notes[number];
    for (size_t i = 0; i < tracks_.size(); ++i) {
        if (i == note.process) {
            tracks_[i].go_to(note.place);
        } else {
            tracks_[i].go_to_time(note.time_ns);
        }
    }
    moved(note.time_ns, words_of(note));
    note_ = number;
    return true;
}

Playback::Standing Playback::standing() const {
    Standing standing{{}, time_ns_, note_, said_};
    for (const Track& track : tracks_) {
        standing.places.push_back(track.place());
    }
    return standing;
}

void Playback::stand_at(const Standing& standing) {
    for (size_t i = 0; i < tracks_.size() && i < standing.places.size(); ++i) {
        tracks_[i].go_to(standing.places[i]);
    }
    moved(standing.time_ns, standing.said);
    note_ = standing.note;
    refresh({});  // an inventory may hold the rows of these ledgers
}

void Playback::go_to_time(uint64_t time_ns) {
    const uint64_t there = std::clamp(time_ns, timeline_.first_ns, timeline_.last_ns);
    for (Track& track : tracks_) {
        track.go_to_time(there);
    }
    moved(there, "");
}

Result<bool> Playback::go_to(const std::string& words) {
    const std::optional<MomentWord> word = parse_moment(words);
    if (!word) {
        return Error{"'" + words + "' is no moment; moments are " + kMomentForms, 0};
    }
    if (word->of == MomentWord::Of::kStep || word->of == MomentWord::Of::kPeak) {
        const Result<const Note*> note = moment_note(timeline_, *word);
        if (!note) {
            return note.error();
        }
        return go_to_note(static_cast<size_t>(note.value() - timeline_.notes.data()));
    }
    const Result<uint64_t> time_ns = moment_ns(timeline_, *word);
    if (!time_ns) {
        return time_ns.error();
    }
    go_to_time(time_ns.value());
    return true;
}

void Playback::refresh(const Wanted&) {
    if (shown_version_ == version_) {
        return;
    }
    shown_version_ = version_;
    shown_.clear();
    for (Track& track : tracks_) {
        TrackedLedger& ledger = track.ledger(time_ns_);
        if (!ledger.hidden) {
            shown_.push_back(&ledger);
        }
    }
}

bool Playback::has_programs() const {
    const std::vector<recording::RecordedProcess>& all = reader_.processes();
    return std::any_of(all.begin(), all.end(), [](const auto& process) { return !process.programs.states.empty(); });
}

bool Playback::place_buffers(TrackedLedger& ledger) {
    if (!ledger.ranges.known) {
        inventory::place(ledger);
    }
    return false;
}

}  // namespace ttmem::replay
