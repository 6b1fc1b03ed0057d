// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// View 1: devices above, as detailed as there is room for; processes below.
#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#include "analysis/usage.hpp"
#include "model/device_names.hpp"
#include "model/fresh_sensor.hpp"
#include "monitor/scene.hpp"
#include "monitor/views/widgets.hpp"
#include "output/conflict_text.hpp"
#include "output/text.hpp"

namespace ttmem::monitor {
namespace {

using api::Bytes;
using api::MemoryKind;

constexpr size_t kEndedInView = 3;  // processes that are gone, for which devices give up room

// Lines a device, the richest first. A line more stands between devices of the richest two.
enum Detail : size_t { kTall, kFull, kShort, kOneLine };
constexpr std::array<size_t, 4> kLines = {9, 5, 3, 1};
constexpr size_t kBlockWidth = 78;

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.0f", value);
    return text;
}

// " 75°C"; nothing unless the value is fresh.
std::string value_text(const api::Device& device, std::string_view name, const char* unit) {
    const api::Sensor* sensor = api::fresh_sensor(device, name);
    return sensor == nullptr ? "" : " " + number(*sensor->value) + unit;
}

// "75/90 °C", "- °C"
std::string against_limit(const api::Device& device, std::string_view name, const char* unit) {
    const api::Sensor* sensor = api::fresh_sensor(device, name);
    if (sensor == nullptr) {
        return std::string(kUnknown) + " " + unit;
    }
    return number(*sensor->value) + (sensor->limit ? "/" + number(*sensor->limit) : "") + " " + unit;
}

Style temperature_style(const api::Device& device) {
    const api::Sensor* sensor = api::fresh_sensor(device, "asic_temperature");
    if (sensor == nullptr || !sensor->limit || *sensor->limit <= 0) {
        return Style::kPlain;
    }
    const double share = *sensor->value / *sensor->limit;
    return share >= 1 ? Style::kError : share >= 0.9 ? Style::kWarning : Style::kPlain;
}

const char* celsius(const Scene& scene) {
    return scene.look.ascii ? "C" : "\u00b0C";
}

// The condition of a card that does not answer as it should; empty when all is well.
std::string condition(const api::Device& device) {
    return device.telemetry && device.telemetry->condition != "ok" ? " [" + device.telemetry->condition + "]" : "";
}

void draw_title(const Scene& scene, const Canvas& canvas, const api::Device& device, bool with_info) {
    size_t at = canvas.put(0, 0, device_title(*scene.model, device), Style::kTitle);
    at = canvas.put(0, at, value_text(device, "asic_temperature", celsius(scene)), temperature_style(device));
    at = canvas.put(0, at, value_text(device, "ai_clock", "MHz"));
    if (with_info) {
        at = canvas.put(0, at, value_text(device, "power", "W"));
        at = canvas.put(0, at, device.board.empty() ? "" : " " + device.board, Style::kDim);
    }
    at = canvas.put(0, at, device.mock ? " (mock)" : device.remote ? " (remote)" : "", Style::kDim);
    canvas.put(0, at, condition(device), Style::kWarning);
}

void draw_info(const Scene& scene, const Canvas& canvas, const api::Device& device) {
    std::string text = "board " + (device.board.empty() ? kUnknown : device.board) + "   " +
                       (device.arch.empty() ? "architecture " + std::string(kUnknown) : device.arch) + "   " +
                       against_limit(device, "asic_temperature", celsius(scene)) + "   " +
                       against_limit(device, "ai_clock", "MHz") + "   " + against_limit(device, "power", "W");
    if (device.pci) {
        text += "   " + *device.pci;
    }
    canvas.put(0, 2, text, Style::kDim);
}

// ">7.0G": the most since tracking was switched on in a process that ran already.
std::string peak_text(const Bytes& peak, const Bytes& since_attach) {
    return peak || !since_attach ? short_bytes(peak) : ">" + short_bytes(since_attach);
}

// "  DRAM    6.0 GiB / 12.0 GiB   [####  ]  50.0%  peak 7.0G  reserved 12.0M"
void draw_memory(const Canvas& canvas, const char* name, const Bytes& used, const api::MemoryUse& use, Style style) {
    const Bytes capacity = analysis::capacity_of(use);
    const std::string left =
        "  " + fit_left(name, 5) + fit_right(human_bytes(used), 10) + " / " + fit_left(human_bytes(capacity), 10) + " ";
    const std::string right = fit_right(percent(used, capacity), 7) + "  peak " +
                              fit_left(peak_text(use.peak_bytes, use.peak_since_attach_bytes), 7) + " reserved " +
                              fit_left(short_bytes(use.reserved_bytes), 7);
    size_t at = canvas.put(0, 0, left);
    const size_t taken = columns(left) + columns(right);
    const size_t bar = canvas.width() > taken + 3 ? std::min<size_t>(canvas.width() - taken, 60) : 0;
    if (bar >= 5) {
        draw_bar(canvas, 0, at, bar, used, capacity, style);
        at += bar;
    }
    at = canvas.put(0, at, right.substr(0, 7));
    canvas.put(0, at, right.substr(7), Style::kDim);
}

void draw_part(const Canvas& canvas, size_t row, const char* name, const std::string& figure, Style style,
               const std::string& more) {
    canvas.put(row, 4, fit_left(name, 8), style);
    const size_t at = canvas.put(row, 12, fit_right(figure, 12));
    canvas.put(row, at + 2, more, Style::kDim);
}

std::string kernel_kinds(const api::Device& device) {
    const api::KernelUse& kernels = device.kernels;
    if (!kernels.loaded_bytes) {
        return "";
    }
    return "application " + short_bytes(kernels.application_bytes) + ", fabric " + short_bytes(kernels.fabric_bytes) +
           ", dispatch " + short_bytes(kernels.dispatch_bytes);
}

std::string buffer_counts(const api::Device& device) {
    std::string text;
    for (const MemoryKind kind : {MemoryKind::kL1, MemoryKind::kL1Small}) {
        const api::MemoryUse& use = device.memory[kind];
        if (use.buffers) {
            text += (text.empty() ? "" : ", ") + std::to_string(*use.buffers) + " " + std::string(to_string(kind));
        }
    }
    return text + (text.empty() ? "" : " live");
}

// How far circular buffers, which grow from below, are from L1 buffers, which grow from above, on the tightest core.
void draw_clash(const Canvas& canvas, const api::Device& device) {
    const Bytes headroom = device.circular_buffers.headroom_bytes_per_core;
    const Bytes high = device.circular_buffers.high_water_bytes_per_core;
    const api::MemoryUse& l1 = device.memory[MemoryKind::kL1];
    const Bytes bank =
        l1.capacity_bytes && l1.banks && *l1.banks > 0 ? Bytes(*l1.capacity_bytes / *l1.banks) : std::nullopt;
    canvas.put(0, 4, "Clash");
    if (!headroom) {
        canvas.put(0, 12, fit_right(kUnknown, 12) + "  headroom is unknown", Style::kDim);
        return;
    }
    const bool tight = bank && *headroom * 10 < *bank;
    const Style style = *headroom == 0 ? Style::kError : tight ? Style::kWarning : Style::kGood;
    size_t at = canvas.put(0, 12, fit_right(human_bytes(headroom), 12), style);
    const std::string text = *headroom == 0 ? "  NO HEADROOM " : "  headroom a core ";
    at = canvas.put(0, at, text, style);
    if (bank && high && *bank > 0 && canvas.width() > at + 8) {
        const double whole = static_cast<double>(*bank);
        const double below = static_cast<double>(*high) / whole;
        const double free = static_cast<double>(*headroom) / whole;
        const size_t width = std::min<size_t>(canvas.width() - at, 40);
        // From address 0 up: circular buffers, room, L1 buffers.
        const size_t cells = width - 2;
        const auto cell = [&](double share) {
            return std::min(cells, static_cast<size_t>(share * static_cast<double>(cells) + 0.5));
        };
        size_t left = std::max<size_t>(cell(below), *high > 0 ? 1 : 0);
        size_t room = *headroom > 0 ? std::max<size_t>(cell(free), 1) : 0;
        left = std::min(left, cells - room);
        const bool some_above = *high + *headroom < *bank;
        if (some_above && left + room == cells) {
            (room > 1 ? room : left) -= (room > 1 || left > 0) ? 1 : 0;
        }
        if (!some_above) {
            room = cells - left;
        }
        canvas.put(0, at, "[", Style::kFrame);
        for (size_t i = 0; i < cells; ++i) {
            const bool is_left = i < left;
            const bool is_room = !is_left && i < left + room;
            const char32_t glyph = is_room          ? (canvas.ascii() ? U'-' : U'\u00b7')
                                   : canvas.ascii() ? (is_left ? U'C' : U'B')
                                                    : U'\u2588';
            canvas.put_glyph(0, at + 1 + i, glyph,
                             is_room   ? Style::kFrame
                             : is_left ? Style::kCircularBuffer
                                       : Style::kL1);
        }
        canvas.put(0, at + 1 + cells, "]", Style::kFrame);
    }
}

void draw_tall(const Scene& scene, const Canvas& canvas, const api::Device& device) {
    const api::MemoryUse& l1 = device.memory[MemoryKind::kL1];
    draw_title(scene, canvas.rows(0, 1), device, false);
    draw_info(scene, canvas.rows(1, 1), device);
    draw_memory(canvas.rows(2, 1), "DRAM", device.memory[MemoryKind::kDram].allocated_bytes,
                device.memory[MemoryKind::kDram], Style::kDram);
    draw_memory(canvas.rows(3, 1), "L1", analysis::l1_used(device), l1, Style::kL1);
    draw_part(canvas, 4, "Buffers", human_bytes(l1.allocated_bytes), Style::kL1, buffer_counts(device));
    draw_part(canvas, 5, "CBs", human_bytes(device.circular_buffers.current_bytes), Style::kCircularBuffer,
              device.circular_buffers.cached_union_bytes
                  ? "all cached programs " + human_bytes(device.circular_buffers.cached_union_bytes)
                  : "");
    draw_part(canvas, 6, "Kernels", human_bytes(device.kernels.loaded_bytes), Style::kKernel, kernel_kinds(device));
    canvas.put(7, 4, "Ring", Style::kRing);
    canvas.put(7, 12,
               fit_right(human_bytes(device.kernels.ring_used_bytes_per_core), 12) + "  of " +
                   human_bytes(device.kernels.ring_capacity_bytes_per_core) + " a core");
    draw_clash(canvas.rows(8, 1), device);
}

// "Buffers 1.0M  CBs 1.0M  Kernels -  Ring 10.0K/69.0K"
void draw_parts(const Canvas& canvas, size_t row, size_t column, const api::Device& device) {
    const api::KernelUse& kernels = device.kernels;
    size_t at = canvas.put(row, column, "Buffers ", Style::kL1);
    at = canvas.put(row, at, short_bytes(device.memory[MemoryKind::kL1].allocated_bytes));
    at = canvas.put(row, at, "  CBs ", Style::kCircularBuffer);
    at = canvas.put(row, at, short_bytes(device.circular_buffers.current_bytes));
    at = canvas.put(row, at, "  Kernels ", Style::kKernel);
    at = canvas.put(row, at, short_bytes(kernels.loaded_bytes));
    at = canvas.put(row, at, "  Ring ", Style::kRing);
    canvas.put(row, at,
               short_bytes(kernels.ring_used_bytes_per_core) + "/" + short_bytes(kernels.ring_capacity_bytes_per_core));
}

void draw_full(const Scene& scene, const Canvas& canvas, const api::Device& device) {
    draw_title(scene, canvas.rows(0, 1), device, true);
    draw_memory(canvas.rows(1, 1), "DRAM", device.memory[MemoryKind::kDram].allocated_bytes,
                device.memory[MemoryKind::kDram], Style::kDram);
    draw_memory(canvas.rows(2, 1), "L1", analysis::l1_used(device), device.memory[MemoryKind::kL1], Style::kL1);
    draw_parts(canvas, 3, 4, device);
    draw_clash(canvas.rows(4, 1), device);
}

void draw_short(const Scene& scene, const Canvas& canvas, const api::Device& device) {
    draw_title(scene, canvas.rows(0, 1), device, true);
    draw_memory(canvas.rows(1, 1), "DRAM", device.memory[MemoryKind::kDram].allocated_bytes,
                device.memory[MemoryKind::kDram], Style::kDram);
    draw_memory(canvas.rows(2, 1), "L1", analysis::l1_used(device), device.memory[MemoryKind::kL1], Style::kL1);
}

// "0 Wormhole n150   75C 1000MHz  22W DRAM [###  ] 50.0% 6.0G  L1 [#   ] 2.4% 2.0M"
void draw_one_line(const Scene& scene, const Canvas& canvas, const api::Device& device, bool sensors) {
    const std::string id = device.id          ? std::to_string(*device.id)
                           : device.kmd_index ? "c" + std::to_string(*device.kmd_index)
                                              : kUnknown;
    size_t at = canvas.put(0, 0, fit_right(id, 3) + " ", Style::kTitle);
    const std::string whole_name = device_name(*scene.model, device);
    const size_t short_id = whole_name.find('(');  // stands where the board's name would, when the number is not enough
    at = canvas.put_cut(0, at,
                        short_id != std::string::npos
                            ? whole_name.substr(short_id)
                            : architecture(device) + (device.board.empty() ? "" : " " + device.board),
                        15);
    at = std::max<size_t>(at, 19);
    if (sensors) {
        canvas.put(0, at, fit_right(value_text(device, "asic_temperature", scene.look.ascii ? "C" : "\u00b0"), 5),
                   temperature_style(device));
        canvas.put(0, at + 5,
                   fit_right(value_text(device, "ai_clock", "M"), 6) + fit_right(value_text(device, "power", "W"), 5));
    }
    at = sensors ? 35 : 20;
    const size_t each = (canvas.width() - std::min<size_t>(canvas.width(), at + 1)) / 2;
    const auto memory = [&](size_t column, const char* name, const Bytes& used, const Bytes& capacity, Style style) {
        const std::string figures = fit_right(percent(used, capacity), 6) + fit_right(short_bytes(used), 8);
        column = canvas.put(0, column, name, style);
        const size_t taken = columns(name) + columns(figures) + 1;
        if (each >= taken + 4) {
            draw_bar(canvas, 0, column, std::min<size_t>(each - taken, 30), used, capacity, style);
            column += std::min<size_t>(each - taken, 30);
        }
        canvas.put(0, column, figures);
    };
    memory(at, "DRAM", device.memory[MemoryKind::kDram].allocated_bytes,
           analysis::capacity_of(device.memory[MemoryKind::kDram]), Style::kDram);
    memory(at + each + 1, "L1", analysis::l1_used(device), analysis::capacity_of(device.memory[MemoryKind::kL1]),
           Style::kL1);
}

size_t across(size_t width, size_t devices) {
    return std::max<size_t>(1, std::min(devices, width / (kBlockWidth + 2)));
}

size_t lines_of(size_t devices, size_t wide, Detail detail) {
    const size_t deep = (devices + wide - 1) / wide;
    const size_t gap = detail <= kFull && deep > 0 ? deep - 1 : 0;
    return deep * kLines[detail] + gap;
}

void draw_devices(const Scene& scene, const Canvas& canvas, const std::vector<api::DeviceIndex>& devices, Detail detail,
                  Frame& frame) {
    const api::Model& model = *scene.model;
    const State& state = *scene.state;
    const size_t wide = across(canvas.width(), devices.size());
    // Mock devices alone leave their sensors' room to the bars.
    const bool sensors = std::any_of(devices.begin(), devices.end(), [&](api::DeviceIndex device) {
        return model.devices[device].telemetry.has_value();
    });
    const size_t deep = (devices.size() + wide - 1) / wide;
    const size_t each = kLines[detail] + (detail <= kFull ? 1 : 0);
    const size_t page = std::max<size_t>(1, (canvas.height() + each - kLines[detail]) / each);
    size_t selected = 0;
    for (size_t i = 0; i < devices.size(); ++i) {
        if (key_of(model.devices[devices[i]]) == state.device_row) {
            selected = i;
        }
    }
    const size_t first = first_row(selected % deep, deep, page);
    const size_t width = wide == 1 ? canvas.width() - (deep > page ? 2 : 0) : canvas.width() / wide - 2;
    for (size_t i = 0; i < devices.size(); ++i) {
        const size_t row = i % deep;
        if (row < first || row >= first + page) {
            continue;
        }
        const api::Device& device = model.devices[devices[i]];
        const Canvas block =
            canvas.part((row - first) * each, i / deep * (canvas.width() / wide), kLines[detail], width);
        switch (detail) {
            case kTall:
                draw_tall(scene, block, device);
                break;
            case kFull:
                draw_full(scene, block, device);
                break;
            case kShort:
                draw_short(scene, block, device);
                break;
            case kOneLine:
                draw_one_line(scene, block, device, sensors);
                break;
        }
        if (state.on_devices && i == selected) {
            block.restyle(0, 0, detail == kOneLine ? 18 : columns(device_title(model, device)), Style::kSelected);
        }
        for (size_t line = 0; line < block.height(); ++line) {
            frame.hits.push_back({block.top() + line, block.left(), block.left() + width, Hit::What::kDeviceRow, i});
        }
    }
    if (deep > page) {
        draw_scroll_mark(canvas, first, page, deep);
    }
    if (state.on_devices) {
        frame.rows = devices.size();
        frame.page = page;
        frame.selected = selected;
    }
}

struct Column {
    size_t number;  // in process_columns()
    size_t width;
    bool right;
};

// As many columns as there is room for; the command gets the rest.
std::vector<Column> columns_for(size_t width, size_t device) {
    std::vector<Column> all = {{0, 7, true}, {1, 8, false}, {2, std::max<size_t>(device, 5), false},
                               {3, 7, true}, {4, 7, true},  {5, 7, true},
                               {6, 7, true}};
    if (width >= 100) {
        all.push_back({7, 9, true});
        all.push_back({8, 8, true});
    } else {
        all.push_back({7, 7, true});
    }
    all.push_back({9, 7, false});
    if (width >= 116) {
        all[1].width = 10;
        all[2].width = std::max<size_t>(device, 7);
        all.push_back({10, 12, false});
    }
    if (width >= 132) {
        all.push_back({12, 7, true});
    }
    if (width >= 160) {
        all.insert(all.end(), {{13, 7, true}, {14, 7, true}, {15, 7, true}});
    }
    all.push_back({11, 0, false});
    return all;
}

std::string container_text(const api::Process& process) {
    return process.container ? process.container->runtime + ":" + process.container->id.substr(0, 12) : kUnknown;
}

std::string cell_text(const api::DeviceNames& names, const api::Process& process,
                      const analysis::ProcessTotals& figures, size_t column) {
    switch (column) {
        case 0:
            return process.pid ? std::to_string(*process.pid) : kUnknown;
        case 1:
            return process.user;
        case 2:
            return printable(names.labels(process));
        case 3:
            return short_bytes(figures.dram);
        case 4:
            return short_bytes(figures.l1);
        case 5:
            return short_bytes(figures.circular_buffers);
        case 6:
            return short_bytes(figures.kernels);
        case 7:
            return peak_text(figures.dram_peak, figures.dram_peak_since_attach);
        case 8:
            return peak_text(figures.l1_peak, figures.l1_peak_since_attach);
        case 9:
            return std::string(to_string(process.state));
        case 10:
            return container_text(process);
        default:  // from 12 on: memory in the host
            return column < 16 ? short_bytes(analysis::host_bytes(process, column - 12)) : "";
    }
}

std::string command_text(const api::Process& process) {
    const std::string command = process.command.empty() ? kUnknown : process.command;
    return process.reason.empty() ? command : command + " (" + process.reason + ")";
}

void draw_process_heading(const Canvas& canvas, const std::vector<Column>& shown, const ViewChoices& own,
                          Frame& frame) {
    size_t at = 0;
    for (const Column& column : shown) {
        const std::string mark =
            own.sort == column.number
                ? std::string(own.reverse != process_columns()[column.number].large_first ? "v" : "^")
                : "";
        std::string name = process_columns()[column.number].name;
        if (column.number == 6 && column.width < 8) {
            name = "KERNEL";
        }
        if (column.number == 7 && column.width < 9) {
            name = "PEAK";
        }
        name += mark;
        const size_t width = column.width == 0 ? canvas.width() - std::min(at, canvas.width()) : column.width;
        if (column.right) {
            canvas.put_right(0, at, name, width, Style::kHeading);
        } else {
            canvas.put_cut(0, at, name, width, Style::kHeading);
        }
        frame.hits.push_back(
            {canvas.top(), canvas.left() + at, canvas.left() + at + width, Hit::What::kSort, column.number});
        at += width + 1;
    }
    canvas.restyle_row(0, Style::kHeading);
}

void draw_process(const Scene& scene, const Canvas& canvas, const api::DeviceNames& names,
                  const std::vector<Column>& shown, const ProcessRow& row) {
    const api::Process& process = scene.model->processes[row.process];
    const analysis::ProcessTotals figures = analysis::process_totals(process);
    const Style base = api::counts(process.state)                       ? Style::kPlain
                       : process.state == api::ProcessState::kUntrusted ? Style::kWarning
                                                                        : Style::kDim;
    size_t at = 0;
    for (const Column& column : shown) {
        if (column.width == 0) {
            std::string text;
            if (row.depth > 0) {
                text = std::string((row.depth - 1) * 2, ' ') + (scene.look.ascii ? "`-" : "\u2514\u2500");
            }
            const size_t room = canvas.width() - std::min(at, canvas.width());
            const std::string command = printable(command_text(process));
            const size_t shift = scene.state->own().shift;  // scrolled sideways, all of it is shown
            const size_t taken = std::min(columns(text), room);
            canvas.put_cut(0, at, shifted(text + (shift == 0 ? fit_command(command, room - taken) : command), shift),
                           room, base);
            return;
        }
        const std::string text = cell_text(names, process, figures, column.number);
        const bool died = column.number == 9 &&
                          (process.state == api::ProcessState::kDied || process.state == api::ProcessState::kCorrupt);
        const Style style = died                    ? Style::kWarning
                            : base != Style::kPlain ? base
                            : column.number == 3    ? Style::kDram
                            : column.number == 4    ? Style::kL1
                                                    : base;
        if (column.right) {
            canvas.put_right(0, at, text, column.width, style);
        } else {
            canvas.put_cut(0, at, text, column.width, style);
        }
        at += column.width + 1;
    }
}

void draw_totals(const Scene& scene, const Canvas& canvas, const std::vector<api::DeviceIndex>& devices,
                 const std::vector<ProcessRow>& rows) {
    const api::Model& model = *scene.model;
    size_t living = 0;
    for (const ProcessRow& row : rows) {
        living += api::counts(model.processes[row.process].state) ? 1 : 0;
    }
    Bytes dram = 0, dram_capacity = 0, l1 = 0, l1_capacity = 0;
    const auto add = [](Bytes& sum, const Bytes& more) { sum = sum && more ? Bytes(*sum + *more) : std::nullopt; };
    for (const api::DeviceIndex device : devices) {
        add(dram, model.devices[device].memory[MemoryKind::kDram].allocated_bytes);
        add(dram_capacity, analysis::capacity_of(model.devices[device].memory[MemoryKind::kDram]));
        add(l1, analysis::l1_used(model.devices[device]));
        add(l1_capacity, analysis::capacity_of(model.devices[device].memory[MemoryKind::kL1]));
    }
    std::string text = "Total: " + std::to_string(living) + " live of " + std::to_string(rows.size()) + " processes, " +
                       std::to_string(devices.size()) + (devices.size() == 1 ? " device" : " devices");
    if (!devices.empty()) {
        text += "   DRAM " + human_bytes(dram) + " / " + human_bytes(dram_capacity) + "   L1 " + human_bytes(l1) +
                " / " + human_bytes(l1_capacity);
    }
    canvas.put_cut(0, 0, text, canvas.width(), Style::kTitle);
}

void draw_processes(const Scene& scene, const Canvas& canvas, const std::vector<api::DeviceIndex>& devices,
                    Frame& frame) {
    const api::Model& model = *scene.model;
    const State& state = *scene.state;
    const std::vector<ProcessRow> rows = process_rows(model, state);
    if (canvas.height() < 3) {
        return;
    }
    const api::DeviceNames names(model);
    const std::vector<Column> shown = columns_for(canvas.width(), std::min(names.widest(), kMostDeviceWidth));
    draw_process_heading(canvas.rows(0, 1), shown, state.own(), frame);
    const size_t page = canvas.height() - 2;
    const size_t selected = selected_process(model, state, rows);
    const size_t first = first_row(selected, rows.size(), page);
    const bool marked = rows.size() > page;
    const Canvas list = canvas.part(1, 0, page, canvas.width() - (marked ? 2 : 0));
    for (size_t i = first; i < std::min(rows.size(), first + page); ++i) {
        const Canvas line = list.rows(i - first, 1);
        draw_process(scene, line, names, shown, rows[i]);
        if (!state.on_devices && i == selected) {
            line.restyle_row(0, Style::kSelected);
        }
        frame.hits.push_back({line.top(), line.left(), line.left() + line.width(), Hit::What::kRow, i});
    }
    if (rows.empty()) {
        list.put(0, 2,
                 model.processes.empty() ? "no tracked process (ttmem run COMMAND tracks one)" : "no process matches",
                 Style::kDim);
    }
    draw_scroll_mark(canvas.part(1, 0, page, canvas.width()), first, page, rows.size());
    draw_totals(scene, canvas.rows(canvas.height() - 1, 1), devices, rows);
    if (!state.on_devices) {
        frame.rows = rows.size();
        frame.page = page;
        frame.selected = selected;
    }
}

}  // namespace

