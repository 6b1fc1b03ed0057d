// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "model/model.hpp"

namespace ttmem::api {

// A sensor of a device's card. Nothing unless its value is known and fresh.
inline const Sensor* fresh_sensor(const Device& device, std::string_view name) {
    const Sensor* found = device.telemetry ? device.telemetry->find(name) : nullptr;
    return found != nullptr && found->known() && found->value ? found : nullptr;
}

}  // namespace ttmem::api
