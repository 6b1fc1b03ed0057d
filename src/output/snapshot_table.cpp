// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>

#include "model/device_names.hpp"
#include "output/conflict_text.hpp"
#include "output/ended_table.hpp"
#include "output/figures.hpp"
#include "output/lines.hpp"
#include "output/origin.hpp"
#include "output/refusal_list.hpp"
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

// ">=" before a peak since tracking was switched on in a process that ran already: the true one is unknown.
std::string peak_text(const api::Bytes& peak, const api::Bytes& since_attach) {
    return peak || !since_attach ? number(peak) : ">=" + number(since_attach);
}

struct MemoryColumn {
    const char* heading;
    const output::Figure<api::MemoryUse>& figure;
};
constexpr MemoryColumn kMemoryColumns[] = {{"buffers", output::memory_figure("buffers")},
                                           {"reserved", output::memory_figure("reserved")},
                                           {"banks", output::memory_figure("banks")},
                                           {"free in a bank", output::memory_figure("largest_free")}};

// The watermarks of buffers, and the bytes that lockstep takes in banks without data.
void add_extremes(Lines& lines, const api::Device& device) {
    for (const MemoryKind kind : kAllMemoryKinds) {
        const api::MemoryUse& use = device.memory[kind];
        std::string text;
        const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
        if (use.highest_address) {
            add("up to " + hex_text(*use.highest_address));
        }
        if (use.lowest_address) {
            add("down to " + hex_text(*use.lowest_address));
        }
        if (use.least_largest_free_bytes_per_bank) {
            add("smallest largest free block " + number(use.least_largest_free_bytes_per_bank));
        }
        if (use.largest_buffer_bytes_per_bank) {
            add("largest buffer " + number(use.largest_buffer_bytes_per_bank) + " in a bank");
        }
        if (use.lockstep_waste_bytes.value_or(0) > 0) {
            add("lockstep waste " + exact_bytes(use.lockstep_waste_bytes));
        }
        if (!text.empty()) {
            lines.emplace_back("  " + std::string(to_string(kind)) + " so far: " + text);
        }
    }
}

void add_device(Lines& lines, const api::Model& model, const api::Device& device) {
    Line title(device_title(model, device), Style::kTitle);
    std::string more;
    if (!device.board.empty()) {
        more += ", board " + printable(device.board);
    }
    if (device.unique_id) {
        more += ", unique id " + hex_text(*device.unique_id);
    }
    if (device.pci) {
        more += ", PCI " + printable(*device.pci);
    }
    if (device.mock) {
        more += ", mock";
    }
    lines.push_back(std::move(title.add(more)));
    std::vector<Row> rows = {{"memory", "used", "capacity", "%", "peak"}};
    for (const MemoryColumn& column : kMemoryColumns) {
        rows[0].emplace_back(column.heading);
    }
    for (const MemoryKind kind : kAllMemoryKinds) {
        const api::MemoryUse& use = device.memory[kind];
        Row& row = rows.emplace_back(Row{std::string(to_string(kind)), exact_bytes(use.allocated_bytes),
                                         number(use.capacity_bytes), percent(use.allocated_bytes, use.capacity_bytes),
                                         peak_text(use.peak_bytes, use.peak_since_attach_bytes)});
        for (const MemoryColumn& column : kMemoryColumns) {
            row.push_back(number(column.figure.get(use)));
        }
    }
    add_table(lines, rows, {0});
    add_extremes(lines, device);
    const api::CircularBufferUse& cbs = device.circular_buffers;
    lines.emplace_back("  circular buffers: current " + exact_bytes(cbs.current_bytes) + ", cached union " +
                       exact_bytes(cbs.cached_union_bytes) + ", programs sum " + number(cbs.programs_sum_bytes));
    if (cbs.scratchpad_bytes.value_or(0) > 0) {
        lines.emplace_back("  of the current ones, scratchpads of kernels: " + exact_bytes(cbs.scratchpad_bytes));
    }
    lines.emplace_back("  on a core: they end " + number(cbs.high_water_bytes_per_core) +
                       " bytes into L1's banks, room to the lowest L1 buffer " + number(cbs.headroom_bytes_per_core));
    if (cbs.least_headroom_bytes_per_core) {
        lines.emplace_back("  least room so far " + number(cbs.least_headroom_bytes_per_core) +
                           (device.least_headroom && !device.least_headroom->operation.empty()
                                ? " (" + printable(device.least_headroom->operation) + ")"
                                : ""));
    }
    const api::KernelUse& kernels = device.kernels;
    lines.emplace_back("  kernels " + exact_bytes(kernels.loaded_bytes) + ": application " +
                       number(kernels.application_bytes) + ", fabric " + number(kernels.fabric_bytes) + ", dispatch " +
                       number(kernels.dispatch_bytes) + "; ring " + number(kernels.ring_used_bytes_per_core) + " of " +
                       number(kernels.ring_capacity_bytes_per_core) + " on a core");
    lines.emplace_back("  pre-allocated " + exact_bytes(device.preallocated_bytes));
    for (const api::ClashAhead& clash : device.l1 ? device.l1->gauge.ahead : std::vector<api::ClashAhead>{}) {
        lines.emplace_back(
            "  ! program " + std::to_string(model.programs[clash.program].id) +
                (clash.refused ? " cannot be launched now: " : " would overwrite a buffer if launched now: ") +
                std::to_string(clash.missing_bytes) + " bytes missing (ttmem l1 names them)",
            Style::kWarning);
    }
    lines.emplace_back("");
}

