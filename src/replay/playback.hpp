// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A recording that is looked at moment by moment: to an inventory it is the ledgers of that moment, so every view and
// table shows it as it shows the present. Not thread safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "inventory/ledgers.hpp"
#include "recording/reader.hpp"
#include "replay/timeline.hpp"
#include "replay/track.hpp"

namespace ttmem::replay {

class Playback final : public inventory::Ledgers {
public:
    // Of a recording, or of one moment: a file of `ttmem why --save`, a ledger (saved_moment.hpp). Stands at the highest
    // peak, or at the end where there is none. Error: the file cannot be read or has no event.
    static Result<std::shared_ptr<Playback>> open(const std::string& path);
    explicit Playback(recording::Reader reader);

    // By one event of any process, in the order of time. False: there is none in that direction.
    bool step(bool forward);
    // To the next moment at which something happened, or to the one before: events of one nanosecond are one moment, so
    // that go_to_time(now_ns()) leads to it again. False: there is none in that direction.
    bool to_moment(bool forward);
    // To the next moment worth a look, or to the one before. nullptr: there is none in that direction.
    const Note* to_note(bool forward);
    // To that one of timeline().notes. False: there are not as many.
    bool go_to_note(size_t number);
    // After the last event that is not later; a time outside of the recording goes to its beginning or end.
    void go_to_time(uint64_t time_ns);
    // In a person's words: seconds after the first event (12.5), a part of the whole (40%), @ and ns since 1970,
    // step:N, peak, begin, end. Error: it says nothing, or names no moment of this recording.
    Result<bool> go_to(const std::string& words);

    // Where it stands, to come back to after a look at another moment.
    struct Standing {
        std::vector<std::optional<recording::MomentPlace>> places;  // by process
        uint64_t time_ns = 0;
        std::optional<size_t> note;
        std::string said;
    };
    Standing standing() const;
    void stand_at(const Standing& standing);

    uint64_t now_ns() const { return time_ns_; }
    std::optional<size_t> note() const { return note_; }  // that was gone to, in timeline().notes
    uint64_t events() const;                              // of all processes that have happened
    // The number of the last step that a program marked; nothing before the first one.
    std::optional<uint64_t> program_step() const;
    // The last event in a few words: the note that was gone to, or the event that was stepped over; empty after a jump in time.
    const std::string& said() const { return said_; }
    // A note in a few words: "peak of dram: 1.2 GiB".
    std::string words_of(const Note& note) const;
    const Timeline& timeline() const { return timeline_; }
    const recording::Reader& reader() const { return reader_; }
    const std::string& path() const { return path_; }
    uint64_t version() const { return version_; }  // another number at each moment

    void refresh(const Wanted& wanted) override;
    bool place_buffers(inventory::TrackedLedger& ledger) override;
    void drop_unwanted_lists() override {}
    std::vector<inventory::TrackedLedger*> shown() override { return shown_; }
    const std::vector<std::string>& notices() const override { return notices_; }
    bool has_programs() const override;
    uint64_t time_ns() const override { return time_ns_; }

private:
    std::optional<uint64_t> latest_ns();
    void moved(uint64_t time_ns, std::string said);
    std::string words_of(size_t process, const recording::Event& event, bool forward);

    recording::Reader reader_;
    std::string path_;
    Timeline timeline_;
    std::vector<Track> tracks_;
    std::vector<inventory::TrackedLedger*> shown_;
    std::vector<std::string> notices_;
    uint64_t time_ns_ = 0;
    std::optional<size_t> note_;  // the moment is this one of the timeline's
    std::string said_;
    uint64_t version_ = 1;
    uint64_t shown_version_ = 0;
};

}  // namespace ttmem::replay
