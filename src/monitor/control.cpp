// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "monitor/control.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "analysis/memory_map.hpp"
#include "analysis/usage.hpp"
#include "monitor/control_why.hpp"
#include "monitor/data/buffer_list.hpp"
#include "output/text.hpp"

namespace ttmem::monitor {
namespace {

constexpr std::array<uint64_t, 11> kIntervals = {kLeastInterval, 200,    500,    1000,    2000,         5000,
                                                 10'000,         30'000, 60'000, 600'000, kMostInterval};
constexpr size_t kMostFilter = 200;  // bytes
constexpr size_t kShiftStep = 8;

void say(State& state, std::string message, bool error = false) {
    state.message = std::move(message);
    state.message_is_error = error;
}

void change_interval(State& state, bool longer) {
    if (longer) {
        const auto next = std::upper_bound(kIntervals.begin(), kIntervals.end(), state.interval_ms);
        state.interval_ms = next == kIntervals.end() ? kIntervals.back() : *next;
    } else {
        const auto here = std::lower_bound(kIntervals.begin(), kIntervals.end(), state.interval_ms);
        state.interval_ms = here == kIntervals.begin() ? kIntervals.front() : *(here - 1);
    }
    say(state, "every " + std::to_string(state.interval_ms) + " ms");
}

bool shows_groups(const State& state) {
    return !state.open_buffer && state.groups != BufferGroups::kNone && !state.open_group;
}

// The selected process of view 1, or that of the selected buffer.
const api::Process* aimed_at(const State& state, const Scene& scene) {
    const api::Model& model = *scene.model;
    if (state.view == View::kMain) {
        const std::vector<ProcessRow> rows = process_rows(model, state);
        return rows.empty() ? nullptr : &model.processes[rows[selected_process(model, state, rows)].process];
    }
    if (state.view == View::kBuffers && state.open_buffer) {
        const auto found =
            std::find_if(model.processes.begin(), model.processes.end(),
                         [&](const api::Process& process) { return key_of(process) == state.open_buffer->process; });
        return found == model.processes.end() ? nullptr : &*found;
    }
    if (state.view == View::kBuffers && scene.buffers != nullptr && !shows_groups(state) && scene.buffers->size() > 0) {
        const size_t selected = std::min(state.own().position, scene.buffers->size() - 1);
        const api::ProcessIndex process = scene.buffers->at(selected).process;
        return process < model.processes.size() ? &model.processes[process] : nullptr;
    }
    return nullptr;
}

void begin_kill(State& state, const Scene& scene) {
    const api::Process* process = aimed_at(state, scene);
    if (state.replay) {
        say(state, "a process of a recording gets no signal", true);
    } else if (process == nullptr) {
        say(state, "no process is selected", true);
    } else if (!process->pid || !process->pid_visible || !api::counts(process->state)) {
        say(state,
            process->pid_visible || !api::counts(process->state) ? "the process is gone"
                                                                 : "the process is in another pid namespace",
            true);
    } else {
        state.mode = Mode::kSignalChoice;
        state.choice = 0;
        state.target = key_of(*process);
        state.target_name = process->user + "  " + process->command;
    }
}

// The chosen device among the shown ones, plus one; 0: all.
size_t device_choice(const State& state, const Scene& scene) {
    const std::vector<api::DeviceIndex> shown = analysis::shown_devices(*scene.model);
    for (size_t i = 0; i < shown.size(); ++i) {
        if (key_of(scene.model->devices[shown[i]]) == state.device) {
            return i + 1;
        }
    }
    return 0;
}

void choose_device(State& state, const Scene& scene, size_t choice) {
    const std::vector<api::DeviceIndex> shown = analysis::shown_devices(*scene.model);
    state.device = choice == 0 || choice > shown.size() ? "" : key_of(scene.model->devices[shown[choice - 1]]);
    for (ViewChoices& own : state.choices) {
        own.position = 0;
    }
}

void step_device(State& state, const Scene& scene, bool forward) {
    const size_t count = analysis::shown_devices(*scene.model).size() + 1;
    choose_device(state, scene, (device_choice(state, scene) + (forward ? 1 : count - 1)) % count);
}

// Moves the selection to `row` of the frame's rows.
void select(State& state, const Scene& scene, size_t row, bool clicked = false) {
    if (state.view == View::kMain) {
        if (state.on_devices) {
            const std::vector<api::DeviceIndex> devices = chosen_devices(*scene.model, state);
            if (row < devices.size()) {
                state.device_row = key_of(scene.model->devices[devices[row]]);
            }
            return;
        }
        const std::vector<ProcessRow> rows = process_rows(*scene.model, state);
        if (row < rows.size()) {
            state.process = key_of(scene.model->processes[rows[row].process]);
        }
        return;
    }
    if (state.view == View::kBuffers && state.open_buffer) {
        state.buffer_line = row;
        return;
    }
    if (state.view == View::kL1Map && clicked) {
        state.core = row;
        state.on_banks = false;
    }
    state.own().position = state.view == View::kL1Map && clicked ? 0 : row;
}

void move_by(State& state, const Scene& scene, const Frame& frame, Command command) {
    if (frame.rows == 0) {
        return;
    }
    const size_t page = std::max<size_t>(1, frame.page);
    size_t row = std::min(frame.selected, frame.rows - 1);
    switch (command) {
        case Command::kUp:
            row -= std::min<size_t>(row, 1);
            break;
        case Command::kDown:
            row += 1;
            break;
        case Command::kPageUp:
            row -= std::min(row, page);
            break;
        case Command::kPageDown:
            row += page;
            break;
        case Command::kHome:
            row = 0;
            break;
        default:
            row = frame.rows;
            break;
    }
    row = std::min(row, frame.rows - 1);
    if (state.mode == Mode::kNormal) {
        select(state, scene, row);
    } else {
        state.choice = row;
    }
}

void next_part(State& state, const Scene& scene, bool forward) {
    if (state.view == View::kMain) {
        state.on_devices = !state.on_devices;
        if (state.on_devices && state.device_row.empty()) {
            const std::vector<api::DeviceIndex> devices = chosen_devices(*scene.model, state);
            state.device_row = devices.empty() ? "" : key_of(scene.model->devices[devices[0]]);
        }
    } else if (state.view == View::kL1Map) {
        state.on_banks = !state.on_banks;
        state.own().position = 0;
    } else {
        step_device(state, scene, forward);
    }
}

// Among the cores of the map, which stand in rows and columns, or along the banks.
void move_in_map(State& state, const Scene& scene, Command command) {
    const std::optional<api::DeviceIndex> device = mapped_device(*scene.model, state);
    if (!device) {
        return;
    }
    const bool back = command == Command::kUp || command == Command::kLeft;
    if (state.on_banks) {
        const size_t banks = scene.model->devices[*device].memory[api::MemoryKind::kDram].banks.value_or(0);
        state.bank =
            back ? state.bank - std::min<size_t>(state.bank, 1) : std::min(state.bank + 1, banks == 0 ? 0 : banks - 1);
        return;
    }
    const std::vector<api::Core> cores = inventory::known_cores(*scene.model, *device);  // as l1_cells() has them
    if (cores.empty()) {
        return;
    }
    const api::Core here = cores[std::min(state.core, cores.size() - 1)];
    const bool down = command == Command::kUp || command == Command::kDown;
    // The nearest core in that direction, in the same row or column.
    size_t best = std::min(state.core, cores.size() - 1);
    int nearest = 1 << 20;
    for (size_t i = 0; i < cores.size(); ++i) {
        const int along = down ? cores[i].y - here.y : cores[i].x - here.x;
        const int aside = down ? cores[i].x - here.x : cores[i].y - here.y;
        const int distance = back ? -along : along;
        if (aside == 0 && distance > 0 && distance < nearest) {
            nearest = distance;
            best = i;
        }
    }
    state.core = best;
    state.own().position = 0;
}

void sideways(State& state, const Scene& scene, bool right) {
    if (state.view == View::kWhy) {
        step_explained(state, scene, right);
        return;
    }
    if (state.view == View::kCharts || state.view == View::kTelemetry) {
        step_device(state, scene, right);
        return;
    }
    size_t& shift = state.own().shift;
    shift = right ? shift + kShiftStep : shift - std::min(shift, kShiftStep);
}

// An arrow, or a key that goes further in its direction.
void move(State& state, const Scene& scene, const Frame& frame, Command command) {
    const bool is_sideways = command == Command::kLeft || command == Command::kRight;
    if (state.view == View::kL1Map && (is_sideways || command == Command::kUp || command == Command::kDown)) {
        move_in_map(state, scene, command);
    } else if (is_sideways) {
        sideways(state, scene, command == Command::kRight);
    } else {
        move_by(state, scene, frame, command);
    }
}

// Esc: each press undoes one choice: open buffer, open group, filter, process, shift, device; in this order.
void back(State& state) {
    if (state.view == View::kBuffers && state.open_buffer) {
        state.open_buffer.reset();
    } else if (state.view == View::kBuffers && state.open_group) {
        state.open_group.reset();
    } else if (!state.own().filter.empty()) {
        state.own().filter.clear();
    } else if (state.view == View::kBuffers && state.buffers_of) {
        state.buffers_of.reset();
    } else if (state.own().shift > 0) {
        state.own().shift = 0;
    } else {
        state.device.clear();
    }
}

Action change_view(State& state, View view) {
    Action action;
    action.refresh = state.view != view;
    state.view = view;
    return action;
}

void turn_tree(State& state) {
    state.tree = !state.tree;
    say(state, state.tree ? "as a tree" : "as a list");
}

void next_grouping(State& state) {
    state.groups = static_cast<BufferGroups>((static_cast<size_t>(state.groups) + 1) % kBufferGroups);
    state.open_group.reset();
    state.open_buffer.reset();
    state.own().position = 0;
}

void change_ground(State& state, const Scene& scene) {
    state.light = !state.light.value_or(scene.look.light);
    say(state, *state.light ? "colours for a light background" : "colours for a dark background");
}

void zoom(State& state, bool in) {
    if (state.replay) {
        say(state, "the whole recording is drawn");
    } else {
        state.span = in ? state.span - std::min<size_t>(state.span, 1) : std::min(state.span + 1, kSpans.size() - 1);
    }
}

Action move_in_time(State& state, Command command) {
    Action action;
    if (command == Command::kGoTo) {
        state.mode = Mode::kMoment;
        state.typed.clear();
    } else {
        state.paused = true;
        action.move = ReplayMove{command, ""};
    }
    return action;
}

// The selected group, or the selected buffer.
void open_buffers(State& state, const Scene& scene) {
    const BufferRows& rows = *scene.buffers;
    size_t& position = state.own().position;
    if (shows_groups(state)) {
        const std::vector<BufferGroup>& groups = rows.groups();
        if (!groups.empty()) {
            state.open_group = groups[std::min(position, groups.size() - 1)].key;
            position = 0;
        }
        return;
    }
    if (rows.size() == 0) {
        return;
    }
    const inventory::BufferRow row = rows.at(std::min(position, rows.size() - 1));
    if (row.process < scene.model->processes.size()) {
        state.open_buffer = BufferKey{key_of(scene.model->processes[row.process]), row.id, row.allocated_at_ns};
        state.buffer_line = 0;
    }
}

Action open_row(State& state, const Scene& scene) {
    if (state.view == View::kMain && state.on_devices) {
        state.device = state.device_row;
        return change_view(state, View::kL1Map);
    }
    if (state.view == View::kMain) {
        if (const api::Process* process = aimed_at(state, scene)) {
            state.buffers_of = key_of(*process);
            state.open_group.reset();
            state.open_buffer.reset();
            state.choices[static_cast<size_t>(View::kBuffers)].position = 0;
            return change_view(state, View::kBuffers);
        }
    }
    if (state.view == View::kBuffers && scene.buffers != nullptr && !state.open_buffer) {
        open_buffers(state, scene);
    }
    return {};
}

// Of the columns on the screen, the one after that by which rows are sorted.
size_t next_sort_column(const State& state, const Frame& frame) {
    std::optional<size_t> first;
    bool found = false;
    for (const Hit& hit : frame.hits) {
        if (hit.what != Hit::What::kSort) {
            continue;
        }
        if (found) {
            return hit.value;
        }
        first = first.value_or(hit.value);
        found = hit.value == state.choices[static_cast<size_t>(state.view)].sort;
    }
    return first.value_or(state.choices[static_cast<size_t>(state.view)].sort);
}

Action obey(State& state, Command command, const Scene& scene, const Frame& frame) {
    Action action;
    switch (command) {
        case Command::kQuit:
            action.quit = true;
            break;
        case Command::kMain:
        case Command::kCharts:
        case Command::kTelemetry:
        case Command::kBuffers:
        case Command::kL1Map:
        case Command::kEvents:
        case Command::kWhy:
            return change_view(state, static_cast<View>(static_cast<int>(command) - static_cast<int>(Command::kMain)));
        case Command::kHelp:
            state.mode = Mode::kHelp;
            state.choice = 0;
            break;
        case Command::kUp:
        case Command::kDown:
        case Command::kLeft:
        case Command::kRight:
        case Command::kPageUp:
        case Command::kPageDown:
        case Command::kHome:
        case Command::kEnd:
            move(state, scene, frame, command);
            break;
        case Command::kNext:
        case Command::kPrevious:
            next_part(state, scene, command == Command::kNext);
            break;
        case Command::kOpen:
            return open_row(state, scene);
        case Command::kBack:
            back(state);
            break;
        case Command::kFilter:
            state.mode = Mode::kFilter;
            state.filter_before = state.own().filter;
            break;
        case Command::kSort:
            state.own().sort = next_sort_column(state, frame);
            break;
        case Command::kReverse:
            state.own().reverse = !state.own().reverse;
            break;
        case Command::kTree:
            turn_tree(state);
            break;
        case Command::kKill:
            begin_kill(state, scene);
            break;
        case Command::kPause:
            state.paused = !state.paused;
            action.refresh = !state.paused;
            break;
        case Command::kSlower:
        case Command::kFaster:
            change_interval(state, command == Command::kSlower);
            break;
        case Command::kDevice:
            state.mode = Mode::kDeviceChoice;
            state.choice = device_choice(state, scene);
            break;
        case Command::kZoomIn:
        case Command::kZoomOut:
            zoom(state, command == Command::kZoomIn);
            break;
        case Command::kGlyphs:
            state.blocks = !state.blocks;
            break;
        case Command::kGroup:
            next_grouping(state);
            break;
        case Command::kEventBack:
        case Command::kEventOn:
        case Command::kNoteBack:
        case Command::kNoteOn:
        case Command::kTimeBack:
        case Command::kTimeOn:
        case Command::kGoTo:
            return move_in_time(state, command);
        case Command::kGround:
            change_ground(state, scene);
            break;
        case Command::kPeaks:
            if (!turn_peaks(state)) {
                say(state, "in a recording, < and > go to its peaks", true);
            }
            break;
    }
    return action;
}

// Changes a text that is being typed by a key other than Enter and Esc.
void type(std::string& text, Key key) {
    if (key == kKeyBackspace) {
        while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xc0) == 0x80) {
            text.pop_back();
        }
        if (!text.empty()) {
            text.pop_back();
        }
    } else if (key < kKeyBase && key >= 0x20 && key != 0x7f && text.size() < kMostFilter) {
        text += utf8(key);
    }
}

