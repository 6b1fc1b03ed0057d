// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <utility>

#include "model/device_names.hpp"
#include "output/lines.hpp"
#include "output/text.hpp"

namespace ttmem::monitor {
namespace {

using api::Bytes;
using api::MemoryKind;

constexpr size_t kMostEnded = 5;  // processes that are gone, the latest first; `ttmem snapshot` lists all
constexpr size_t kFigure = 11;    // "1023.9 MiB" and a blank before it
constexpr size_t kLeastBar = 5;
constexpr size_t kMostBar = 40;
constexpr size_t kMostDeviceWidth = 16;  // "0 (0x2618f44e)"

// Sums over a process's devices; absent while any part of it is.
template <typename Get>
Bytes sum(const api::Process& process, Get get) {
    Bytes total = 0;
    for (const api::ProcessDevice& device : process.devices) {
        const Bytes part = get(device);
        if (!part) {
            return std::nullopt;
        }
        *total += *part;
    }
    return process.devices.empty() ? std::nullopt : total;
}

Line memory_line(const std::string& name, const Bytes& used, const Bytes& capacity, Style style, size_t width) {
    Line line;
    line.add("  " + fit_left(name, 7) + fit_right(human_bytes(used), kFigure) + " / " +
             fit_left(human_bytes(capacity), kFigure));
    const std::string share = fit_right(percent(used, capacity), 6);
    const size_t taken = 2 + 7 + kFigure + 3 + kFigure + 1 + share.size();
    if (width >= taken + kLeastBar) {
        line.add(fit_left(bar(used, capacity, std::min(width - taken, kMostBar)), std::min(width - taken, kMostBar)),
                 style);
    }
    line.add(" " + share);
    return line;
}

Line part_line(const std::string& name, const Bytes& used) {
    return Line("    " + fit_left(name, 8) + fit_right(human_bytes(used), kFigure - 3), Style::kDim);
}

// L1 buffers and circular buffers share the banks; L1_SMALL and kernels have regions of their own and are parts of L1
// without being parts of that figure.
Bytes l1_used(const api::Device& device) {
    const Bytes buffers = device.memory[MemoryKind::kL1].allocated_bytes;
    return buffers ? Bytes(*buffers + device.circular_buffers.current_bytes.value_or(0)) : std::nullopt;
}

// " 75°C"; nothing unless the value is fresh.
std::string sensor(const api::Device& device, std::string_view name, const char* unit) {
    const api::Sensor* found = device.telemetry ? device.telemetry->find(name) : nullptr;
    if (found == nullptr || !found->known() || !found->value) {
        return "";
    }
    char text[48];
    std::snprintf(text, sizeof text, " %.0f%s", *found->value, unit);
    return text;
}

void add_device(Lines& lines, const api::Model& model, const api::Device& device, size_t width) {
    Line title(device_title(model, device), Style::kTitle);
    std::string more;
    if (!device.board.empty()) {
        more += " " + printable(device.board);
    }
    if (device.mock) {
        more += " (mock)";
    }
    more += sensor(device, "asic_temperature", "\u00b0C") + sensor(device, "ai_clock", "MHz");
    if (device.telemetry && device.telemetry->condition != "ok") {
        more += " [" + printable(device.telemetry->condition) + "]";
    }
    lines.push_back(std::move(title.add(more)));
    const api::MemoryUse& dram = device.memory[MemoryKind::kDram];
    const api::MemoryUse& l1 = device.memory[MemoryKind::kL1];
    const auto capacity = [](const api::MemoryUse& use) {
        return use.capacity_bytes ? use.capacity_bytes : use.physical_bytes;
    };
    lines.push_back(memory_line("DRAM", dram.allocated_bytes, capacity(dram), Style::kDram, width));
    lines.push_back(memory_line("L1", l1_used(device), capacity(l1), Style::kL1, width));
    lines.push_back(part_line("Buffers", l1.allocated_bytes));
    lines.push_back(part_line("CBs", device.circular_buffers.current_bytes));
    lines.push_back(part_line("Kernels", device.kernels.loaded_bytes));
}

struct Column {
    const char* name;
    size_t width;
    bool right;
};
constexpr Column kColumns[] = {{"PID", 8, true},      {"USER", 10, false}, {"DEVICE", 7, false},
                               {"DRAM", 10, true},    {"L1", 10, true},    {"CBs", 10, true},
                               {"KERNELS", 10, true}, {"STATE", 9, false}, {"COMMAND", 0, false}};

constexpr size_t kDeviceColumn = 2;

Line process_line(const std::vector<std::string>& cells, size_t device_width, size_t width, Style style) {
    std::string text;
    for (size_t i = 0; i < cells.size(); ++i) {
        Column column = kColumns[i];
        column.width = i == kDeviceColumn ? std::max(column.width, device_width) : column.width;
        if (column.width == 0) {
            text += cells[i];
        } else {
            text += (column.right ? fit_right(cells[i], column.width) : fit_left(cells[i], column.width)) + " ";
        }
    }
    return Line(cut(text, width), style);
}

void add_process(Lines& lines, const api::DeviceNames& names, const api::Process& process, size_t width) {
    const auto held = [&](MemoryKind kind) {
        return human_bytes(sum(process, [&](const api::ProcessDevice& device) { return device.bytes[kind]; }));
    };
    const bool living = api::counts(process.state);
    lines.push_back(process_line(
        {process.pid ? std::to_string(*process.pid) : kUnknown, printable(process.user), names.labels(process),
         held(MemoryKind::kDram), held(MemoryKind::kL1),
         human_bytes(sum(process, [](const api::ProcessDevice& device) { return device.circular_buffer_bytes; })),
         human_bytes(sum(process, [](const api::ProcessDevice& device) { return device.kernel_bytes; })),
         std::string(to_string(process.state)), printable(process.command)},
        std::min(names.widest(), kMostDeviceWidth), width, living ? Style::kPlain : Style::kDim));
}

// A mock exists only while a process has it open; a card is there whether or not anybody uses it.
bool is_shown(const api::Device& device) {
    return !device.mock || device.live_processes > 0;
}

void cut_to(Lines& lines, size_t height) {
    if (height == 0 || lines.size() <= height) {
        return;
    }
    const size_t kept = height - 1;
    const size_t hidden = lines.size() - kept;
    lines.resize(kept);
    lines.emplace_back("... " + std::to_string(hidden) + " more lines (a taller window shows them)", Style::kDim);
}

}  // namespace

std::string Line::text() const {
    std::string all;
    for (const Span& span : spans) {
        all += span.text;
    }
    return all;
}

Lines main_view(const api::Model& model, const Size& size) {
    Lines lines;
    size_t shown = 0;
    for (const api::Device& device : model.devices) {
        if (is_shown(device)) {
            add_device(lines, model, device, size.width);
            ++shown;
        }
    }
    if (shown == 0) {
        lines.emplace_back("No device is in use by a tracked process.", Style::kTitle);
    }
    lines.emplace_back("");
    const api::DeviceNames names(model);
    std::vector<std::string> heading;
    for (const Column& column : kColumns) {
        heading.emplace_back(column.name);
    }
    lines.push_back(process_line(heading, std::min(names.widest(), kMostDeviceWidth), size.width, Style::kHeading));
    size_t ended = 0;
    for (const api::Process& process : model.processes) {
        if (api::counts(process.state) || ended++ < kMostEnded) {
            add_process(lines, names, process, size.width);
        }
    }
    if (model.processes.empty()) {
        lines.emplace_back("  no tracked process (ttmem run COMMAND tracks one)", Style::kDim);
    }
    if (ended > kMostEnded) {
        lines.emplace_back(
            "  and " + std::to_string(ended - kMostEnded) + " more that are gone (ttmem snapshot lists them)",
            Style::kDim);
    }
    for (const std::string& notice : model.notices) {
        lines.emplace_back(printable(notice), Style::kWarning);
    }
    for (Line& line : lines) {
        size_t left = size.width;
        for (Span& span : line.spans) {
            span.text = cut(span.text, left);
            left -= columns(span.text);
        }
    }
    cut_to(lines, size.height);
    return lines;
}

}  // namespace ttmem::monitor
