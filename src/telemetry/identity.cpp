// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/identity.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

#include "telemetry/fields.hpp"
#include "telemetry/parse.hpp"

namespace ttmem::telemetry {
namespace {

std::string hex_key(const char* kind, std::uint64_t id) {
    char text[40];
    std::snprintf(text, sizeof text, "%s:%016" PRIx64, kind, id);
    return text;
}

std::uint64_t in_ns(std::chrono::milliseconds time) {
    return static_cast<std::uint64_t>(std::chrono::nanoseconds(time).count());
}

}  // namespace

std::vector<std::string> identity_keys(const std::vector<const DeviceTelemetry*>& devices) {
    const auto alone = [&devices](std::optional<std::uint64_t> DeviceTelemetry::*id, std::uint64_t value) {
        return std::count_if(devices.begin(), devices.end(),
                             [&](const DeviceTelemetry* device) { return device->*id == value; }) == 1;
    };
    std::vector<std::string> keys;
    for (const DeviceTelemetry* device : devices) {
        if (device->asic_id && alone(&DeviceTelemetry::asic_id, *device->asic_id)) {
            keys.push_back(hex_key("asic", *device->asic_id));
        } else if (device->serial && alone(&DeviceTelemetry::serial, *device->serial)) {
            keys.push_back(hex_key("serial", *device->serial));
        } else if (device->asic_id || device->serial) {
            keys.push_back(place_key(device->pci, device->kmd_index.value_or(-1)));
        } else {
            keys.emplace_back();
        }
    }
    return keys;
}

std::string place_key(const std::optional<std::string>& pci, int kmd_index) {
    return pci && !pci->empty() ? "pci:" + *pci : "node:" + std::to_string(kmd_index);
}

bool is_place_key(const std::string& key) {
    return key.starts_with("pci:") || key.starts_with("node:");
}

void grow_old(DeviceTelemetry& device, std::uint64_t now_ns, const Options& options, Look look) {
    const bool whole = look == Look::kWhole;
    const std::uint64_t soon = in_ns(options.stale_after);
    const std::uint64_t later = soon + (whole ? 0 : in_ns(options.interval) * kGlancesToAWhole);
    const std::uint64_t late = soon + in_ns(options.interval) * (whole ? kFixedPeriod : kFixedPeriodOfGlances);
    for_each_reading(device, [&](auto& reading, Field field) {
        const void* const which = &reading;
        const bool glanced = field == Field::kUsers || which == &device.temperature_celsius ||
                             which == &device.ai_clock_mhz || which == &device.power_watts;
        const bool seldom = field == Field::kFixed || field == Field::kLink;
        const std::uint64_t most = seldom ? late : glanced ? soon : later;
        if (reading.known() && *reading.age_ns(now_ns) > most) {
            reading.keep_as_stale();
        }
    });
}

void make_gone(DeviceTelemetry& device) {
    device.kmd_index.reset();
    device.waiting_ns.reset();
    device.condition = Condition::kGone;
    for_each_reading(device, [](auto& reading, Field field) {
        if (field == Field::kTotal) {
            reading.keep_as_stale();
        } else {
            reading.clear(State::kGone);
        }
    });
}

void read_driver_version(const Options& options, Reading<std::string>& version) {
    const FileText file = options.reader->read(options.sysfs_root + "/module/tenstorrent/version");
    if (file.error != 0) {
        const bool was_there = version.value || version.state == State::kGone;
        version.clear(was_there ? State::kGone : State::kUnknown);
    } else if (!parse_driver_version(file.text)) {
        version.clear(State::kImplausible);
    } else {
        version.set(std::string(trimmed(file.text)), options.now_ns());
    }
}

bool lists_opener_pids(const Reading<std::string>& driver_version) {
    const auto version = driver_version.value ? parse_driver_version(*driver_version.value) : std::nullopt;
    return version && (*version)[0] == 2 && ((*version)[1] == 5 || (*version)[1] == 6);
}

}  // namespace ttmem::telemetry
