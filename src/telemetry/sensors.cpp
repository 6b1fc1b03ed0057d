// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "telemetry/fields.hpp"
#include "telemetry/snapshot.hpp"

namespace ttmem::telemetry {
namespace {

using Device = DeviceTelemetry;

struct GaugeSpec {
    std::string_view name;
    std::string_view unit;
    Reading<double> Device::*reading;
    Reading<double> Device::*limit;  // nullptr: none is published
};

constexpr std::array<GaugeSpec, kGaugeCount> kGauges{{
    {"asic_temperature", "C", &Device::temperature_celsius, &Device::temperature_limit_celsius},
    {"power", "W", &Device::power_watts, &Device::power_limit_watts},
    {"current", "A", &Device::current_amperes, &Device::current_limit_amperes},
    {"core_voltage", "V", &Device::voltage_volts, &Device::voltage_limit_volts},
    {"fan", "RPM", &Device::fan_rpm, nullptr},
    {"ai_clock", "MHz", &Device::ai_clock_mhz, nullptr},
    {"axi_clock", "MHz", &Device::axi_clock_mhz, nullptr},
    {"arc_clock", "MHz", &Device::arc_clock_mhz, nullptr},
    {"heartbeat_rate", "1/s", &Device::heartbeat_per_second, nullptr},
    {"pcie_link_speed", "GT/s", &Device::pcie_speed_gts, &Device::pcie_max_speed_gts},
    {"pcie_link_width", "lanes", &Device::pcie_width_lanes, &Device::pcie_max_width_lanes},
    {"pcie_host_to_device_rate", "B/s", &Device::host_to_device_bytes_per_second, nullptr},
    {"pcie_device_to_host_rate", "B/s", &Device::device_to_host_bytes_per_second, nullptr},
}};

struct CountSpec {
    std::string_view name;
    std::string_view unit;
    Reading<std::uint64_t> Device::*reading;
};

constexpr std::array<CountSpec, 4> kCounts{{
    {"pcie_host_to_device_total", "B", &Device::host_to_device_bytes},
    {"pcie_device_to_host_total", "B", &Device::device_to_host_bytes},
    {"heartbeat", "count", &Device::heartbeat},
    {"thermal_trips", "count", &Device::thermal_trips},
}};

struct TextSpec {
    std::string_view name;
    Reading<std::string> Device::*reading;
};

constexpr std::array<TextSpec, 6> kTexts{{
    {"firmware_bundle", &Device::fw_bundle},
    {"firmware_arc", &Device::fw_arc},
    {"firmware_eth", &Device::fw_eth},
    {"firmware_m3_app", &Device::fw_m3_app},
    {"firmware_m3_bootloader", &Device::fw_m3_bootloader},
    {"firmware_ttflash", &Device::fw_ttflash},
}};

void include(Extremes& into, double value) {
    into.min = into.min ? std::min(*into.min, value) : value;
    into.max = into.max ? std::max(*into.max, value) : value;
}

}  // namespace

std::string_view to_string(State state) {
    switch (state) {
        case State::kUnknown:
            return "unknown";
        case State::kKnown:
            return "known";
        case State::kStale:
            return "stale";
        case State::kInReset:
            return "in_reset";
        case State::kImplausible:
            return "implausible";
        case State::kGone:
            return "gone";
    }
    return "unknown";
}

std::string_view to_string(Condition condition) {
    switch (condition) {
        case Condition::kStarting:
            return "starting";
        case Condition::kOk:
            return "ok";
        case Condition::kBlocked:
            return "blocked";
        case Condition::kInReset:
            return "in_reset";
        case Condition::kLinkDown:
            return "link_down";
        case Condition::kNoFirmware:
            return "no_firmware";
        case Condition::kGone:
            return "gone";
    }
    return "starting";
}

const Reading<double>& gauge(const DeviceTelemetry& device, Gauge which) {
    return device.*kGauges[static_cast<std::size_t>(which)].reading;
}

void widen(std::array<Extremes, kGaugeCount>& into, const DeviceTelemetry& device) {
    for (std::size_t i = 0; i < kGaugeCount; ++i) {
        const Reading<double>& reading = gauge(device, static_cast<Gauge>(i));
        if (reading.known()) {
            include(into[i], *reading.value);
        }
    }
}

void widen(std::array<Extremes, kGaugeCount>& into, const std::array<Extremes, kGaugeCount>& other) {
    for (std::size_t i = 0; i < kGaugeCount; ++i) {
        if (other[i].min && other[i].max) {
            include(into[i], *other[i].min);
            include(into[i], *other[i].max);
        }
    }
}

std::vector<Sensor> list_sensors(const DeviceTelemetry& device, std::uint64_t now_ns) {
    std::vector<Sensor> list;
    list.reserve(kGauges.size() + kCounts.size() + kTexts.size());
    for (std::size_t i = 0; i < kGaugeCount; ++i) {
        const Reading<double>& reading = device.*kGauges[i].reading;
        Sensor& sensor = list.emplace_back();
        sensor.name = kGauges[i].name;
        sensor.unit = kGauges[i].unit;
        sensor.state = reading.state;
        sensor.value = reading.value;
        sensor.age_ns = reading.age_ns(now_ns);
        if (kGauges[i].limit != nullptr) {
            sensor.limit = (device.*kGauges[i].limit).value;
        }
        sensor.min = device.extremes[i].min;
        sensor.max = device.extremes[i].max;
    }
    for (const CountSpec& spec : kCounts) {
        const Reading<std::uint64_t>& reading = device.*spec.reading;
        Sensor& sensor = list.emplace_back();
        sensor.name = spec.name;
        sensor.unit = spec.unit;
        sensor.state = reading.state;
        if (reading.value) {
            sensor.value = static_cast<double>(*reading.value);
        }
        sensor.age_ns = reading.age_ns(now_ns);
    }
    for (const TextSpec& spec : kTexts) {
        const Reading<std::string>& reading = device.*spec.reading;
        Sensor& sensor = list.emplace_back();
        sensor.name = spec.name;
        sensor.state = reading.state;
        sensor.text = reading.value;
        sensor.age_ns = reading.age_ns(now_ns);
    }
    return list;
}

std::optional<int> pcie_generation(double speed_gts) {
    constexpr std::array<double, 6> kSpeeds{2.5, 5, 8, 16, 32, 64};
    const auto found = std::find(kSpeeds.begin(), kSpeeds.end(), speed_gts);
    if (found == kSpeeds.end()) {
        return std::nullopt;
    }
    return static_cast<int>(found - kSpeeds.begin()) + 1;
}

}  // namespace ttmem::telemetry
