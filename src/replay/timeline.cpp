// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "replay/timeline.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/saturate.hpp"
#include "inventory/holdings.hpp"

namespace ttmem::replay {
namespace {

using recording::Event;
using recording::Moment;

// One process's share of the pass.
class Pass {
public:
    Pass(const recording::Reader& reader, size_t number, Timeline& timeline)
        : reader_(reader), process_(reader.processes()[number]), number_(number), timeline_(timeline) {}

    void run() {
        if (process_.events.empty()) {
            return;
        }
        add({process_.events.front().head.first_ns, number_, {0, 1}, NoteKind::kBegin, 0, std::nullopt, {}});
        recording::Visitor visitor;
        visitor.on_chunk = [this](const Moment&, size_t chunk) { begin_chunk(chunk); };
        visitor.on_break = [this](const Moment& moment, const recording::EventChunk& chunk, uint64_t missed) {
            on_break(moment, chunk, missed);
        };
        visitor.on_event = [this](Moment& moment, const Event& event) { on_event(moment, event); };
        recording::replay(reader_, process_, visitor);
        for (const auto& [account, peak] : peaks_) {
            if (const auto kind = inventory::kind_of_account(account.second); kind && peak.bytes > 0) {
                add({peak.time_ns, number_, peak.place, NoteKind::kPeak, peak.bytes, kind, {}});
            }
        }
        end_courses();
        if (last_ns_ != 0) {
            add({last_ns_, number_, place_, NoteKind::kEnd, 0, std::nullopt, {}});
        }
    }

private:
    using Account = std::pair<uint32_t, uint8_t>;  // allocator, account
    struct Peak {
        uint64_t bytes = 0;
        uint64_t time_ns = 0;
        recording::MomentPlace place;
        std::optional<size_t> rise = std::nullopt;  // its last one, in Timeline::rises
    };

    void add(const Note& note) {
        if (timeline_.notes.size() < kMostNotes) {
            timeline_.notes.push_back(note);
        } else {
            ++timeline_.notes_left_out;
        }
    }

    void begin_chunk(size_t chunk) { place_ = {chunk, 0}; }

    void on_break(const Moment& moment, const recording::EventChunk& chunk, uint64_t missed) {
        const uint64_t time_ns = process_.events[place_.chunk].head.first_ns;
        if (missed > 0 || (chunk.after_dropped && place_.chunk > 0)) {
            add({time_ns, number_, place_, NoteKind::kGap, missed, std::nullopt, {}});
        }
        for (uint32_t allocator = 0; allocator < moment.totals().size(); ++allocator) {
            for (uint8_t account = 0; account < ledger::kAccounts; ++account) {
                if (moment.total(allocator, account).bytes != 0) {
                    see(moment, allocator, account, time_ns);
                }
            }
        }
    }

    void on_event(Moment& moment, const Event& event) {
        ++place_.events;
        last_ns_ = std::max(last_ns_, event.time_ns);
        recording::Held freed;
        const recording::Change change = moment.apply(event, &freed);
        if (change == recording::Change::kAllocated) {
            see(moment, event.allocator, event.account, event.time_ns);
        } else if (change == recording::Change::kFreed) {
            draw(freed.allocator, freed.account, moment.total(freed.allocator, freed.account).bytes, event.time_ns);
        }
        switch (event.type) {
            case ledger::kEventMark:
                add({event.time_ns, number_, place_, NoteKind::kStep, event.id, std::nullopt, {}});
                break;
            case ledger::kEventAllocatorOpen:
                add({event.time_ns, number_, place_, NoteKind::kOpen, 0, std::nullopt, event});
                break;
            case ledger::kEventAllocatorClose:
                add({event.time_ns, number_, place_, NoteKind::kClose, 0, std::nullopt, event});
                break;
            default:
                if (event.is_refusal()) {
                    add({event.time_ns, number_, place_, NoteKind::kRefusal, 0, std::nullopt, event});
                }
                break;
        }
    }

    // Notes the bytes held now, after they grew.
    void see(const Moment& moment, uint32_t allocator, uint8_t account, uint64_t time_ns) {
        const uint64_t bytes = moment.total(allocator, account).bytes;
        Peak& peak = peaks_[{allocator, account}];
        if (bytes > peak.bytes) {
            peak.bytes = bytes;
            peak.time_ns = time_ns;
            peak.place = place_;
            std::vector<PeakRise>& rises = timeline_.rises[number_];
            if (peak.rise && rises[*peak.rise].chunk == place_.chunk) {
                rises[*peak.rise].bytes = bytes;
            } else {
                peak.rise = rises.size();
                rises.push_back({place_.chunk, allocator, account, bytes});
            }
        }
        draw(allocator, account, bytes, time_ns);
    }

