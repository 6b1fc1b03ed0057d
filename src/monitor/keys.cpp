// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "monitor/keys.hpp"

#include <algorithm>
#include <string_view>

namespace ttmem::monitor {

const std::vector<KeyRow>& key_table() {
    static const std::vector<KeyRow> kTable = {
        {Command::kMain, {U'1'}, "1", "", "devices and processes"},
        {Command::kCharts, {U'2'}, "2", "", "charts of memory, temperature, clock and power"},
        {Command::kTelemetry, {U'3'}, "3", "", "every sensor with its limit, minimum and maximum"},
        {Command::kBuffers, {U'4'}, "4", "", "the list of live buffers"},
        {Command::kL1Map, {U'5'}, "5", "", "map of L1 and of the DRAM banks"},
        {Command::kEvents, {U'6'}, "6", "", "allocations, frees, failures and deaths as they happen"},
        {Command::kWhy, {U'7'}, "7", "", "why a request was refused, and what would help"},
        {Command::kUp, {kKeyUp}, "Up", "", "a row up"},
        {Command::kDown, {kKeyDown}, "Down", "", "a row down"},
        {Command::kLeft,
         {kKeyLeft},
         "Left",
         "",
         "long texts back; 2, 3: the device; 7: refusal or peak before; 5: a core"},
        {Command::kRight,
         {kKeyRight},
         "Right",
         "",
         "long texts on; 2, 3: the next device; 7: refusal or peak; 5: a core"},
        {Command::kPageUp, {kKeyPageUp}, "PgUp", "", "a page up"},
        {Command::kPageDown, {kKeyPageDown}, "PgDn", "", "a page down"},
        {Command::kHome, {kKeyHome}, "Home", "", "to the first row"},
        {Command::kEnd, {kKeyEnd}, "End", "", "to the last row"},
        {Command::kNext, {kKeyTab}, "Tab", "", "the other part of the screen, or the next device"},
        {Command::kPrevious, {kKeyBackTab}, "Shift-Tab", "", "the same backwards"},
        {Command::kOpen, {kKeyEnter}, "Enter", "14", "look into a process, a device, a group or a buffer"},
        {Command::kBack, {kKeyEscape}, "Esc", "", "close, then drop the filter, then show all devices"},
        {Command::kFilter, {U'/'}, "/", "1346", "only rows with this text: Enter keeps, Esc drops it"},
        {Command::kSort, {U's'}, "s", "14", "sort by the next column"},
        {Command::kReverse, {U'r'}, "r", "14", "turn the order around"},
        {Command::kTree, {U't'}, "t", "1", "processes as a tree, children under their parents"},
        {Command::kKill, {U'k'}, "k", "14", "send the process a signal: choose, then confirm"},
        {Command::kDevice, {U'd'}, "d", "", "choose a device, or all"},
        {Command::kPause, {U'p'}, "p", "", "hold the picture, or let it go on"},
        {Command::kSlower, {U'+', U'='}, "+", "", "longer interval"},
        {Command::kFaster, {U'-'}, "-", "", "shorter interval"},
        {Command::kZoomIn, {U'z'}, "z", "2", "shorter span of time"},
        {Command::kZoomOut, {U'Z'}, "Z", "2", "longer span of time"},
        {Command::kGlyphs, {U'c'}, "c", "2", "draw with braille dots or with blocks"},
        {Command::kGroup, {U'g'}, "g", "4", "group by size, operation, line, function, module, scope, tensor, or not"},
        {Command::kPeaks, {U'P'}, "P", "7", "who held the memory at the peaks instead of at refusals, and back"},
        {Command::kGround, {U'b'}, "b", "", "colours for a dark or for a light background"},
        {Command::kEventBack, {U','}, ",", "", "in a recording: an event back", true},
        {Command::kEventOn, {U'.'}, ".", "", "in a recording: an event on", true},
        {Command::kNoteBack, {U'<'}, "<", "", "in a recording: back to the peak, refusal, step or device before", true},
        {Command::kNoteOn, {U'>'}, ">", "", "in a recording: on to the next peak, refusal, step or device", true},
        {Command::kTimeBack, {U'['}, "[", "", "in a recording: a hundredth of its time back", true},
        {Command::kTimeOn, {U']'}, "]", "", "in a recording: a hundredth of its time on", true},
        {Command::kGoTo, {U'T'}, "T", "", "in a recording: go to a time: 12.5 (seconds), 40%, step:140, peak", true},
        {Command::kHelp, {kKeyF1, U'?'}, "F1 ?", "", "this help"},
        {Command::kQuit, {U'q', U'Q'}, "q", "", "quit"},
    };
    return kTable;
}

std::optional<Command> command_of(Key key, View view, bool replay) {
    const char digit = static_cast<char>('1' + static_cast<int>(view));
    for (const KeyRow& row : key_table()) {
        if ((replay || !row.replay) && std::find(row.keys.begin(), row.keys.end(), key) != row.keys.end()) {
            const std::string_view views = row.views;
            return views.empty() || views.find(digit) != std::string_view::npos ? std::optional<Command>(row.command)
                                                                                : std::nullopt;
        }
    }
    return std::nullopt;
}

std::string view_listing() {
    std::string text;
    for (size_t view = 0; view < kViews; ++view) {
        text += (view == 0 ? "" : ", ") + std::to_string(view + 1) + " " + kViewNames[view];
    }
    return text;
}

std::string key_listing() {
    std::string all;
    for (const KeyRow& row : key_table()) {
        const char* const where = row.replay ? "replay" : *row.views == '\0' ? "1234567" : row.views;
        all += std::string(row.name) + "\t" + where + "\t" + row.text + "\n";
    }
    return all;
}

}  // namespace ttmem::monitor
