// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Which processes view 1 lists, and in which order.
#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <tuple>

#include "analysis/usage.hpp"
#include "monitor/scene.hpp"

namespace ttmem::monitor {
namespace {

enum SortColumn : size_t {
    kPid,
    kUser,
    kDevice,
    kDram,
    kL1,
    kCb,
    kKernels,
    kDramPeak,
    kL1Peak,
    kState,
    kContainer,
    kCommand,
    kResident,
    kLocked,
    kPinned,
    kHuge
};

char lower(char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool matches(const api::Model& model, const api::Process& process, const State& state) {
    const std::string& filter = state.choices[static_cast<size_t>(View::kMain)].filter;
    if (!state.device.empty()) {
        const bool uses = std::any_of(
            process.devices.begin(), process.devices.end(),
            [&](const api::ProcessDevice& device) { return key_of(model.devices[device.device]) == state.device; });
        if (!uses) {
            return false;
        }
    }
    return contains(process.command, filter) || contains(process.user, filter) ||
           contains(process.pid ? std::to_string(*process.pid) : "", filter) ||
           contains(api::to_string(process.state), filter) ||
           (process.container &&
            (contains(process.container->id, filter) || contains(process.container->runtime, filter)));
}

api::Bytes bytes_of(const api::Process& process, size_t column) {
    const analysis::ProcessTotals figures = analysis::process_totals(process);
    switch (column) {
        case kDram:
            return figures.dram;
        case kL1:
            return figures.l1;
        case kCb:
            return figures.circular_buffers;
        case kKernels:
            return figures.kernels;
        case kDramPeak:
            return figures.dram_peak;
        case kResident:
        case kLocked:
        case kPinned:
        case kHuge:
            return analysis::host_bytes(process, column - kResident);
        default:
            return figures.l1_peak;
    }
}

std::string text_of(const api::Process& process, size_t column) {
    switch (column) {
        case kUser:
            return process.user;
        case kState:
            return std::string(api::to_string(process.state));
        case kContainer:
            return process.container ? process.container->runtime + process.container->id : "";
        default:
            return process.command;
    }
}

void sort_rows(const api::Model& model, std::vector<ProcessRow>& rows, const ViewChoices& own) {
    const size_t column = own.sort;
    const auto sorted_by = [&](auto value, bool large_first) {
        std::vector<std::pair<decltype(value(model.processes[0])), ProcessRow>> keyed;
        keyed.reserve(rows.size());
        for (const ProcessRow& row : rows) {
            keyed.emplace_back(value(model.processes[row.process]), row);
        }
        const bool descending = large_first != own.reverse;
        std::stable_sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
            const bool gone_a = !api::counts(model.processes[a.second.process].state);
            const bool gone_b = !api::counts(model.processes[b.second.process].state);
            if (gone_a != gone_b) {
                return gone_b;
            }
            return descending ? b.first < a.first : a.first < b.first;
        });
        for (size_t i = 0; i < rows.size(); ++i) {
            rows[i] = keyed[i].second;
        }
    };
    switch (column) {
        case kPid:
            if (own.reverse) {
                sorted_by([](const api::Process& process) { return process.pid.value_or(0); }, false);
            }
            break;  // the model's own order
        case kDevice:
            sorted_by(
                [](const api::Process& process) {
                    return process.devices.empty() ? SIZE_MAX : size_t{process.devices[0].device};
                },
                false);
            break;
        case kUser:
        case kState:
        case kContainer:
        case kCommand:
            sorted_by([&](const api::Process& process) { return text_of(process, column); }, false);
            break;
        default:
            sorted_by([&](const api::Process& process) { return bytes_of(process, column); }, true);
            break;
    }
}

// Children after their parents; siblings keep their order.
std::vector<ProcessRow> as_tree(const api::Model& model, const std::vector<ProcessRow>& rows) {
    std::map<int, size_t> by_pid;  // index into rows
    for (size_t i = 0; i < rows.size(); ++i) {
        const api::Process& process = model.processes[rows[i].process];
        if (process.pid_visible && process.pid && api::counts(process.state)) {
            by_pid.emplace(*process.pid, i);
        }
    }
    std::vector<std::vector<size_t>> children(rows.size());
    std::vector<size_t> roots;
    for (size_t i = 0; i < rows.size(); ++i) {
        const api::Process& process = model.processes[rows[i].process];
        const auto parent = process.parent_pid ? by_pid.find(*process.parent_pid) : by_pid.end();
        const bool child = parent != by_pid.end() && parent->second != i && api::counts(process.state);
        (child ? children[parent->second] : roots).push_back(i);
    }
    std::vector<ProcessRow> tree;
    std::vector<bool> placed(rows.size(), false);
    const std::function<void(size_t, size_t)> place = [&](size_t row, size_t depth) {
        if (placed[row]) {
            return;
        }
        placed[row] = true;
        tree.push_back({rows[row].process, depth});
        for (const size_t child : children[row]) {
            place(child, depth + 1);
        }
    };
    for (const size_t root : roots) {
        place(root, 0);
    }
    for (size_t i = 0; i < rows.size(); ++i) {  // pids that were reused may form a ring
        place(i, 0);
    }
    return tree;
}

}  // namespace

bool contains(std::string_view text, std::string_view part) {
    return std::search(text.begin(), text.end(), part.begin(), part.end(),
                       [](char a, char b) { return lower(a) == lower(b); }) != text.end() ||
           part.empty();
}

const std::vector<ColumnName>& process_columns() {
    static const std::vector<ColumnName> kColumns = {
        {"PID", false},    {"USER", false},  {"DEV", false},       {"DRAM", true},
        {"L1", true},      {"CBs", true},    {"KERNELS", true},    {"DRAM PEAK", true},
        {"L1 PEAK", true}, {"STATE", false}, {"CONTAINER", false}, {"COMMAND", false},
        {"RSS", true},     {"LOCKED", true}, {"PINNED", true},     {"HUGE", true}};
    return kColumns;
}

std::vector<ProcessRow> process_rows(const api::Model& model, const State& state) {
    std::vector<ProcessRow> rows;
    for (api::ProcessIndex i{0}; i < model.processes.size(); ++i) {
        if (matches(model, model.processes[i], state)) {
            rows.push_back({i, 0});
        }
    }
    sort_rows(model, rows, state.choices[static_cast<size_t>(View::kMain)]);
    return state.tree ? as_tree(model, rows) : rows;
}

size_t selected_process(const api::Model& model, const State& state, const std::vector<ProcessRow>& rows) {
    for (size_t i = 0; state.process && i < rows.size(); ++i) {
        if (key_of(model.processes[rows[i].process]) == *state.process) {
            return i;
        }
    }
    return 0;
}

}  // namespace ttmem::monitor