void add_host_memory(Lines& lines, const api::Model& model) {
    std::vector<Row> rows = {{"PID", "resident", "locked", "pinned", "huge pages"}};
    for (const api::Process& process : model.processes) {
        if (process.host) {
            rows.push_back({number(process.pid), number(process.host->rss_bytes), number(process.host->locked_bytes),
                            number(process.host->pinned_bytes), number(process.host->huge_bytes)});
        }
    }
    if (rows.size() > 1) {
        lines.emplace_back("Their memory in this host (what a driver pins shows in none of these)", Style::kTitle);
        add_table(lines, rows, {});
    }
}

void add_processes(Lines& lines, const api::Model& model) {
    std::vector<Row> rows = {{"PID", "user", "state", "device", "dram", "l1", "l1_small", "trace", "CBs", "kernels",
                              "dram peak", "l1 peak", "command"}};
    const api::DeviceNames names(model);
    for (const api::Process& process : model.processes) {
        const std::string pid = number(process.pid);
        const std::string state(to_string(process.state));
        const std::string command =
            printable(process.reason.empty() ? process.command : process.command + " (" + process.reason + ")");
        for (const api::ProcessDevice& device : process.devices) {
            rows.push_back(
                {pid, printable(process.user), state, printable(names.label(device.device, kUnknown)),
                 number(device.bytes[MemoryKind::kDram]), number(device.bytes[MemoryKind::kL1]),
                 number(device.bytes[MemoryKind::kL1Small]), number(device.bytes[MemoryKind::kTrace]),
                 number(device.circular_buffer_bytes), number(device.kernel_bytes),
                 peak_text(device.peak_bytes[MemoryKind::kDram], device.peak_since_attach_bytes[MemoryKind::kDram]),
                 peak_text(device.peak_bytes[MemoryKind::kL1], device.peak_since_attach_bytes[MemoryKind::kL1]),
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
    add_host_memory(lines, model);
    for (const api::Process& process : model.processes) {
        if (process.tracked_since_ns) {
            lines.emplace_back("  process " + number(process.pid) + " is tracked since " +
                               local_time(*process.tracked_since_ns) +
                               ", when it ran already: its peaks are at least those since then (>=)");
        }
        if (process.unlisted_buffers > 0) {
            lines.emplace_back("  process " + number(process.pid) + ": " + std::to_string(process.unlisted_buffers) +
                                   " live buffers are in the totals and not in the list, for want of room",
                               Style::kWarning);
        }
    }
}

// `ended`: of processes that ended, with a column that says how.
void add_buffers(Lines& lines, const api::Model& model, bool ended) {
    std::vector<Row> rows = {{"PID", "id", "device", "mesh", "kind", "address", "bytes", "requested", "padding",
                              "waste", "per bank", "banks", "layout", "region"}};
    const api::DeviceNames names(model);
    for (const api::Buffer& buffer : model.buffers) {
        std::string origin = output::origin_text(model, buffer);
        if (buffer.while_traced) {
            origin += std::string(origin.empty() ? "" : ", ") + "made while a trace was alive";
        }
        rows.push_back(
            {number(model.processes[buffer.process].pid), std::to_string(buffer.id),
             printable(names.labels(buffer.devices, kUnknown)), number(buffer.mesh),
             std::string(to_string(buffer.kind)), hex_text(buffer.address), std::to_string(buffer.allocated_bytes),
             std::to_string(buffer.requested_bytes), number(buffer.padding_bytes()),
             number(buffer.lockstep_waste_bytes()), std::to_string(buffer.bytes_per_bank), std::to_string(buffer.banks),
             buffer.layout.empty() ? kUnknown : std::string(buffer.layout), origin.empty() ? kUnknown : origin});
        if (ended) {
            rows.back().insert(rows.back().begin() + 1, std::string(to_string(model.processes[buffer.process].state)));
        }
    }
    lines.emplace_back("");
    if (!ended) {
        lines.emplace_back("Buffers", Style::kTitle);
        add_table(lines, rows, {2, 4, 12, 13});
        return;
    }
    lines.emplace_back("Buffers that processes held when they ended", Style::kTitle);
    if (rows.size() == 1) {
        lines.emplace_back("  none whose ledger is still there");
        return;
    }
    rows[0].insert(rows[0].begin() + 1, "state");
    add_table(lines, rows, {1, 3, 5, 13, 14});
}

void add_conflicts(Lines& lines, const api::Model& model) {
    if (model.conflict_count == 0) {
        return;
    }
    lines.emplace_back(conflict_summary(model), Style::kTitle);
    for (const api::Conflict& conflict : model.conflicts) {
        lines.emplace_back("  ! " + conflict_sentence(model, conflict), Style::kWarning);
    }
    if (model.conflict_count > model.conflicts.size()) {
        lines.emplace_back("  and " + std::to_string(model.conflict_count - model.conflicts.size()) + " more pairs");
    }
    lines.emplace_back("");
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
    add_conflicts(lines, model);
    add_processes(lines, model);
    if (!model.failures.empty()) {
        lines.emplace_back("");
        const Lines refusals = output::refusal_list(model, 0);
        lines.insert(lines.end(), refusals.begin(), refusals.end());
    }
    if (model.buffers_listed) {
        add_buffers(lines, model, false);
    }
    for (const std::string& notice : model.notices) {
        lines.emplace_back(printable(notice), Style::kWarning);
    }
    return lines;
}

Lines ended_table(const api::Model& ended) {
    Lines lines;
    add_buffers(lines, ended, true);
    for (const std::string& notice : ended.notices) {
        lines.emplace_back(printable(notice), Style::kWarning);
    }
    return lines;
}

Lines holder_table(const api::Model& model, inventory::GroupBy by) {
    const std::vector<inventory::Holder> holders = inventory::holders(model, by);
    uint64_t all = 0;
    for (const inventory::Holder& holder : holders) {
        all += holder.device_bytes;
    }
    std::vector<Row> rows = {{"PID", "buffers", "bytes", "%", std::string(to_string(by))}};
    for (const inventory::Holder& holder : holders) {
        rows.push_back({number(model.processes[holder.process].pid), std::to_string(holder.buffers),
                        exact_bytes(holder.device_bytes), percent(holder.device_bytes, all),
                        holder.name ? printable(*holder.name) : "(not known)"});
    }
    Lines lines;
    if (holders.empty()) {
        lines.emplace_back("No tracked process holds a buffer.");
        return lines;
    }
    lines.emplace_back("Buffers by " + std::string(to_string(by)) + ", bytes on all of their devices", Style::kTitle);
    add_table(lines, rows, {4});
    return lines;
}

Lines observed_table(const api::Model& model, const inventory::ObservedPeaks& peaks) {
    std::vector<Row> rows = {{"PID", "device", "dram", "l1", "l1_small", "trace"}};
    const api::DeviceNames names(model);
    for (api::ProcessIndex i{0}; i < model.processes.size(); ++i) {
        for (const api::ProcessDevice& use : model.processes[i].devices) {
            Row row = {number(model.processes[i].pid), printable(names.label(use.device, kUnknown))};
            for (const MemoryKind kind : kAllMemoryKinds) {
                const std::optional<inventory::ObservedPeak> peak = peaks.of(model, i, use.device, kind);
                row.push_back(peak ? (peak->exact ? "" : ">=") + std::to_string(peak->bytes) : std::string(kUnknown));
            }
            rows.push_back(std::move(row));
        }
    }
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.1f", static_cast<double>(model.time_ns - peaks.began_ns()) / 1e9);
    Lines lines;
    lines.emplace_back("");
    lines.emplace_back("The most that was held in " + std::string(seconds) +
                           " s of observation (>=: at least, for some events were overwritten before they were read)",
                       Style::kTitle);
    add_table(lines, rows, {1});
    return lines;
}

}  // namespace ttmem::monitor
