// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "replay_server/moments.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>
#include <vector>

#include "output/json.hpp"
#include "output/why_text.hpp"
#include "replay/explain_moment.hpp"
#include "replay/replay_settings.hpp"
#include "server/http/buffer_page_text.hpp"
#include "server/http/l1_text.hpp"

namespace ttmem::replay_server {
namespace {

using Json = nlohmann::ordered_json;
using replay::Note;
using replay::NoteKind;

constexpr std::string_view kNoteWord = "note:";
// Notes in the answer for the time bar; where there are more, a part of the steps is left out.
constexpr size_t kMostMarks = 3000;
constexpr size_t kWhyColumns = 100;

std::string text_of(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// The numbers of the notes that the time bar shows: all but steps first, then as many steps as find room, evenly.
std::vector<size_t> marks_of(const std::vector<Note>& notes) {
    std::vector<size_t> marks;
    std::vector<size_t> steps;
    for (size_t i = 0; i < notes.size(); ++i) {
        (notes[i].kind == NoteKind::kStep ? steps : marks).push_back(i);
    }
    marks.resize(std::min(marks.size(), kMostMarks));
    const size_t room = kMostMarks - marks.size();
    if (room > 0) {
        const size_t every = std::max<size_t>((steps.size() + room - 1) / room, 1);
        for (size_t i = 0; i < steps.size(); i += every) {
            marks.push_back(steps[i]);
        }
    }
    std::sort(marks.begin(), marks.end());
    return marks;
}

}  // namespace

Moments::Moments(std::shared_ptr<replay::Playback> playback, bool beside)
    : playback_(std::move(playback)),
      inventory_(replay::replay_settings(playback_)),
      beside_(beside),
      first_(name_of_moment()),
      now_(first_) {}

std::string Moments::name_of_moment() const {
    const std::optional<size_t> note = playback_->note();
    return note ? std::string(kNoteWord) + std::to_string(*note) : "@" + std::to_string(playback_->now_ns());
}

Result<bool> Moments::go_to(const std::string& at) {
    const std::string& to = at.empty() ? first_ : at;
    if (to == now_) {
        return true;
    }
    if (to.starts_with(kNoteWord)) {
        size_t number = 0;
        const char* const end = to.data() + to.size();
        const auto [after, error] = std::from_chars(to.data() + kNoteWord.size(), end, number);
        if (error != std::errc() || after != end || !playback_->go_to_note(number)) {
            return Error{"there is no moment '" + to + "' in this recording"};
        }
    } else if (Result<bool> found = playback_->go_to(to); !found) {
        return found;
    }
    now_ = to;
    return true;
}

void Moments::move(Move move) {
    switch (move) {
        case Move::kStay:
            return;
        case Move::kMomentBack:
        case Move::kMomentOn:
            playback_->to_moment(move == Move::kMomentOn);
            break;
        case Move::kNoteBack:
        case Move::kNoteOn:
            playback_->to_note(move == Move::kNoteOn);
            break;
    }
    now_ = name_of_moment();
}

std::string Moments::recording() const {
    const replay::Timeline& timeline = playback_->timeline();
    const std::string& path = playback_->path();
    Json marks = Json::array();
    const std::vector<size_t> shown = marks_of(timeline.notes);
    for (const size_t number : shown) {
        const Note& note = timeline.notes[number];
        marks.push_back(Json{{"at", std::string(kNoteWord) + std::to_string(number)},
                             {"since_first_ns", note.time_ns - std::min(note.time_ns, timeline.first_ns)},
                             {"kind", to_string(note.kind)},
                             {"process", note.process},
                             {"words", playback_->words_of(note)}});
    }
    Json processes = Json::array();
    for (const recording::RecordedProcess& process : playback_->reader().processes()) {
        processes.push_back(Json{{"pid", process.facts ? Json(process.facts->pid) : Json(nullptr)},
                                 {"name", process.facts ? Json(process.facts->name) : Json(nullptr)}});
    }
    return text_of(Json{{"schema", api::kSchema},
                        {"name", path.substr(path.rfind('/') + 1)},
                        {"path", path},
                        {"first_ns", timeline.first_ns},
                        {"span_ns", timeline.last_ns - timeline.first_ns},
                        {"events", timeline.events},
                        {"processes", std::move(processes)},
                        {"at", first_},
                        {"beside", beside_},
                        {"marks", std::move(marks)},
                        {"marks_left_out", timeline.notes.size() - shown.size() + timeline.notes_left_out},
                        {"damages", playback_->reader().damages()}});
}

std::string Moments::history(const RunQuestion& question) const {
    return text_of(run_history(*playback_, question));
}

std::string Moments::moment() const {
    const replay::Timeline& timeline = playback_->timeline();
    const uint64_t time_ns = playback_->now_ns();
    const std::optional<uint64_t> step = playback_->program_step();
    return text_of(Json{{"at", name_of_moment()},
                        {"words", "@" + std::to_string(time_ns)},
                        {"time_ns", time_ns},
                        {"since_first_ns", time_ns - std::min(time_ns, timeline.first_ns)},
                        {"events", playback_->events()},
                        {"step", step ? Json(*step) : Json(nullptr)},
                        {"said", playback_->said()}});
}

std::string Moments::snapshot(bool buffers) {
    inventory::Request request;
    request.depth = buffers ? inventory::Depth::kRows : inventory::Depth::kSpace;
    request.programs = inventory::ProgramDepth::kL1;
    const std::shared_ptr<const api::Model> model = inventory_.refresh(request);
    const api::EachRow rows = [this, processes = model->processes.size()](const api::RowTaker& take) {
        for (api::ProcessIndex process{0}; process < processes; ++process) {
            inventory_.each_buffer(process, take);
        }
    };
    std::string text;
    api::write_json(*model, -1, buffers ? rows : nullptr, api::json_after_buffers(*model),
                    [&text](std::string_view piece) {
                        text += piece;
                        return true;
                    });
    return text + "\n";
}

std::string Moments::buffers(const inventory::BufferQuery& query) {
    inventory::Request request;
    request.depth = inventory::Depth::kRows;
    const std::shared_ptr<const api::Model> model = inventory_.refresh(request);
    return server::buffer_page_text(inventory_.page(*model, query), query, server::Viewer{geteuid()});
}

std::string Moments::l1(const server::Arguments& arguments) {
    inventory::Request request;
    request.depth = inventory::Depth::kBuffers;
    request.programs = inventory::ProgramDepth::kPrograms;
    return server::l1_text(*inventory_.refresh(request), arguments);
}

std::string Moments::why() {
    const inventory::Explanation explanation = replay::explain_moment(playback_);
    Json json = output::why_json(*explanation.model, explanation.why);
    Json lines = Json::array();
    for (const monitor::Line& line : output::why_text(*explanation.model, explanation.why, kWhyColumns, true)) {
        const bool heading = !line.spans.empty() && line.spans.front().style == monitor::Style::kHeading;
        lines.push_back(Json{{"text", line.text()}, {"heading", heading}});
    }
    json["notices"] = playback_->notices();
    json["lines"] = std::move(lines);
    return text_of(json);
}

std::shared_ptr<const api::Model> Moments::lists() {
    inventory::Request request;
    request.depth = inventory::Depth::kBuffers;
    return inventory_.refresh(request);
}

std::string Moments::events() {
    inventory::Request request;
    request.events = true;
    const std::shared_ptr<const api::Model> model = inventory_.refresh(request);
    Json events = Json::array();
    const size_t all = model->events.size();
    for (size_t i = all - std::min(all, replay::Track::kMostNews); i < all; ++i) {
        events.push_back(api::to_json(model->events[i], *model));
    }
    return text_of(Json{{"schema", api::kSchema}, {"time_ns", model->time_ns}, {"events", std::move(events)}});
}

}  // namespace ttmem::replay_server
