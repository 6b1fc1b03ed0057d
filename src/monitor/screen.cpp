// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The frame around every view: the names of the views above, keys or messages below.
#include <algorithm>
#include <string>
#include <utility>

#include "analysis/usage.hpp"
#include "monitor/data/buffer_list.hpp"
#include "monitor/data/event_log.hpp"
#include "monitor/data/explained.hpp"
#include "monitor/data/samples.hpp"
#include "monitor/scene.hpp"
#include "output/text.hpp"

namespace ttmem::monitor {
namespace {

void draw_head(const Scene& scene, const Canvas& canvas, Frame& frame) {
    const State& state = *scene.state;
    // "14:03:22" of a moment, "PAUSED" where it does not move on.
    const std::string time = scene.model->time_ns == 0 ? "" : local_time(scene.model->time_ns).substr(11);
    const std::string pace =
        state.paused ? (state.replay ? "" : "PAUSED ") : std::to_string(state.interval_ms) + " ms ";
    const std::string right = (state.replay ? (state.paused ? "REPLAY " : "PLAY ") : "") + pace + time;
    size_t names = 0;
    for (const char* name : kViewNames) {
        names += columns(name) + 4;
    }
    // Where the names would leave no room for the time they stand closer together.
    const char* const gap = canvas.width() >= names + columns(right) + 1 ? " " : "";
    size_t at = 0;
    for (size_t i = 0; i < kViews; ++i) {
        const bool shown = i == static_cast<size_t>(state.view);
        const size_t start = at;
        at = canvas.put(0, at, " " + std::to_string(i + 1), shown ? Style::kTab : Style::kKey);
        at = canvas.put(0, at, std::string(" ") + kViewNames[i] + gap, shown ? Style::kTab : Style::kPlain);
        frame.hits.push_back({canvas.top(), start, at, Hit::What::kView, i});
    }
    if (canvas.width() >= at + columns(right) + 1) {
        canvas.put(0, canvas.width() - columns(right), right, state.paused ? Style::kWarning : Style::kDim);
    }
}

// The most useful keys of the view, as many as there is room for.
std::vector<Command> hints(View view, bool replay) {
    std::vector<Command> all = {Command::kHelp, Command::kQuit};
    if (replay) {
        all.insert(all.end(), {Command::kEventBack, Command::kEventOn, Command::kNoteBack, Command::kNoteOn,
                               Command::kGoTo, Command::kPause});
    }
    switch (view) {
        case View::kMain:
            all.insert(all.end(), {Command::kFilter, Command::kSort, Command::kTree, Command::kKill, Command::kNext,
                                   Command::kOpen});
            break;
        case View::kCharts:
            all.insert(all.end(), {Command::kZoomIn, Command::kZoomOut, Command::kGlyphs});
            break;
        case View::kBuffers:
            all.insert(all.end(), {Command::kFilter, Command::kSort, Command::kGroup, Command::kKill, Command::kOpen});
            break;
        case View::kL1Map:
            all.insert(all.end(), {Command::kNext});
            break;
        case View::kTelemetry:
        case View::kEvents:
            all.insert(all.end(), {Command::kFilter});
            break;
        case View::kWhy:
            all.insert(all.end(), {Command::kLeft, Command::kRight, Command::kPeaks});
            break;
    }
    all.push_back(Command::kDevice);
    if (!replay) {
        all.insert(all.end(), {Command::kPause, Command::kSlower, Command::kFaster});
    } else {
        // Those of the present alone.
        for (const Command other : {Command::kKill, Command::kZoomIn, Command::kZoomOut, Command::kPeaks}) {
            std::erase(all, other);
        }
    }
    return all;
}

const char* short_name(Command command, const State& state) {
    switch (command) {
        case Command::kHelp:
            return "help";
        case Command::kQuit:
            return "quit";
        case Command::kFilter:
            return "filter";
        case Command::kSort:
            return "sort";
        case Command::kTree:
            return "tree";
        case Command::kKill:
            return "kill";
        case Command::kNext:
            if (state.view == View::kL1Map) {
                return state.on_banks ? "cores" : "banks";
            }
            return state.on_devices ? "processes" : "devices";
        case Command::kOpen:
            return "open";
        case Command::kLeft:
            return "before";
        case Command::kRight:
            return "after";
        case Command::kPeaks:
            return "peaks";
        case Command::kZoomIn:
            return "shorter";
        case Command::kZoomOut:
            return "longer";
        case Command::kGlyphs:
            return "dots";
        case Command::kGroup:
            return "group";
        case Command::kDevice:
            return "device";
        case Command::kEventBack:
            return "event back";
        case Command::kEventOn:
            return "on";
        case Command::kNoteBack:
            return "note back";
        case Command::kNoteOn:
            return "on";
        case Command::kGoTo:
            return "time";
        case Command::kPause:
            return state.replay ? "play" : "pause";
        case Command::kSlower:
            return "slower";
        case Command::kFaster:
            return "faster";
        default:
            return "";
    }
}

void draw_foot(const Scene& scene, const Canvas& canvas, Frame& frame) {
    const State& state = *scene.state;
    if (state.mode == Mode::kFilter) {
        const size_t at = canvas.put(0, 0, "filter: ", Style::kTitle);
        const size_t end = canvas.put(0, at, state.own().filter);
        canvas.put(0, end, "_", Style::kSelected);
        return;
    }
    if (state.mode == Mode::kMoment) {
        const size_t at = canvas.put(0, 0, "go to (12.5, 40%, step:N, peak, begin, end): ", Style::kTitle);
        const size_t end = canvas.put(0, at, state.typed);
        canvas.put(0, end, "_", Style::kSelected);
        return;
    }
    if (!state.message.empty()) {
        canvas.put_cut(0, 0, state.message, canvas.width(), state.message_is_error ? Style::kError : Style::kTitle);
        return;
    }
    size_t at = 0;
    std::string shown;
    if (!state.device.empty()) {
        const auto& devices = scene.model->devices;
        const auto found = std::find_if(devices.begin(), devices.end(),
                                        [&](const api::Device& device) { return key_of(device) == state.device; });
        shown = found == devices.end() ? "device is gone" : device_name(*scene.model, *found);
    }
    if (!state.own().filter.empty()) {
        shown += (shown.empty() ? "" : ", ") + std::string("/") + state.own().filter;
    }
    if (!shown.empty()) {
        at = canvas.put(0, 0, " only " + cut(printable(shown), 30) + " ", Style::kWarning);
    }
    for (const Command command : hints(state.view, state.replay)) {
        const auto row = std::find_if(key_table().begin(), key_table().end(),
                                      [&](const KeyRow& key) { return key.command == command; });
        const size_t width = columns(row->name) + columns(short_name(command, state)) + 3;
        if (at + width > canvas.width()) {
            break;
        }
        const size_t start = at;
        at = canvas.put(0, at, std::string(" ") + row->name, Style::kKey);
        at = canvas.put(0, at, std::string(" ") + short_name(command, state) + " ", Style::kDim);
        frame.hits.push_back({canvas.top(), start, at, Hit::What::kCommand, static_cast<size_t>(command)});
    }
}

class NoBuffers final : public BufferRows {
public:
    size_t size() const override { return 0; }
    inventory::BufferRow at(size_t) const override { return {}; }
    std::vector<api::DeviceIndex> devices(size_t) const override { return {}; }
    uint64_t bytes() const override { return 0; }
    const std::vector<BufferGroup>& groups() const override { return groups_; }
    std::string_view text(size_t, RowText) const override { return {}; }
    std::optional<inventory::BufferDetail> open() const override { return std::nullopt; }

private:
    std::vector<BufferGroup> groups_;
};

Frame too_small(const Size& size) {
    Frame frame{Grid(size.height, size.width), {}, 0, 0, 0};
    const Canvas canvas(frame.grid);
    canvas.put(0, 0, std::to_string(size.width) + "x" + std::to_string(size.height) + " is too small");
    canvas.put(1, 0, "at least " + std::to_string(kLeastWidth) + "x" + std::to_string(kLeastHeight));
    canvas.put(2, 0, "q quits");
    return frame;
}

}  // namespace

size_t first_row(size_t selected, size_t count, size_t page) {
    if (count <= page) {
        return 0;
    }
    return std::min(selected - std::min(selected, page / 2), count - page);
}

std::vector<api::DeviceIndex> chosen_devices(const api::Model& model, const State& state) {
    std::vector<api::DeviceIndex> shown = analysis::shown_devices(model);
    if (!state.device.empty()) {
        std::erase_if(shown, [&](api::DeviceIndex device) { return key_of(model.devices[device]) != state.device; });
    }
    return shown;
}

std::optional<api::DeviceIndex> mapped_device(const api::Model& model, const State& state) {
    const std::vector<api::DeviceIndex> devices = chosen_devices(model, state);
    const auto holds = [&model](api::DeviceIndex place) {
        const api::Device& device = model.devices[place];
        return device.memory[api::MemoryKind::kL1].allocated_bytes.value_or(0) > 0 ||
               device.memory[api::MemoryKind::kDram].allocated_bytes.value_or(0) > 0 ||
               device.circular_buffers.current_bytes.value_or(0) > 0;
    };
    const auto found = std::find_if(devices.begin(), devices.end(), holds);
    return found != devices.end() ? std::optional(*found)
           : devices.empty()      ? std::nullopt
                                  : std::optional(devices.front());
}

Frame layout(const Scene& scene, const Size& size) {
    if (size.width < kLeastWidth || size.height < kLeastHeight) {
        return too_small(size);
    }
    Frame frame{Grid(size.height, size.width), {}, 0, 0, 0};
    const Canvas screen(frame.grid, scene.look.ascii);
    draw_head(scene, screen.rows(0, 1), frame);
    const size_t replay_lines = scene.replay != nullptr ? kReplayLines : 0;
    const Canvas body = screen.rows(1, size.height - 2 - replay_lines);
    static const Samples kNoSamples;
    static const EventLog kNoEvents;
    static const NoBuffers kNoBuffers;
    static const ExplainedPage kNothingExplained;
    Scene filled = scene;
    filled.samples = scene.samples == nullptr ? &kNoSamples : scene.samples;
    filled.events = scene.events == nullptr ? &kNoEvents : scene.events;
    filled.buffers = scene.buffers == nullptr ? &kNoBuffers : scene.buffers;
    filled.explained = scene.explained == nullptr ? &kNothingExplained : scene.explained;
    switch (scene.state->view) {
        case View::kMain:
            draw_main(filled, body, frame);
            break;
        case View::kCharts:
            draw_charts(filled, body, frame);
            break;
        case View::kTelemetry:
            draw_telemetry(filled, body, frame);
            break;
        case View::kBuffers:
            draw_buffers(filled, body, frame);
            break;
        case View::kEvents:
            draw_events(filled, body, frame);
            break;
        case View::kWhy:
            draw_why(filled, body, frame);
            break;
        case View::kL1Map:
            draw_l1_map(filled, body, frame);
            break;
    }
    draw_replay(scene, screen.rows(size.height - 1 - replay_lines, replay_lines));
    draw_foot(scene, screen.rows(size.height - 1, 1), frame);
    if (scene.state->mode != Mode::kNormal && scene.state->mode != Mode::kFilter &&
        scene.state->mode != Mode::kMoment) {
        draw_overlay(scene, screen, frame);
    }
    return frame;
}

}  // namespace ttmem::monitor