void type_filter(State& state, Key key) {
    std::string& filter = state.own().filter;
    if (key == kKeyEnter) {
        state.mode = Mode::kNormal;
    } else if (key == kKeyEscape) {
        filter = state.filter_before;
        state.mode = Mode::kNormal;
    } else {
        type(filter, key);
    }
    state.own().position = 0;
}

Action type_moment(State& state, Key key) {
    Action action;
    if (key == kKeyEnter) {
        state.mode = Mode::kNormal;
        if (!state.typed.empty()) {
            state.paused = true;
            action.move = ReplayMove{Command::kGoTo, state.typed};
        }
    } else if (key == kKeyEscape) {
        state.mode = Mode::kNormal;
    } else {
        type(state.typed, key);
    }
    return action;
}

Action in_choice(State& state, Key key, const Scene& scene, const Frame& frame) {
    const std::optional<Command> command = command_of(key, state.view, state.replay);
    if (key == kKeyEscape || command == Command::kQuit) {
        state.mode = Mode::kNormal;
    } else if (key == kKeyEnter) {
        if (state.mode == Mode::kDeviceChoice) {
            choose_device(state, scene, state.choice);
            state.mode = Mode::kNormal;
        } else {
            state.mode = Mode::kConfirm;
        }
    } else if (command && ((*command >= Command::kUp && *command <= Command::kDown) ||
                           (*command >= Command::kPageUp && *command <= Command::kEnd))) {
        move_by(state, scene, frame, *command);
    }
    return {};
}

}  // namespace

