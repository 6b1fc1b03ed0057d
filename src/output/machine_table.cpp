// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/machine_table.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "output/text.hpp"

namespace ttmem::monitor {
namespace {

using api::Bytes;
using api::MemoryKind;

// Three cells a device; "| " before, " | " between and " |" behind.
constexpr size_t kName = 20;
constexpr size_t kState = 20;
constexpr size_t kMemory = 29;
constexpr size_t kInside = kOneShotWidth - 4;
static_assert(kName + kState + kMemory + 6 == kInside);
constexpr size_t kMostEnded = 5;  // processes that are gone; `ttmem snapshot` lists all

std::string rule(char fill) {
    const auto part = [fill](size_t width) { return std::string(width + 2, fill); };
    return "+" + part(kName) + "+" + part(kState) + "+" + part(kMemory) + "+\n";
}

std::string whole_rule(char fill) {
    return "+" + std::string(kInside + 2, fill) + "+\n";
}

std::string whole_line(const std::string& text) {
    return "| " + fit_left(text, kInside) + " |\n";
}

std::string cells(const std::string& name, const std::string& state, const std::string& memory) {
    return "| " + fit_left(name, kName) + " | " + fit_left(state, kState) + " | " + fit_left(memory, kMemory) + " |\n";
}

std::string compact(const Bytes& bytes) {
    std::string text = human_bytes(bytes);
    std::erase(text, ' ');
    return text;
}

// "34C", "~34C" of an old value, "-" of none.
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

void add_device(std::string& all, const api::Device& device) {
    const std::string number = device.id          ? std::to_string(*device.id)
                               : device.kmd_index ? "/" + std::to_string(*device.kmd_index)
                                                  : kUnknown;
    all += cells(fit_right(number, 3) + " " + architecture(device) + " " + printable(device.board),
                 fit_left(sensor(device, "asic_temperature", "C") + "/" + limit(device, "asic_temperature", "C"), 10) +
                     sensor(device, "power", "W") + "/" + limit(device, "power", "W"),
                 memory_cell("DRAM", device.memory[MemoryKind::kDram].allocated_bytes,
                             device.memory[MemoryKind::kDram].capacity_bytes));
    Bytes l1 = device.memory[MemoryKind::kL1].allocated_bytes;
    if (l1) {
        *l1 += device.circular_buffers.current_bytes.value_or(0);
    }
    all += cells("    " + printable(device.pci.value_or("")),
                 fit_left(sensor(device, "ai_clock", "MHz"), 9) + condition(device),
                 memory_cell("L1", l1, device.memory[MemoryKind::kL1].capacity_bytes));
}

template <typename Get>
std::string sum(const api::Process& process, Get get) {
    Bytes total;
    for (const api::ProcessDevice& device : process.devices) {
        const Bytes part = get(device);
        if (!part) {
            return kUnknown;
        }
        total = total.value_or(0) + *part;
    }
    return compact(total);
}

std::string process_line(const std::string& pid, const std::string& user, const std::string& device,
                         const std::string& dram, const std::string& l1, const std::string& cbs,
                         const std::string& command) {
    return whole_line(fit_right(pid, 7) + " " + fit_left(user, 8) + " " + fit_left(device, 6) + " " +
                      fit_right(dram, 9) + " " + fit_right(l1, 9) + " " + fit_right(cbs, 9) + " " + command);
}

void add_process(std::string& all, const api::Model& model, const api::Process& process) {
    std::vector<int> ids;
    for (const api::ProcessDevice& device : process.devices) {
        if (const std::optional<int> id = model.devices[device.device].id) {
            ids.push_back(*id);
        }
    }
    const std::string state =
        process.state == api::ProcessState::kLive ? "" : "(" + std::string(to_string(process.state)) + ") ";
    all += process_line(process.pid ? std::to_string(*process.pid) : kUnknown, printable(process.user), ranges(ids),
                        sum(process, [](const api::ProcessDevice& device) { return device.bytes[MemoryKind::kDram]; }),
                        sum(process, [](const api::ProcessDevice& device) { return device.bytes[MemoryKind::kL1]; }),
                        sum(process, [](const api::ProcessDevice& device) { return device.circular_buffer_bytes; }),
                        state + printable(process.command));
}

// A card is there whether or not anybody uses it; what only ledgers of ended processes know is not.
bool is_shown(const api::Device& device) {
    return device.telemetry || device.live_processes > 0;
}

}  // namespace

std::string one_shot_table(const api::Model& model, std::string_view version) {
    const std::string driver = model.driver_version ? "driver " + printable(*model.driver_version) : "no driver loaded";
    std::string all = whole_rule('-');
    all += whole_line(fit_left("ttmem " + std::string(version), 23) + " " + fit_left(driver, 25) + " " +
                      fit_right(local_time(model.time_ns), kInside - 50));
    all += rule('-');
    all += cells("Dev Name and board", "Temp/max  Power/max", "Mem       used/ capacity");
    all += cells("    PCI address", "Clock    State", "");
    all += rule('=');
    bool any = false;
    for (const api::Device& device : model.devices) {
        if (is_shown(device)) {
            add_device(all, device);
            all += rule('-');
            any = true;
        }
    }
    if (!any) {
        all += whole_line("No device is in use by a tracked process.");
        all += whole_rule('-');
    }
    all += process_line("PID", "User", "Device", "DRAM", "L1", "CBs", "Command");
    all += whole_rule('=');
    size_t ended = 0;
    for (const api::Process& process : model.processes) {
        if (api::counts(process.state) || ended++ < kMostEnded) {
            add_process(all, model, process);
        }
    }
    if (model.processes.empty()) {
        all += whole_line("No tracked process (ttmem run COMMAND tracks one).");
    }
    if (ended > kMostEnded) {
        all +=
            whole_line("and " + std::to_string(ended - kMostEnded) + " more that are gone (ttmem snapshot lists them)");
    }
    all += whole_rule('-');
    for (const std::string& notice : model.notices) {
        all += printable(notice) + "\n";
    }
    return all;
}

}  // namespace ttmem::monitor
