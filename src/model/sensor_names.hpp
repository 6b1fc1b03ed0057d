// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Every sensor that a card can have, by the names and units of api::Sensor, in their order: for outputs that name a
// sensor before a card was read. A test of inventory/cards.cpp compares them with the telemetry's own list.
#pragma once

#include <array>
#include <string_view>

namespace ttmem::api {

struct SensorName {
    std::string_view name;
    std::string_view unit;  // empty: its value is a text
};

inline constexpr std::array<SensorName, 23> kSensorNames = {{
    {"asic_temperature", "C"},
    {"power", "W"},
    {"current", "A"},
    {"core_voltage", "V"},
    {"fan", "RPM"},
    {"ai_clock", "MHz"},
    {"axi_clock", "MHz"},
    {"arc_clock", "MHz"},
    {"heartbeat_rate", "1/s"},
    {"pcie_link_speed", "GT/s"},
    {"pcie_link_width", "lanes"},
    {"pcie_host_to_device_rate", "B/s"},
    {"pcie_device_to_host_rate", "B/s"},
    {"pcie_host_to_device_total", "B"},
    {"pcie_device_to_host_total", "B"},
    {"heartbeat", "count"},
    {"thermal_trips", "count"},
    {"firmware_bundle", ""},
    {"firmware_arc", ""},
    {"firmware_eth", ""},
    {"firmware_m3_app", ""},
    {"firmware_m3_bootloader", ""},
    {"firmware_ttflash", ""},
}};

}  // namespace ttmem::api
