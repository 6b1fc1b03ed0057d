// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <iterator>

#include "monitor/layout.hpp"
#include "monitor/text.hpp"

namespace ttmem::monitor {
namespace {

using api::kAllMemoryKinds;
using api::MemoryKind;
using Row = std::vector<std::string>;

// Columns as wide as their widest cell; all but the named ones to the right.
void add_table(Lines& lines, const std::vector<Row>& rows, const std::vector<size_t>& left_columns) {
    std::vector<size_t> widths;
    for (const Row& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], columns(row[i]));
        }
    }
    for (const Row& row : rows) {
        std::string text = " ";
        for (size_t i = 0; i < row.size(); ++i) {
            const bool left = std::find(left_columns.begin(), left_columns.end(), i) != left_columns.end();
            text += " " + (left ? fit_left(row[i], widths[i]) : fit_right(row[i], widths[i]));
        }
        text.erase(text.find_last_not_of(' ') + 1);
        lines.emplace_back(std::move(text), &row == &rows.front() ? Style::kHeading : Style::kPlain);
    }
}

template <typename T>
std::string number(const std::optional<T>& value) {
    return value ? std::to_string(*value) : kUnknown;
}

std::string hex(uint64_t value) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

void add_device(Lines& lines, const api::Device& device) {
    Line title(device_title(device), Style::kTitle);
    std::string more;
    if (!device.board.empty()) {
        more += ", board " + printable(device.board);
    }
    if (device.unique_id) {
        more += ", unique id " + hex(*device.unique_id);
    }
    if (device.pci) {
        more += ", PCI " + printable(*device.pci);
    }
    if (device.mock) {
        more += ", mock";
    }
    lines.push_back(std::move(title.add(more)));
    std::vector<Row> rows = {
        {"memory", "used", "capacity", "%", "peak", "buffers", "reserved", "banks", "largest free in a bank"}};
    for (const MemoryKind kind : kAllMemoryKinds) {
        const api::MemoryUse& use = device.memory[kind];
        rows.push_back({std::string(to_string(kind)), exact_bytes(use.allocated_bytes), exact_bytes(use.capacity_bytes),
                        percent(use.allocated_bytes, use.capacity_bytes), exact_bytes(use.peak_bytes),
                        number(use.buffers), exact_bytes(use.reserved_bytes), number(use.banks),
                        exact_bytes(use.largest_free_bytes_per_bank)});
    }
    add_table(lines, rows, {0});
    lines.emplace_back("  pre-allocated " + exact_bytes(device.preallocated_bytes) + "   circular buffers " +
                       exact_bytes(device.circular_buffers.current_bytes) + "   kernels " +
                       exact_bytes(device.kernels.loaded_bytes));
    lines.emplace_back("");
}

std::string device_names(const api::Model& model, const std::vector<size_t>& devices) {
    std::vector<int> ids;
    for (const size_t device : devices) {
        if (model.devices[device].id) {
            ids.push_back(*model.devices[device].id);
        }
    }
    return ranges(ids);
}

void add_processes(Lines& lines, const api::Model& model) {
    std::vector<Row> rows = {{"PID", "user", "state", "device", "dram", "l1", "l1_small", "trace", "circular buffers",
                              "kernels", "dram peak", "l1 peak", "command"}};
    for (const api::Process& process : model.processes) {
        const std::string pid = number(process.pid);
        const std::string state(to_string(process.state));
        const std::string command =
            printable(process.reason.empty() ? process.command : process.command + " (" + process.reason + ")");
        for (const api::ProcessDevice& device : process.devices) {
            rows.push_back({pid, printable(process.user), state, number(model.devices[device.device].id),
                            exact_bytes(device.bytes[MemoryKind::kDram]), exact_bytes(device.bytes[MemoryKind::kL1]),
                            exact_bytes(device.bytes[MemoryKind::kL1Small]),
                            exact_bytes(device.bytes[MemoryKind::kTrace]), exact_bytes(device.circular_buffer_bytes),
                            exact_bytes(device.kernel_bytes), exact_bytes(device.peak_bytes[MemoryKind::kDram]),
                            exact_bytes(device.peak_bytes[MemoryKind::kL1]), command});
        }
        if (process.devices.empty()) {
            Row row = {pid, printable(process.user), state};
            row.insert(row.end(), 9, kUnknown);
            row.push_back(command);
            rows.push_back(std::move(row));
        }
    }
    if (rows.size() == 1) {
        lines.emplace_back("No tracked process (ttmem run COMMAND tracks one).");
        return;
    }
    lines.emplace_back("Processes", Style::kTitle);
    add_table(lines, rows, {1, 2, 12});
    for (const api::Process& process : model.processes) {
        if (process.unlisted_buffers > 0) {
            lines.emplace_back("  process " + number(process.pid) + ": " + std::to_string(process.unlisted_buffers) +
                                   " live buffers are in the totals and not in the list, for want of room",
                               Style::kWarning);
        }
    }
}

void add_buffers(Lines& lines, const api::Model& model) {
    std::vector<Row> rows = {
        {"PID", "id", "device", "mesh", "kind", "address", "bytes", "requested", "per bank", "banks", "layout"}};
    for (const api::Buffer& buffer : model.buffers) {
        rows.push_back({number(model.processes[buffer.process].pid), std::to_string(buffer.id),
                        device_names(model, buffer.devices), number(buffer.mesh), std::string(to_string(buffer.kind)),
                        hex(buffer.address), std::to_string(buffer.allocated_bytes),
                        std::to_string(buffer.requested_bytes), std::to_string(buffer.bytes_per_bank),
                        std::to_string(buffer.banks), buffer.layout.empty() ? kUnknown : std::string(buffer.layout)});
    }
    lines.emplace_back("");
    lines.emplace_back("Buffers", Style::kTitle);
    add_table(lines, rows, {2, 4, 10});
}

}  // namespace

Lines snapshot_table(const api::Model& model) {
    Lines lines;
    for (const api::Device& device : model.devices) {
        add_device(lines, device);
    }
    if (model.devices.empty()) {
        lines.emplace_back("No device is known: no tracked process has opened one.", Style::kTitle);
        lines.emplace_back("");
    }
    add_processes(lines, model);
    if (model.buffers_listed) {
        add_buffers(lines, model);
    }
    for (const std::string& notice : model.notices) {
        lines.emplace_back(printable(notice), Style::kWarning);
    }
    return lines;
}

}  // namespace ttmem::monitor
