// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/machine_table.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "analysis/usage.hpp"
#include "model/device_names.hpp"
#include "output/refusal_list.hpp"
#include "output/text.hpp"

namespace ttmem::monitor {
namespace {

using api::Bytes;
using api::MemoryKind;

// Three cells a device; "| " before, " | " between and " |" at the end.
constexpr size_t kName = 20;
constexpr size_t kState = 20;
constexpr size_t kMemory = 29;
static_assert(kName + kState + kMemory + 6 == kOneShotWidth - 4);
constexpr size_t kMostOneShotWidth = 240;
constexpr size_t kLeastDevice = 6;
constexpr size_t kMostDevice = 16;  // "0 (0x2618f44e)"
constexpr size_t kMostEnded = 5;    // processes that are gone; `ttmem snapshot` lists all

// Lines of a table that is `inside` columns wide between its borders.
struct Frame {
    size_t inside;
    size_t memory() const { return inside - kName - kState - 6; }

    std::string rule(char fill) const {
        const auto part = [fill](size_t width) { return std::string(width + 2, fill); };
        return "+" + part(kName) + "+" + part(kState) + "+" + part(memory()) + "+\n";
    }
    std::string whole_rule(char fill) const { return "+" + std::string(inside + 2, fill) + "+\n"; }
    std::string whole_line(const std::string& text) const { return "| " + fit_left(text, inside) + " |\n"; }
    std::string cells(const std::string& name, const std::string& state, const std::string& memory_text) const {
        return "| " + fit_left(name, kName) + " | " + fit_left(state, kState) + " | " +
               fit_left(memory_text, memory()) + " |\n";
    }
};

std::string compact(const Bytes& bytes) {
    std::string text = human_bytes(bytes);
    std::erase(text, ' ');
    return text;
}

// "34C"; "~34C" for a stale value, "-" for an unknown one.
std::string sensor(const api::Device& device, std::string_view name, const char* unit) {
    const api::Sensor* found = device.telemetry ? device.telemetry->find(name) : nullptr;
    if (found == nullptr || !found->value) {
        return kUnknown;
    }
    char text[48];
    std::snprintf(text, sizeof text, "%s%.0f%s", found->known() ? "" : "~", *found->value, unit);
    return text;
}

std::string limit(const api::Device& device, std::string_view name, const char* unit) {
    const api::Sensor* found = device.telemetry ? device.telemetry->find(name) : nullptr;
    if (found == nullptr || !found->limit) {
        return kUnknown;
    }
    char text[48];
    std::snprintf(text, sizeof text, "%.0f%s", *found->limit, unit);
    return text;
}

std::string memory_cell(const char* name, const Bytes& used, const Bytes& capacity) {
    std::string share = percent(used, capacity);
    if (const size_t point = share.find('.'); point != std::string::npos) {
        share = share.substr(0, point) + "%";
    }
    return fit_left(name, 5) + fit_right(compact(used), 9) + "/" + fit_right(compact(capacity), 9) + " " +
           fit_right(share, 4);
}

std::string condition(const api::Device& device) {
    if (device.telemetry) {
        return device.telemetry->condition;
    }
    return device.mock ? "mock" : device.remote ? "remote" : "no telemetry";
}

void add_device(std::string& all, const Frame& frame, const api::DeviceNames& names, api::DeviceIndex index,
                const api::Device& device) {
    const std::string number = device.id          ? std::to_string(*device.id)
                               : device.kmd_index ? "/" + std::to_string(*device.kmd_index)
                                                  : kUnknown;
    // The whole PCI address, else what distinguishes the chip from others.
    const std::string address = device.pci ? *device.pci : names.short_id(index);
    all += frame.cells(
        fit_right(number, 3) + " " + architecture(device) + " " + printable(device.board),
        fit_left(sensor(device, "asic_temperature", "C") + "/" + limit(device, "asic_temperature", "C"), 10) +
            sensor(device, "power", "W") + "/" + limit(device, "power", "W"),
        memory_cell("DRAM", device.memory[MemoryKind::kDram].allocated_bytes,
                    device.memory[MemoryKind::kDram].capacity_bytes));
    all += frame.cells("    " + printable(address), fit_left(sensor(device, "ai_clock", "MHz"), 9) + condition(device),
                       memory_cell("L1", analysis::l1_used(device), device.memory[MemoryKind::kL1].capacity_bytes));
}

std::string process_line(const Frame& frame, const std::string& pid, const std::string& user, const std::string& device,
                         const std::string& dram, const std::string& l1, const std::string& cbs,
                         const std::string& command, size_t device_width) {
    std::string line = fit_right(pid, 7) + " " + fit_left(user, 8) + " " + fit_left(device, device_width) + " " +
                       fit_right(dram, 9) + " " + fit_right(l1, 9) + " " + fit_right(cbs, 9) + " ";
    const size_t room = frame.inside - std::min(frame.inside, columns(line));
    return frame.whole_line(line + fit_command(command, room));
}

void add_process(std::string& all, const Frame& frame, const api::DeviceNames& names, size_t device_width,
                 const api::Process& process) {
    const std::string state =
        process.state == api::ProcessState::kLive ? "" : "(" + std::string(to_string(process.state)) + ") ";
    const analysis::ProcessTotals totals = analysis::process_totals(process);
    all += process_line(frame, process.pid ? std::to_string(*process.pid) : kUnknown, printable(process.user),
                        printable(names.labels(process)), compact(totals.dram), compact(totals.l1),
                        compact(totals.circular_buffers), state + printable(process.command), device_width);
}

}  // namespace

std::string one_shot_table(const api::Model& model, std::string_view version, size_t width) {
    const Frame frame{std::clamp(width, kOneShotWidth, kMostOneShotWidth) - 4};
    const std::string driver = model.driver_version ? "driver " + printable(*model.driver_version) : "no driver loaded";
    std::string all = frame.whole_rule('-');
    all += frame.whole_line(fit_left("ttmem " + std::string(version), 23) + " " + fit_left(driver, 25) + " " +
                            fit_right(local_time(model.time_ns), frame.inside - 50));
    all += frame.rule('-');
    all += frame.cells("Dev Name and board", "Temp/max  Power/max", "Mem       used/ capacity");
    all += frame.cells("    PCI address", "Clock    State", "");
    all += frame.rule('=');
    bool any = false;
    const api::DeviceNames names(model);
    for (api::DeviceIndex i{0}; i < model.devices.size(); ++i) {
        if (analysis::is_shown(model.devices[i])) {
            add_device(all, frame, names, i, model.devices[i]);
            all += frame.rule('-');
            any = true;
        }
    }
    if (!any) {
        all += frame.whole_line("No device is in use by a tracked process.");
        all += frame.whole_rule('-');
    }
    const size_t device_width = std::clamp(names.widest(), kLeastDevice, kMostDevice);
    all += process_line(frame, "PID", "User", "Device", "DRAM", "L1", "CBs", "Command", device_width);
    all += frame.whole_rule('=');
    size_t ended = 0;
    for (const api::Process& process : model.processes) {
        if (api::counts(process.state) || ended++ < kMostEnded) {
            add_process(all, frame, names, device_width, process);
        }
    }
    if (model.processes.empty()) {
        all += frame.whole_line("No tracked process (ttmem run COMMAND tracks one).");
    }
    if (ended > kMostEnded) {
        all += frame.whole_line("and " + std::to_string(ended - kMostEnded) +
                                " more that are gone (ttmem snapshot lists them)");
    }
    all += frame.whole_rule('-');
    if (const std::string refusals = output::refusal_summary(model); !refusals.empty()) {
        all += refusals + "\n";
    }
    for (const std::string& notice : model.notices) {
        all += printable(notice) + "\n";
    }
    return all;
}

}  // namespace ttmem::monitor
