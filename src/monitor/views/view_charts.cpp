// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// View 2: figures over time. One device: large charts, one below the other. Several: a strip each, all over the same
// time.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>

#include "analysis/usage.hpp"
#include "model/fresh_sensor.hpp"
#include "monitor/data/replay_line.hpp"
#include "monitor/data/samples.hpp"
#include "monitor/scene.hpp"
#include "monitor/views/chart.hpp"
#include "monitor/views/widgets.hpp"
#include "output/text.hpp"

namespace ttmem::monitor {
namespace {

struct MetricLook {
    const char* name;
    const char* unit;
    Style style;
    const char* sensor;  // nullptr of memory
    double step;         // the axis ends at a multiple of this
};
constexpr std::array<MetricLook, kMetrics> kLooks = {{{"DRAM", "%", Style::kDram, nullptr, 1},
                                                      {"L1", "%", Style::kL1, nullptr, 1},
                                                      {"Temperature", "C", Style::kTemperature, "asic_temperature", 25},
                                                      {"Clock", "MHz", Style::kClock, "ai_clock", 250},
                                                      {"Power", "W", Style::kPower, "power", 50}}};

const MetricLook& look_of(Metric metric) {
    return kLooks[static_cast<size_t>(metric)];
}

bool is_memory(Metric metric) {
    return metric == Metric::kDram || metric == Metric::kL1;
}

Strokes strokes_of(const Scene& scene) {
    return scene.look.ascii ? Strokes::kAscii : scene.state->blocks ? Strokes::kBlocks : Strokes::kBraille;
}

uint64_t now_of(const Scene& scene) {
    return scene.samples->latest_ns();
}

std::vector<float> values_of(const Scene& scene, const api::Device& device, Metric metric, size_t columns) {
    if (scene.replay != nullptr) {  // the whole run, whatever the moment
        const std::vector<float> course = scene.replay->series(key_of(device), metric, columns);
        return course.empty() ? std::vector<float>(columns, std::numeric_limits<float>::quiet_NaN()) : course;
    }
    return scene.samples->series(key_of(device), metric, now_of(scene), kSpans[scene.state->span], columns);
}

// The time below a chart; of a recording the column of its moment is marked in the chart as well.
void draw_times(const Scene& scene, const Canvas& axis) {
    if (scene.replay == nullptr) {
        draw_time_axis(axis, 0, kSpans[scene.state->span]);
        return;
    }
    axis.put(0, 0, "0", Style::kFrame);
    const std::string end = seconds_text(scene.replay->last_ns - scene.replay->first_ns);
    axis.put(0, axis.width() - std::min(axis.width(), columns(end)), end, Style::kFrame);
}

void mark_moment(const Scene& scene, const Canvas& plot) {
    if (scene.replay != nullptr) {
        const size_t column = scene.replay->column_of(scene.replay->now_ns, plot.width());
        for (size_t row = 0; row < plot.height(); ++row) {
            plot.restyle(row, column, 1, Style::kSelected);
        }
    }
}

// The end of the axis: 100 %, or else the limit or the highest value shown.
double upper_end(const api::Device& device, Metric metric, const std::vector<float>& values) {
    if (is_memory(metric)) {
        return 1;
    }
    double most = 0;
    for (const float value : values) {
        most = std::isnan(value) ? most : std::max<double>(most, value);
    }
    const api::Sensor* sensor = api::fresh_sensor(device, look_of(metric).sensor);
    if (sensor != nullptr && sensor->limit) {
        most = std::max(most, *sensor->limit);
    }
    const double step = look_of(metric).step;
    return std::max(step, std::ceil(most / step) * step);
}

Curve curve_of(const Scene& scene, const api::Device& device, Metric metric, size_t width, double& end) {
    Curve curve;
    curve.values = values_of(scene, device, metric, 2 * width);
    curve.style = look_of(metric).style;
    end = upper_end(device, metric, curve.values);
    for (float& value : curve.values) {
        value = static_cast<float>(value / end);
    }
    return curve;
}

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.0f", value);
    return text;
}

// "45.4%", "75 C"
std::string now_text(const api::Device& device, Metric metric) {
    const std::optional<double> value = metric_of(device, metric);
    if (!value) {
        return kUnknown;
    }
    if (is_memory(metric)) {
        char text[32];
        std::snprintf(text, sizeof text, "%.1f%%", 100 * *value);
        return text;
    }
    return number(*value) + " " + look_of(metric).unit;
}

void draw_memory_chart(const Scene& scene, const Canvas& canvas, const api::Device& device) {
    size_t at = canvas.put(0, kAxisWidth, "DRAM ", Style::kDram);
    at = canvas.put(0, at,
                    now_text(device, Metric::kDram) + "  " +
                        human_bytes(device.memory[api::MemoryKind::kDram].allocated_bytes) + " / " +
                        human_bytes(analysis::capacity_of(device.memory[api::MemoryKind::kDram])));
    at = canvas.put(0, at, "   L1 ", Style::kL1);
    canvas.put(0, at,
               now_text(device, Metric::kL1) + "  " + human_bytes(analysis::l1_used(device)) + " / " +
                   human_bytes(analysis::capacity_of(device.memory[api::MemoryKind::kL1])));
    const Canvas plot = canvas.rows(1, canvas.height() - 1);
    draw_value_axis(plot, "100%", "50%", "0%");
    const Canvas inside = plot.part(0, kAxisWidth, plot.height(), plot.width() - kAxisWidth);
    double end = 1;
    Curve dram = curve_of(scene, device, Metric::kDram, inside.width(), end);
    Curve l1 = curve_of(scene, device, Metric::kL1, inside.width(), end);
    l1.filled = false;
    draw_curves(inside, {dram, l1}, strokes_of(scene));
    mark_moment(scene, inside);
}

void draw_metric_chart(const Scene& scene, const Canvas& canvas, const api::Device& device, Metric metric) {
    const MetricLook& look = look_of(metric);
    const size_t at = canvas.put(0, kAxisWidth, std::string(look.name) + " ", look.style);
    std::string text = now_text(device, metric);
    const api::Sensor* sensor = api::fresh_sensor(device, look.sensor);
    if (sensor != nullptr && sensor->limit) {
        text += "  limit " + number(*sensor->limit) + " " + look.unit;
    }
    canvas.put(0, at, text);
    if (canvas.height() < 2) {
        return;
    }
    const Canvas plot = canvas.rows(1, canvas.height() - 1);
    const Canvas inside = plot.part(0, kAxisWidth, plot.height(), plot.width() - kAxisWidth);
    double end = 1;
    const Curve curve = curve_of(scene, device, metric, inside.width(), end);
    draw_value_axis(plot, number(end), number(end / 2), "0");
    draw_curves(inside, {curve}, strokes_of(scene));
}

void draw_one(const Scene& scene, const Canvas& canvas, const api::Device& device) {
    const size_t at = canvas.put(0, 0, device_title(*scene.model, device), Style::kTitle);
    canvas.put(0, at, device.mock ? " (mock)" : device.remote ? " (remote)" : "", Style::kDim);
    const Canvas charts = canvas.rows(1, canvas.height() - 2);
    // A metric that was never known takes the line that says so.
    std::array<bool, kMetrics> known{};
    size_t shown = 0;
    for (const Metric metric : {Metric::kTemperature, Metric::kClock, Metric::kPower}) {
        known[static_cast<size_t>(metric)] = scene.samples->has(key_of(device), metric);
        shown += known[static_cast<size_t>(metric)] ? 1 : 0;
    }
    const size_t fixed = 3 - shown;
    const size_t room = charts.height() - fixed;
    const size_t each = shown == 0 ? 0 : std::max<size_t>(3, room * 6 / 10 / shown);
    const size_t memory = room - shown * each;
    draw_memory_chart(scene, charts.rows(0, memory), device);
    size_t row = memory;
    for (const Metric metric : {Metric::kTemperature, Metric::kClock, Metric::kPower}) {
        const size_t height = known[static_cast<size_t>(metric)] ? each : 1;
        draw_metric_chart(scene, charts.rows(row, height), device, metric);
        row += height;
    }
    draw_times(scene, canvas.part(canvas.height() - 1, kAxisWidth, 1, canvas.width() - kAxisWidth));
}

void draw_strips(const Scene& scene, const Canvas& canvas, const std::vector<api::DeviceIndex>& devices, Frame& frame) {
    constexpr size_t kLabel = 10;
    constexpr size_t kValue = 9;
    const api::Model& model = *scene.model;
    std::vector<Metric> metrics = {Metric::kDram, Metric::kL1};
    // A metric that no device ever reported gets no strip; the others share its space.
    const auto add = [&](Metric metric) {
        if (std::any_of(devices.begin(), devices.end(), [&](api::DeviceIndex device) {
                return scene.samples->has(key_of(model.devices[device]), metric);
            })) {
            metrics.push_back(metric);
        }
    };
    if (canvas.width() >= 120) {
        add(Metric::kTemperature);
    }
    if (canvas.width() >= 190) {
        add(Metric::kClock);
        add(Metric::kPower);
    }
    const size_t panel = (canvas.width() - kLabel - 2) / metrics.size();
    const Canvas strips = canvas.rows(1, canvas.height() - 2);
    const size_t each = std::clamp<size_t>(strips.height() / devices.size(), 1, 8);
    const size_t page = strips.height() / each;
    const size_t selected = std::min(scene.state->own().position, devices.size() - 1);
    const size_t first = first_row(selected, devices.size(), page);
    for (size_t i = 0; i < metrics.size(); ++i) {
        const size_t left = kLabel + i * panel;
        canvas.put_cut(0, left, look_of(metrics[i]).name, panel - 1, look_of(metrics[i]).style);
        draw_times(scene, canvas.part(canvas.height() - 1, left, 1, panel - kValue - 1));
    }
    for (size_t i = first; i < std::min(devices.size(), first + page); ++i) {
        const api::Device& device = model.devices[devices[i]];
        const Canvas strip = strips.rows((i - first) * each, each);
        strip.put_cut(0, 0, device_name(model, device), kLabel - 1, i == selected ? Style::kSelected : Style::kTitle);
        if (each > 1) {
            strip.put_cut(1, 0, device.board.empty() ? architecture(device) : device.board, kLabel - 1, Style::kDim);
        }
        for (size_t m = 0; m < metrics.size(); ++m) {
            const size_t left = kLabel + m * panel;
            const Canvas plot = strip.part(0, left, each > 2 ? each - 1 : each, panel - kValue - 1);
            double end = 1;
            draw_curves(plot, {curve_of(scene, device, metrics[m], plot.width(), end)}, strokes_of(scene));
            mark_moment(scene, plot);
            strip.put_right(0, left + panel - kValue - 1, now_text(device, metrics[m]), kValue,
                            look_of(metrics[m]).style);
        }
        frame.hits.push_back({strip.top(), 0, kLabel, Hit::What::kRow, i});
    }
    end_list(strips, first, page, devices.size(), selected, frame);
}

}  // namespace

void draw_charts(const Scene& scene, const Canvas& canvas, Frame& frame) {
    const std::vector<api::DeviceIndex> devices = chosen_devices(*scene.model, *scene.state);
    if (devices.empty()) {
        canvas.put(0, 0, "No device is in use by a tracked process.", Style::kTitle);
    } else if (devices.size() == 1) {
        draw_one(scene, canvas, scene.model->devices[devices[0]]);
    } else {
        draw_strips(scene, canvas, devices, frame);
    }
}

}  // namespace ttmem::monitor
