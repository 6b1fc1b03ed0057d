// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Draws a picture from a model and a state: the layout of the live monitor. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "model/model.hpp"
#include "monitor/state.hpp"
#include "monitor/terminal/grid.hpp"
#include "monitor/terminal/theme.hpp"

namespace ttmem::monitor {

inline constexpr size_t kLeastWidth = 80;
inline constexpr size_t kLeastHeight = 24;
inline constexpr size_t kMostDeviceWidth = 16;  // columns that "0 (0x2618f44e)" may take

class Samples;
class EventLog;
class BufferRows;
struct ExplainedPage;
struct ReplayLine;

// Everything that a picture is made from. Nothing in it is owned; samples, events, buffers and what is explained may be left
// out.
struct Scene {
    const api::Model* model = nullptr;
    const State* state = nullptr;
    Look look;
    const Samples* samples = nullptr;
    const EventLog* events = nullptr;
    const BufferRows* buffers = nullptr;
    const ExplainedPage* explained = nullptr;
    const ReplayLine* replay = nullptr;  // where in a recording the model is; nullptr: it is the present
};

// A part of the screen that takes clicks, and the meaning of a click there.
struct Hit {
    enum class What : uint8_t { kView, kRow, kDeviceRow, kSort, kCommand };
    size_t row = 0;
    size_t left = 0;
    size_t right = 0;  // after the last column
    What what = What::kRow;
    size_t value = 0;  // of the view, the row, the column or the command
};

struct Frame {
    Grid grid;
    std::vector<Hit> hits;
    size_t rows = 0;  // that the arrows move over, and how many of them are seen at once
    size_t page = 0;
    size_t selected = 0;
    std::vector<int> cards = {};  // those (by kmd index) whose sensors are all in sight
};

// The whole screen: names of the views, the view, keys; dialogues on top. Below 80x24 it says so.
Frame layout(const Scene& scene, const Size& size);

// The views themselves, each drawn into its part of the frame.
void draw_main(const Scene& scene, const Canvas& canvas, Frame& frame);
void draw_charts(const Scene& scene, const Canvas& canvas, Frame& frame);
void draw_telemetry(const Scene& scene, const Canvas& canvas, Frame& frame);
void draw_buffers(const Scene& scene, const Canvas& canvas, Frame& frame);
void draw_open_buffer(const Scene& scene, const Canvas& canvas, Frame& frame);  // of view 4: one buffer alone
void draw_l1_map(const Scene& scene, const Canvas& canvas, Frame& frame);
void draw_events(const Scene& scene, const Canvas& canvas, Frame& frame);
void draw_why(const Scene& scene, const Canvas& canvas, Frame& frame);

// The two lines above the keys that say where in a recording the picture is. Nothing without one.
inline constexpr size_t kReplayLines = 2;
void draw_replay(const Scene& scene, const Canvas& canvas);

// Draws what is open above the view: help, choice of a device, signals.
void draw_overlay(const Scene& scene, const Canvas& screen, Frame& frame);

// The devices that are shown (analysis/usage.hpp), or the chosen one alone.
std::vector<api::DeviceIndex> chosen_devices(const api::Model& model, const State& state);

// The one of them that view 5 maps: the first in which something is held, else the first; nothing without any.
std::optional<api::DeviceIndex> mapped_device(const api::Model& model, const State& state);

struct ProcessRow {
    api::ProcessIndex process;  // index into Model::processes
    size_t depth = 0;           // in the tree
};
// The processes of view 1: filtered, sorted, or as a tree.
std::vector<ProcessRow> process_rows(const api::Model& model, const State& state);
// Which of them is selected; 0 when the selected one is gone.
size_t selected_process(const api::Model& model, const State& state, const std::vector<ProcessRow>& rows);

struct ColumnName {
    const char* name;
    bool large_first;
};
const std::vector<ColumnName>& process_columns();

const std::vector<ColumnName>& buffer_columns();

// The first of `count` rows to show so that the selected one stands among `page`.
size_t first_row(size_t selected, size_t count, size_t page);

// Whether the text has the other in it, whatever the case of ASCII letters. An empty one is in every text.
bool contains(std::string_view text, std::string_view part);

}  // namespace ttmem::monitor
