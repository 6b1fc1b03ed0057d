// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The one table of the monitor's keys: the keys that are obeyed, the help, and the output of `ttmem top --keys` all
// come from it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ttmem::monitor {

enum class View : uint8_t { kMain, kCharts, kTelemetry, kBuffers, kL1Map, kEvents, kWhy };
inline constexpr size_t kViews = 7;
inline constexpr std::array<const char*, kViews> kViewNames = {"Main", "Charts", "Telemetry", "Buffers",
                                                               "L1",   "Events", "Why"};

// A character, or one of these, which are no characters.
using Key = char32_t;
inline constexpr Key kKeyBase = 0x110000;
enum SpecialKey : Key {
    kKeyUp = kKeyBase,
    kKeyDown,
    kKeyLeft,
    kKeyRight,
    kKeyPageUp,
    kKeyPageDown,
    kKeyHome,
    kKeyEnd,
    kKeyTab,
    kKeyBackTab,
    kKeyEnter,
    kKeyEscape,
    kKeyBackspace,
    kKeyF1,
};

enum class Command : uint8_t {
    kQuit,
    kMain,  // the views, in their order
    kCharts,
    kTelemetry,
    kBuffers,
    kL1Map,
    kEvents,
    kWhy,
    kHelp,
    kUp,
    kDown,
    kLeft,
    kRight,
    kPageUp,
    kPageDown,
    kHome,
    kEnd,
    kNext,
    kPrevious,
    kOpen,
    kBack,
    kFilter,
    kSort,
    kReverse,
    kTree,
    kKill,
    kPause,
    kSlower,
    kFaster,
    kDevice,
    kZoomIn,
    kZoomOut,
    kGlyphs,
    kGroup,
    kGround,
    kPeaks,
    // Of a recording that is replayed (ttmem top --replay).
    kEventBack,
    kEventOn,
    kNoteBack,
    kNoteOn,
    kTimeBack,
    kTimeOn,
    kGoTo,
};

struct KeyRow {
    Command command;
    std::vector<Key> keys;
    const char* name;     // as the help shows the keys
    const char* views;    // digits of the views in which it does something; "" everywhere
    const char* text;     // what it does
    bool replay = false;  // only while a recording is replayed
};

const std::vector<KeyRow>& key_table();

// The command of a key in a view. `replay`: a recording is replayed.
std::optional<Command> command_of(Key key, View view, bool replay);

// "1 Main, 2 Charts, ...", as the head of the screen numbers them.
std::string view_listing();

// A line a row: keys, views ("replay": all, while a recording is replayed) and text, with tabs between; for programs.
std::string key_listing();

}  // namespace ttmem::monitor
