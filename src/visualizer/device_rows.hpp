// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "recording/reader.hpp"
#include "visualizer/tables.hpp"
#include "visualizer/words.hpp"

namespace ttmem::visualizer {

// Adds the devices of a process. What a recording does not have (cores that only dispatch) is NULL.
void add_devices(Tables& tables, const recording::RecordedProcess& process, const DeviceNumbers& numbers,
                 uint32_t rank);

}  // namespace ttmem::visualizer
