// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdio>
#include <iterator>

#include "output/lines.hpp"
#include "output/table.hpp"
#include "output/text.hpp"

namespace ttmem::monitor {
namespace {

using api::kAllMemoryKinds;
using api::MemoryKind;
using Row = TableRow;

template <typename T>
std::string number(const std::optional<T>& value) {
    return value ? std::to_string(*value) : kUnknown;
}

std::string hex(uint64_t value) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
    return text;
}

void add_device(Lines& lines, const api::Model& model, const api::Device& device) {
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
        {"memory", "used", "capacity", "%", "peak", "buffers", "reserved", "banks", "free in a bank"}};
    for (const MemoryKind kind : kAllMemoryKinds) {
        const api::MemoryUse& use = device.memory[kind];
        rows.push_back({std::string(to_string(kind)), exact_bytes(use.allocated_bytes), number(use.capacity_bytes),
                        percent(use.allocated_bytes, use.capacity_bytes), number(use.peak_bytes), number(use.buffers),
                        number(use.reserved_bytes), number(use.banks), number(use.largest_free_bytes_per_bank)});
    }
    add_table(lines, rows, {0});
    const api::CircularBufferUse& cbs = device.circular_buffers;
    lines.emplace_back("  circular buffers: current " + exact_bytes(cbs.current_bytes) + ", cached union " +
                       exact_bytes(cbs.cached_union_bytes) + ", programs sum " + number(cbs.programs_sum_bytes));
    lines.emplace_back("  on a core: they end " + number(cbs.high_water_bytes_per_core) +
                       " bytes into L1's banks, room to the lowest L1 buffer " + number(cbs.headroom_bytes_per_core));
    const api::KernelUse& kernels = device.kernels;
    lines.emplace_back("  kernels " + exact_bytes(kernels.loaded_bytes) + ": application " +
                       number(kernels.application_bytes) + ", fabric " + number(kernels.fabric_bytes) + ", dispatch " +
                       number(kernels.dispatch_bytes) + "; ring " + number(kernels.ring_used_bytes_per_core) + " of " +
                       number(kernels.ring_capacity_bytes_per_core) + " on a core");
    lines.emplace_back("  pre-allocated " + exact_bytes(device.preallocated_bytes));
    for (const api::ClashAhead& clash : device.l1 ? device.l1->gauge.ahead : std::vector<api::ClashAhead>{}) {
        lines.emplace_back("  ! the next launch of program " + std::to_string(model.programs[clash.program].id) +
                               (clash.refused ? " will be refused: " : " will overwrite a buffer: ") +
                               std::to_string(clash.missing_bytes) + " bytes missing (ttmem l1 tells more)",
                           Style::kWarning);
    }
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
    std::vector<Row> rows = {{"PID", "user", "state", "device", "dram", "l1", "l1_small", "trace", "CBs", "kernels",
                              "dram peak", "l1 peak", "command"}};
    for (const api::Process& process : model.processes) {
        const std::string pid = number(process.pid);
        const std::string state(to_string(process.state));
        const std::string command =
            printable(process.reason.empty() ? process.command : process.command + " (" + process.reason + ")");
        for (const api::ProcessDevice& device : process.devices) {
            rows.push_back({pid, printable(process.user), state, number(model.devices[device.device].id),
                            number(device.bytes[MemoryKind::kDram]), number(device.bytes[MemoryKind::kL1]),
                            number(device.bytes[MemoryKind::kL1Small]), number(device.bytes[MemoryKind::kTrace]),
                            number(device.circular_buffer_bytes), number(device.kernel_bytes),
                            number(device.peak_bytes[MemoryKind::kDram]), number(device.peak_bytes[MemoryKind::kL1]),
                            command});
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
    std::vector<Row> rows = {{"PID", "id", "device", "mesh", "kind", "address", "bytes", "requested", "per bank",
                              "banks", "layout", "region"}};
    for (const api::Buffer& buffer : model.buffers) {
        rows.push_back({number(model.processes[buffer.process].pid), std::to_string(buffer.id),
                        device_names(model, buffer.devices), number(buffer.mesh), std::string(to_string(buffer.kind)),
                        hex(buffer.address), std::to_string(buffer.allocated_bytes),
                        std::to_string(buffer.requested_bytes), std::to_string(buffer.bytes_per_bank),
                        std::to_string(buffer.banks), buffer.layout.empty() ? kUnknown : std::string(buffer.layout),
                        buffer.region.value_or(kUnknown)});
    }
    lines.emplace_back("");
    lines.emplace_back("Buffers", Style::kTitle);
    add_table(lines, rows, {2, 4, 10, 11});
}

}  // namespace

Lines snapshot_table(const api::Model& model) {
    Lines lines;
    for (const api::Device& device : model.devices) {
        add_device(lines, model, device);
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
