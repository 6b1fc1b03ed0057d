// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Every Reading of a DeviceTelemetry by kind, for loops over all of them. Internal to this part.
#pragma once

#include "telemetry/snapshot.hpp"

namespace ttmem::telemetry {

enum class Field : std::uint8_t {
    kMoving,  // firmware's, read each time
    kFixed,   // firmware's, read now and then: limits and versions
    kLink,    // PCI's, read now and then
    kTotal,   // sums that this program keeps
    kUsers,   // from procfs, each time
};

// Calls visit(reading, field) for each Reading.
template <typename Device, typename Visit>
void for_each_reading(Device& d, Visit&& visit) {
    visit(d.temperature_celsius, Field::kMoving);
    visit(d.temperature_limit_celsius, Field::kFixed);
    visit(d.power_watts, Field::kMoving);
    visit(d.power_limit_watts, Field::kFixed);
    visit(d.current_amperes, Field::kMoving);
    visit(d.current_limit_amperes, Field::kFixed);
    visit(d.voltage_volts, Field::kMoving);
    visit(d.voltage_limit_volts, Field::kFixed);
    visit(d.fan_rpm, Field::kMoving);
    visit(d.ai_clock_mhz, Field::kMoving);
    visit(d.axi_clock_mhz, Field::kMoving);
    visit(d.arc_clock_mhz, Field::kMoving);
    visit(d.heartbeat, Field::kMoving);
    visit(d.heartbeat_per_second, Field::kMoving);
    visit(d.thermal_trips, Field::kMoving);
    visit(d.fw_bundle, Field::kFixed);
    visit(d.fw_arc, Field::kFixed);
    visit(d.fw_eth, Field::kFixed);
    visit(d.fw_m3_app, Field::kFixed);
    visit(d.fw_m3_bootloader, Field::kFixed);
    visit(d.fw_ttflash, Field::kFixed);
    visit(d.pcie_speed_gts, Field::kLink);
    visit(d.pcie_max_speed_gts, Field::kLink);
    visit(d.pcie_width_lanes, Field::kLink);
    visit(d.pcie_max_width_lanes, Field::kLink);
    visit(d.host_to_device_bytes, Field::kTotal);
    visit(d.device_to_host_bytes, Field::kTotal);
    visit(d.host_to_device_bytes_per_second, Field::kMoving);
    visit(d.device_to_host_bytes_per_second, Field::kMoving);
    visit(d.open_pids, Field::kUsers);
    visit(d.hidden_opens, Field::kUsers);
}

// The reading that a gauge shows.
const Reading<double>& gauge(const DeviceTelemetry& device, Gauge which);

// Widens `into` by the known gauges of `device`, and by another set of extremes.
void widen(std::array<Extremes, kGaugeCount>& into, const DeviceTelemetry& device);
void widen(std::array<Extremes, kGaugeCount>& into, const std::array<Extremes, kGaugeCount>& other);

}  // namespace ttmem::telemetry
