// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Where in a recording the picture is, for the layout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/model.hpp"
#include "monitor/data/samples.hpp"
#include "replay/courses.hpp"
#include "replay/playback.hpp"

namespace ttmem::monitor {

struct ReplayLine {
    uint64_t first_ns = 0;
    uint64_t last_ns = 0;
    uint64_t now_ns = 0;
    uint64_t events = 0;  // that have happened, of
    uint64_t all_events = 0;
    std::optional<uint64_t> step;  // of the program (ttmem.step)
    std::string said;              // what happened last; may be empty
    const std::vector<replay::Note>* notes = nullptr;
    std::map<std::string, replay::DeviceCourse> courses;  // by key of the device

    // The column of a time on a line of so many.
    size_t column_of(uint64_t time_ns, size_t width) const;
    // The largest value in each of `columns` equal parts; empty where nothing is known of the device.
    std::vector<float> series(const std::string& device, Metric metric, size_t columns) const;
};

// Of the playback's moment. `model`: one that an inventory made of it; courses are of its devices.
ReplayLine replay_line(const replay::Playback& playback, const api::Model& model);

// "12.345678 s".
std::string seconds_text(uint64_t ns);

}  // namespace ttmem::monitor