void draw_main(const Scene& scene, const Canvas& canvas, Frame& frame) {
    const api::Model& model = *scene.model;
    const std::vector<api::DeviceIndex> devices = chosen_devices(model, *scene.state);
    size_t living = 0;
    for (const api::Process& process : model.processes) {
        living += api::counts(process.state) ? 1 : 0;
    }
    const size_t listed = living + std::min(model.processes.size() - living, kEndedInView);
    // Heading, rows and totals; at least a third of the screen if they need it.
    const size_t wanted = 2 + std::max<size_t>(listed, 1);
    const size_t below = std::max<size_t>(std::min(wanted, canvas.height() / 3), 4);
    const size_t most = canvas.height() - below - 1;
    size_t used = 1;
    if (devices.empty()) {
        canvas.put(0, 0, "No device is in use by a tracked process.", Style::kTitle);
    } else {
        const size_t wide = across(canvas.width(), devices.size());
        size_t detail = kTall;
        while (detail < kOneLine && lines_of(devices.size(), wide, static_cast<Detail>(detail)) > most) {
            ++detail;
        }
        used = std::min(most, lines_of(devices.size(), wide, static_cast<Detail>(detail)));
        draw_devices(scene, canvas.rows(0, used), devices, static_cast<Detail>(detail), frame);
    }
    size_t foot = 0;
    if (!model.conflicts.empty() && canvas.height() > used + 6) {
        const std::string more = model.conflict_count > 1 ? conflict_summary(model) + "; the largest: " : std::string();
        canvas.put_cut(canvas.height() - 1, 0, "! " + more + conflict_sentence(model, model.conflicts[0]),
                       canvas.width(), Style::kError);
        ++foot;
    }
    for (const std::string& notice : model.notices) {
        if (foot < 2 && canvas.height() > used + 6 + foot) {
            canvas.put_cut(canvas.height() - 1 - foot, 0, notice, canvas.width(), Style::kWarning);
            ++foot;
        }
    }
    draw_processes(scene, canvas.rows(used + 1, canvas.height() - used - 1 - foot), devices, frame);
}

}  // namespace ttmem::monitor
