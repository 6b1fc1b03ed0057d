// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The bytes held over the time of a recording, of each device of a model.
#pragma once

#include <array>
#include <vector>

#include "model/model.hpp"
#include "replay/playback.hpp"

namespace ttmem::replay {

// DRAM and L1 as shares of what the allocators may hand out, in kBuckets equal parts of the recording's time; a shorter
// list: nothing was held in the parts after it.
using DeviceCourse = std::array<std::vector<float>, 2>;

// By index in Model::devices. `model`: made of this playback.
std::vector<DeviceCourse> device_courses(const Playback& playback, const api::Model& model);

}  // namespace ttmem::replay
