// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "monitor/data/replay_line.hpp"

#include <algorithm>

#include "monitor/state.hpp"

namespace ttmem::monitor {
size_t ReplayLine::column_of(uint64_t time_ns, size_t width) const {
    if (last_ns <= first_ns || time_ns <= first_ns || width == 0) {
        return 0;
    }
    const double share = static_cast<double>(time_ns - first_ns) / static_cast<double>(last_ns - first_ns);
    return std::min(static_cast<size_t>(share * static_cast<double>(width)), width - 1);
}

std::vector<float> ReplayLine::series(const std::string& device, Metric metric, size_t columns) const {
    const auto found = courses.find(device);
    if (found == courses.end() || (metric != Metric::kDram && metric != Metric::kL1)) {
        return {};
    }
    const std::vector<float>& course = found->second[metric == Metric::kDram ? 0 : 1];
    std::vector<float> values(columns);
    for (size_t column = 0; column < columns; ++column) {
        const size_t begin = column * replay::kBuckets / columns;
        const size_t end = std::max((column + 1) * replay::kBuckets / columns, begin + 1);
        for (size_t i = begin; i < std::min(end, course.size()); ++i) {
            values[column] = std::max(values[column], course[i]);
        }
    }
    return values;
}

ReplayLine replay_line(const replay::Playback& playback, const api::Model& model) {
    const replay::Timeline& timeline = playback.timeline();
    ReplayLine line;
    line.first_ns = timeline.first_ns;
    line.last_ns = timeline.last_ns;
    line.now_ns = playback.now_ns();
    line.events = playback.events();
    line.all_events = timeline.events;
    line.step = playback.program_step();
    line.said = playback.said();
    line.notes = &timeline.notes;
    const std::vector<replay::DeviceCourse> courses = replay::device_courses(playback, model);
    for (api::DeviceIndex device{0}; device < courses.size(); ++device) {
        line.courses[key_of(model.devices[device])] = courses[device];
    }
    return line;
}

std::string seconds_text(uint64_t ns) {
    const uint64_t us = ns / 1000;
    std::string fraction = std::to_string(us % 1'000'000);
    fraction.insert(0, 6 - fraction.size(), '0');
    return std::to_string(us / 1'000'000) + "." + fraction + " s";
}

}  // namespace ttmem::monitor
