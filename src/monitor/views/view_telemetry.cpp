// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// View 3: every sensor of the chosen device, or of all, with its limit, and the least and the most since the start.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "monitor/scene.hpp"
#include "monitor/views/widgets.hpp"
#include "output/text.hpp"

namespace ttmem::monitor {
namespace {

constexpr size_t kBlockWidth = 78;
constexpr size_t kHeadLines = 3;  // title, condition, heading
constexpr uint64_t kSecond = 1'000'000'000;

std::string figure(const std::optional<double>& value, const std::string& unit) {
    if (!value) {
        return kUnknown;
    }
    if (unit == "B" || unit == "B/s") {
        return human_bytes(static_cast<uint64_t>(std::max(0.0, *value))) + (unit == "B/s" ? "/s" : "");
    }
    char text[48];
    const bool whole = std::fabs(*value - std::round(*value)) < 1e-9;
    std::snprintf(text, sizeof text, whole ? "%.0f" : std::fabs(*value) < 10 ? "%.3f" : "%.1f", *value);
    return unit.empty() || unit == "count" ? text : std::string(text) + " " + unit;
}

// The text of the last column: the age of a stale value, or why there is none.
std::string state_text(const api::Sensor& sensor) {
    if (sensor.known()) {
        return "";
    }
    if (sensor.state == "stale" && sensor.age_ns) {
        return std::to_string(*sensor.age_ns / kSecond) + " s old";
    }
    return sensor.state;
}

Style state_style(const api::Sensor& sensor) {
    if (sensor.known()) {
        return sensor.value && sensor.limit && *sensor.limit > 0 && *sensor.value >= *sensor.limit &&
                       sensor.name == "asic_temperature"
                   ? Style::kError
                   : Style::kPlain;
    }
    return sensor.state == "implausible" || sensor.state == "in_reset" || sensor.state == "gone" ? Style::kWarning
                                                                                                 : Style::kDim;
}

std::vector<const api::Sensor*> listed(const api::Device& device, const std::string& filter) {
    std::vector<const api::Sensor*> sensors;
    if (device.telemetry) {
        for (const api::Sensor& sensor : device.telemetry->sensors) {
            if (contains(sensor.name, filter)) {
                sensors.push_back(&sensor);
            }
        }
    }
    return sensors;
}

std::string condition_text(const api::Device& device) {
    if (!device.telemetry) {
        return device.remote ? "a remote chip: the driver of this machine has no sensors of it"
                             : "the driver shows no sensors of it";
    }
    const api::Telemetry& telemetry = *device.telemetry;
    std::string text = "condition " + telemetry.condition;
    if (telemetry.open_pids) {
        text += ", opened by " + std::to_string(telemetry.open_pids->size() + telemetry.hidden_opens.value_or(0)) +
                (telemetry.hidden_opens.value_or(0) > 0 ? " (some of other pid namespaces)" : "");
    }
    if (telemetry.resets_seen > 0) {
        text += ", resets seen " + std::to_string(telemetry.resets_seen);
    }
    if (telemetry.numa_node) {
        text += ", NUMA node " + std::to_string(*telemetry.numa_node);
    }
    return text;
}

// Line `line` of a device's block.
void draw_line(const Canvas& canvas, const api::Model& model, const api::Device& device,
               const std::vector<const api::Sensor*>& sensors, size_t line) {
    if (line == 0) {
        size_t at = canvas.put(0, 0, device_title(model, device), Style::kTitle);
        at = canvas.put(0, at, device.board.empty() ? "" : " " + device.board);
        canvas.put(0, at, device.pci ? " " + *device.pci : "", Style::kDim);
        return;
    }
    if (line == 1) {
        const bool bad = device.telemetry && device.telemetry->condition != "ok";
        canvas.put_cut(0, 2, condition_text(device), canvas.width() - 2, bad ? Style::kWarning : Style::kDim);
        return;
    }
    const size_t name = 26;
    const size_t each = 12;
    if (line == 2) {
        if (!sensors.empty()) {
            canvas.put(0, 0, fit_left("  SENSOR", name), Style::kHeading);
            size_t at = name;
            for (const char* text : {"NOW", "LIMIT", "MIN", "MAX"}) {
                at = canvas.put(0, at, fit_right(text, each), Style::kHeading);
            }
            canvas.restyle_row(0, Style::kHeading);
        }
        return;
    }
    if (line - kHeadLines >= sensors.size()) {
        return;
    }
    const api::Sensor& sensor = *sensors[line - kHeadLines];
    const Style style = state_style(sensor);
    canvas.put_cut(0, 2, sensor.name, name - 3, style == Style::kDim ? Style::kDim : Style::kPlain);
    if (sensor.text) {
        canvas.put_cut(0, name + 1, *sensor.text, 3 * each, style);
    } else {
        size_t at = name;
        at = canvas.put(0, at, fit_right(figure(sensor.value, sensor.unit), each), style);
        at = canvas.put(0, at, fit_right(figure(sensor.limit, sensor.unit), each), Style::kDim);
        at = canvas.put(0, at, fit_right(figure(sensor.min, sensor.unit), each));
        canvas.put(0, at, fit_right(figure(sensor.max, sensor.unit), each));
    }
    const std::string state = state_text(sensor);
    const size_t at = name + 4 * each + 1;
    canvas.put_cut(0, at, state, canvas.width() - std::min(canvas.width(), at), style);
}

void draw_cards(const Scene& scene, const Canvas& canvas, const std::vector<api::DeviceIndex>& devices, Frame& frame) {
    const api::Model& model = *scene.model;
    const size_t wide = std::min(devices.size(), std::max<size_t>(1, canvas.width() / (kBlockWidth + 1)));
    const size_t width = wide == 1 ? std::min<size_t>(canvas.width() - 2, 110) : canvas.width() / wide - 2;
    std::vector<std::vector<const api::Sensor*>> sensors;
    for (const api::DeviceIndex device : devices) {
        sensors.push_back(listed(model.devices[device], scene.state->own().filter));
    }
    // Lines before each row of blocks.
    std::vector<size_t> starts = {0};
    for (size_t i = 0; i < devices.size(); i += wide) {
        size_t most = 0;
        for (size_t j = i; j < std::min(devices.size(), i + wide); ++j) {
            most = std::max(most, sensors[j].empty() ? 2 : kHeadLines + sensors[j].size());
        }
        starts.push_back(starts.back() + most + 1);
    }
    const size_t lines = starts.back() - 1;
    const size_t page = canvas.height();
    const size_t first = std::min(scene.state->own().position, lines - std::min(lines, page));
    for (size_t i = 0; i < devices.size(); ++i) {
        const size_t begin = starts[i / wide];
        const size_t end = starts[i / wide + 1];
        if (const auto& card = model.devices[devices[i]].kmd_index; card && begin < first + page && end > first) {
            frame.cards.push_back(*card);
        }
        for (size_t line = std::max(begin, first); line < std::min(end, first + page); ++line) {
            const Canvas at = canvas.part(line - first, i % wide * (canvas.width() / wide), 1, width);
            draw_line(at, model, model.devices[devices[i]], sensors[i], line - begin);
        }
    }
    end_text(canvas, first, page, lines, frame);
}

}  // namespace

void draw_telemetry(const Scene& scene, const Canvas& canvas, Frame& frame) {
    const api::Model& model = *scene.model;
    std::vector<api::DeviceIndex> devices = chosen_devices(model, *scene.state);
    if (devices.empty()) {
        canvas.put(0, 0, "No device is known: no driver is loaded and no tracked process has opened one.",
                   Style::kTitle);
        return;
    }
    const size_t all = devices.size();
    std::erase_if(devices, [&](api::DeviceIndex device) { return model.devices[device].mock; });
    const size_t mocks = all - devices.size();
    if (mocks > 0) {
        // A single line for all mock devices, after the cards.
        canvas.put_cut(
            devices.empty() ? 0 : canvas.height() - 1, 0,
            mocks == 1 ? "1 mock device has no sensors" : std::to_string(mocks) + " mock devices have no sensors",
            canvas.width(), Style::kDim);
        if (devices.empty()) {
            return;
        }
    }
    draw_cards(scene, mocks > 0 ? canvas.rows(0, canvas.height() - 2) : canvas, devices, frame);
}

}  // namespace ttmem::monitor
