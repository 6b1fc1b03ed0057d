// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// View 6: what happens, the newest first.
#include <algorithm>
#include <cstdio>
#include <string>

#include "model/device_names.hpp"
#include "monitor/data/event_log.hpp"
#include "monitor/scene.hpp"
#include "monitor/views/widgets.hpp"
#include "output/text.hpp"

namespace ttmem::monitor {
namespace {

Style style_of(Happened what) {
    switch (what) {
        case Happened::kFail:
        case Happened::kClash:
        case Happened::kDeath:
            return Style::kError;
        case Happened::kMissed:
            return Style::kWarning;
        case Happened::kFree:
        case Happened::kProgramUnload:
            return Style::kDim;
        case Happened::kAllocate:
            return Style::kGood;
        default:
            return Style::kPlain;
    }
}

// "14:03:22.123"
std::string moment(uint64_t time_ns) {
    char text[16];
    std::snprintf(text, sizeof text, ".%03u", static_cast<unsigned>(time_ns / 1'000'000 % 1000));
    return local_time(time_ns).substr(11) + text;
}

bool has_bytes(Happened what) {
    return what == Happened::kAllocate || what == Happened::kFree || what == Happened::kFail ||
           what == Happened::kClash;
}

// Whether the event is of a thing with an id; others are of a device, a process or of nothing.
bool has_id(Happened what) {
    return what == Happened::kAllocate || what == Happened::kFree || what == Happened::kProgramLoad ||
           what == Happened::kProgramUnload;
}

// Buffers of no account are views, and those of a graph capture that allocates nothing.
std::string kind_text(const LoggedEvent& event) {
    if (event.kind) {
        return std::string(api::to_string(*event.kind));
    }
    return event.what == Happened::kAllocate || event.what == Happened::kFree ? "uncounted" : kUnknown;
}

}  // namespace

void draw_events(const Scene& scene, const Canvas& canvas, Frame& frame) {
    const EventLog& log = *scene.events;
    const State& state = *scene.state;
    const std::string& filter = state.own().filter;
    const api::DeviceNames names(*scene.model);
    std::string device;
    for (const api::DeviceIndex chosen : chosen_devices(*scene.model, state)) {
        if (!state.device.empty()) {
            device = names.label(chosen, "");
        }
    }
    std::vector<size_t> rows;
    rows.reserve(log.size());
    for (size_t i = 0; i < log.size(); ++i) {
        const LoggedEvent& event = log.at(i);
        if (!device.empty() && !api::names_chip(log.text(event.devices), device)) {
            continue;
        }
        if (filter.empty() || contains(log.line_of(event), filter)) {
            rows.push_back(i);
        }
    }
    const size_t more = std::min(names.widest(), kMostDeviceWidth) - 1;  // columns beyond those of a number
    const size_t id_width = canvas.width() < 100 ? 11 : 16;
    canvas.put(0, 0,
               "TIME         EVENT    KIND          BYTES DEV" + std::string(more, ' ') + "      PID  " +
                   fit_left("ID", id_width) + " WHAT",
               Style::kHeading);
    canvas.restyle_row(0, Style::kHeading);
    const size_t page = canvas.height() - 1;
    const size_t selected = std::min(state.own().position, rows.empty() ? 0 : rows.size() - 1);
    // The newest stay in sight until one moves down.
    const size_t first = selected == 0 ? 0 : first_row(selected, rows.size(), page);
    const Canvas list = canvas.part(1, 0, page, canvas.width() - (rows.size() > page ? 2 : 0));
    for (size_t i = first; i < std::min(rows.size(), first + page); ++i) {
        const LoggedEvent& event = log.at(rows[i]);
        const Canvas line = list.rows(i - first, 1);
        line.put(0, 0, moment(event.time_ns), Style::kDim);
        line.put(0, 13, fit_left(name_of(event.what), 8), style_of(event.what));
        line.put(0, 22, kind_text(event));
        line.put_right(0, 31, has_bytes(event.what) ? human_bytes(event.bytes) : kUnknown, 10);
        line.put_cut(0, 42, event.devices == 0 ? kUnknown : printable(log.text(event.devices)), 5 + more);
        line.put_right(0, 47 + more, event.pid >= 0 ? std::to_string(event.pid) : kUnknown, 8);
        line.put_cut(0, 57 + more, has_id(event.what) ? std::to_string(event.id) : kUnknown, id_width);
        const std::string what = printable(log.text(event.text));
        const bool command =
            event.what == Happened::kAllocate || event.what == Happened::kFree || event.what == Happened::kStart;
        const size_t shift = state.own().shift;
        const size_t at = 58 + more + id_width;
        const size_t room = line.width() - std::min(line.width(), at);
        line.put_cut(0, at, command && shift == 0 ? fit_command(what, room) : shifted(what, shift), room,
                     event.what == Happened::kAllocate || event.what == Happened::kFree ? Style::kDim : Style::kPlain);
        if (i == selected && selected > 0) {
            line.restyle_row(0, Style::kSelected);
        }
        frame.hits.push_back({line.top(), line.left(), line.left() + line.width(), Hit::What::kRow, i});
    }
    if (rows.empty()) {
        list.put(0, 2, log.size() == 0 ? "nothing has happened yet" : "no event matches", Style::kDim);
    }
    end_list(canvas.rows(1, page), first, page, rows.size(), selected, frame);
}

}  // namespace ttmem::monitor