Action press(State& state, Key key, const Scene& scene, const Frame& frame) {
    state.message.clear();
    switch (state.mode) {
        case Mode::kFilter:
            type_filter(state, key);
            return {};
        case Mode::kMoment:
            return type_moment(state, key);
        case Mode::kDeviceChoice:
        case Mode::kSignalChoice:
            return in_choice(state, key, scene, frame);
        case Mode::kConfirm: {
            state.mode = Mode::kNormal;
            Action action;
            if (key == U'y' || key == U'Y') {
                action.kill = KillRequest{state.target, offered_signals()[state.choice].number};
            } else {
                say(state, "nothing was sent");
            }
            return action;
        }
        case Mode::kHelp: {
            const std::optional<Command> command = command_of(key, state.view, state.replay);
            if (key == kKeyEscape || key == kKeyEnter || command == Command::kHelp || command == Command::kQuit) {
                state.mode = Mode::kNormal;
                return {};
            }
            return in_choice(state, key, scene, frame);
        }
        case Mode::kNormal:
            break;
    }
    const std::optional<Command> command = command_of(key, state.view, state.replay);
    return command ? obey(state, *command, scene, frame) : Action{};
}

Action click(State& state, Click button, size_t row, size_t column, const Scene& scene, const Frame& frame) {
    state.message.clear();
    if (button == Click::kWheelUp || button == Click::kWheelDown) {
        move_by(state, scene, frame, button == Click::kWheelUp ? Command::kUp : Command::kDown);
        return {};
    }
    for (const Hit& hit : frame.hits) {
        if (hit.row != row || column < hit.left || column >= hit.right) {
            continue;
        }
        switch (hit.what) {
            case Hit::What::kView:
                return change_view(state, static_cast<View>(hit.value));
            case Hit::What::kCommand:
                return obey(state, static_cast<Command>(hit.value), scene, frame);
            case Hit::What::kSort:
                state.own().reverse = state.own().sort == hit.value && !state.own().reverse;
                state.own().sort = hit.value;
                return {};
            case Hit::What::kDeviceRow:
            case Hit::What::kRow:
                if (state.mode != Mode::kNormal) {
                    state.choice = hit.value;
                    return button == Click::kDouble ? press(state, kKeyEnter, scene, frame) : Action{};
                }
                state.on_devices = hit.what == Hit::What::kDeviceRow;
                select(state, scene, hit.value, true);
                return button == Click::kDouble ? open_row(state, scene) : Action{};
        }
    }
    return {};
}

}  // namespace ttmem::monitor
