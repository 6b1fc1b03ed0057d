// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The user's choices: view, device, filter, order, open dialogue. Changed by keys and clicks alone (control.hpp), read
// by the layout.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "monitor/keys.hpp"

namespace ttmem::monitor {

// A process from one model to the next: the start time distinguishes processes that had the same pid.
struct ProcessKey {
    int pid = 0;
    uint64_t start_time_ns = 0;
    bool operator==(const ProcessKey&) const = default;
};
ProcessKey key_of(const api::Process& process);

// A device from one model to the next.
std::string key_of(const api::Device& device);

enum class Mode : uint8_t { kNormal, kHelp, kFilter, kDeviceChoice, kSignalChoice, kConfirm, kMoment };

// The numbers stand in the settings file.
enum class BufferGroups : uint8_t { kNone, kSize, kOperation, kLine, kFunction, kModule, kScope, kTensor };
inline constexpr size_t kBufferGroups = 8;

// A buffer from one reading to the next: an id is given again once its buffer is gone.
struct BufferKey {
    ProcessKey process;
    uint64_t id = 0;
    uint64_t allocated_at_ns = 0;
    bool operator==(const BufferKey&) const = default;
};

// A refusal from one model to the next: the process that it happened in, and its number there.
struct RefusalKey {
    ProcessKey process;
    uint64_t number = 0;
    bool operator==(const RefusalKey&) const = default;
};

// A peak from one model to the next: the process whose it is, and of which kind of memory.
struct PeakKey {
    ProcessKey process;
    api::MemoryKind kind = api::MemoryKind::kDram;
    bool operator==(const PeakKey&) const = default;
};

// The choices of each view.
struct ViewChoices {
    std::string filter;
    size_t sort = 0;  // number of the column
    bool reverse = false;
    size_t position = 0;  // the selected row, or the first one shown where none is selected
    size_t shift = 0;     // columns that long texts are shifted to the left
};

struct Signal {
    int number;
    const char* name;
    const char* text;
};
const std::vector<Signal>& offered_signals();

inline constexpr std::array<uint32_t, 6> kSpans = {60, 300, 900, 3600, 7200, 86400};  // seconds, of charts

struct State {
    View view = View::kMain;
    Mode mode = Mode::kNormal;
    uint64_t interval_ms = 1000;
    bool paused = false;
    bool replay = false;  // a recording is replayed: `paused` says that its time does not run on
    std::string typed;    // Mode::kMoment: the moment to go to, as far as it is typed
    std::array<ViewChoices, kViews> choices;

    std::string device;                 // key of the chosen one; empty: all
    std::optional<ProcessKey> process;  // selected in view 1
    bool on_devices = false;            // view 1: the arrows move among the devices
    std::string device_row;             // view 1: key of the selected device
    bool tree = false;

    size_t span = 0;  // index into kSpans
    bool blocks = false;

    std::optional<ProcessKey> buffers_of;  // view 4: this process alone
    BufferGroups groups = BufferGroups::kNone;
    std::optional<uint64_t> open_group;    // view 4: the rows of this group
    std::optional<BufferKey> open_buffer;  // view 4: all of this buffer
    size_t buffer_line = 0;                // the first line shown of it

    bool on_banks = false;  // view 5: the arrows move among the DRAM banks
    size_t core = 0;        // view 5: selected core
    size_t bank = 0;

    std::optional<RefusalKey> refusal;  // view 7: this one; absent: the latest
    bool peaks = false;                 // view 7: peaks instead of refusals
    std::optional<PeakKey> peak;        // of them this one; absent: the first

    std::optional<bool> light;  // ground, where the user has said it

    size_t choice = 0;  // selected row of the dialogue, or the first line of the help
    std::string filter_before;
    ProcessKey target;  // of the signal
    std::string target_name;
    std::string message;  // shown until the next key
    bool message_is_error = false;

    ViewChoices& own() { return choices[static_cast<size_t>(view)]; }
    const ViewChoices& own() const { return choices[static_cast<size_t>(view)]; }
};

}  // namespace ttmem::monitor