    // Raises the course of DRAM or L1 at that time.
    void draw(uint32_t allocator, uint8_t account, uint64_t bytes, uint64_t time_ns) {
        if (account != ledger::kAccountDram && account != ledger::kAccountL1) {
            return;
        }
        Drawn* const drawn = course_of(allocator, account);
        if (drawn == nullptr) {
            return;
        }
        std::vector<uint64_t>& course = timeline_.courses[drawn->number].bytes;
        const size_t bucket = timeline_.bucket_of(time_ns);
        while (course.size() < bucket) {
            course.push_back(drawn->bytes);  // nothing happened there
        }
        if (course.size() == bucket) {
            course.push_back(std::max(drawn->bytes, bytes));
        } else {
            course[bucket] = std::max(course[bucket], bytes);
        }
        drawn->bytes = bytes;
    }

    // Bytes held at the end stay until the process ends, or the recording.
    void end_courses() {
        const bool lives = !process_.end || process_.end->ending == recording::Ending::kFollowed;
        const size_t buckets = lives ? kBuckets : timeline_.bucket_of(last_ns_) + 1;
        for (const auto& [account, drawn] : drawn_) {
            std::vector<uint64_t>& course = timeline_.courses[drawn.number].bytes;
            course.resize(std::max(course.size(), buckets), drawn.bytes);
        }
    }

    struct Drawn {
        size_t number = 0;   // in Timeline::courses
        uint64_t bytes = 0;  // held now
    };
    Drawn* course_of(uint32_t allocator, uint8_t account) {
        const auto found = drawn_.find({allocator, account});
        if (found != drawn_.end()) {
            return &found->second;
        }
        if (timeline_.courses.size() >= kMostCourses) {
            return nullptr;
        }
        timeline_.courses.push_back({number_, allocator, *inventory::kind_of_account(account), {}});
        return &drawn_.emplace(Account(allocator, account), Drawn{timeline_.courses.size() - 1, 0}).first->second;
    }

    const recording::Reader& reader_;
    const recording::RecordedProcess& process_;
    size_t number_;
    Timeline& timeline_;
    recording::MomentPlace place_;
    uint64_t last_ns_ = 0;
    std::map<Account, Peak> peaks_;
    std::map<Account, Drawn> drawn_;
};

}  // namespace

std::string_view to_string(NoteKind kind) {
    switch (kind) {
        case NoteKind::kBegin:
            return "begin";
        case NoteKind::kEnd:
            return "end";
        case NoteKind::kOpen:
            return "open";
        case NoteKind::kClose:
            return "close";
        case NoteKind::kPeak:
            return "peak";
        case NoteKind::kRefusal:
            return "refusal";
        case NoteKind::kStep:
            return "step";
        case NoteKind::kGap:
            return "gap";
    }
    return "";
}

size_t Timeline::bucket_of(uint64_t time_ns) const {
    if (time_ns <= first_ns || last_ns <= first_ns) {
        return 0;
    }
    const double share = static_cast<double>(time_ns - first_ns) / static_cast<double>(last_ns - first_ns);
    return std::min(static_cast<size_t>(share * kBuckets), kBuckets - 1);
}

uint64_t Timeline::bucket_end_ns(size_t bucket) const {
    const double share = static_cast<double>(bucket + 1) / kBuckets;
    return first_ns + static_cast<uint64_t>(share * static_cast<double>(last_ns - first_ns));
}

const Note* Timeline::highest_peak() const {
    const Note* highest = nullptr;
    for (const Note& note : notes) {
        if (note.kind == NoteKind::kPeak && (highest == nullptr || note.number > highest->number)) {
            highest = &note;
        }
    }
    return highest;
}

Timeline make_timeline(const recording::Reader& reader) {
    Timeline timeline;
    timeline.rises.resize(reader.processes().size());
    timeline.events_before.resize(reader.processes().size());
    for (size_t i = 0; i < reader.processes().size(); ++i) {
        uint64_t before = 0;
        for (const recording::ChunkPlace& place : reader.processes()[i].events) {
            const bool first = timeline.last_ns == 0;
            timeline.first_ns = first ? place.head.first_ns : std::min(timeline.first_ns, place.head.first_ns);
            timeline.last_ns = std::max({timeline.last_ns, place.head.last_ns, place.head.first_ns});
            timeline.events_before[i].push_back(before);
            saturating_add(before, place.head.count);
        }
        saturating_add(timeline.events, before);
    }
    for (size_t i = 0; i < reader.processes().size(); ++i) {
        Pass(reader, i, timeline).run();
    }
    std::stable_sort(timeline.notes.begin(), timeline.notes.end(),
                     [](const Note& a, const Note& b) { return a.time_ns < b.time_ns; });
    return timeline;
}

}  // namespace ttmem::replay
