// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The state of all cards at one moment: plain data, no behaviour, safe to copy between threads.
//
// Facts come from tt-kmd's sysfs, hwmon, procfs and PCI files alone (driver sources telemetry.c, wormhole.c,
// blackhole.c, chardev.c). The device node is never opened, so nothing here wakes a card, shows in its list of users,
// or waits for its lock. Chips without a PCI function of their own (the second one of an N300) do not appear.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "telemetry/reading.hpp"

namespace ttmem::telemetry {

enum class Condition : std::uint8_t {
    kStarting,    // found, first answer outstanding
    kOk,          // the firmware answers
    kBlocked,     // a read is being held by the driver (a reset is running); values are the last ones, with their age
    kInReset,     // the driver answers ENODATA for everything: reset, not initialised again yet
    kLinkDown,    // everything reads as junk: a dead link, or a reset under a driver older than 2.9
    kNoFirmware,  // the driver is bound but the firmware published nothing when it looked
    kGone,        // not in the machine now; it was before
};

std::string_view to_string(Condition condition);

// The sensors whose smallest and largest value since the start are kept. Order is that of the flat list.
enum class Gauge : std::uint8_t {
    kTemperature,
    kPower,
    kCurrent,
    kVoltage,
    kFan,
    kAiClock,
    kAxiClock,
    kArcClock,
    kHeartbeatRate,
    kPcieSpeed,
    kPcieWidth,
    kHostToDeviceRate,
    kDeviceToHostRate,
};
inline constexpr std::size_t kGaugeCount = 13;

struct Extremes {
    std::optional<double> min;
    std::optional<double> max;
};

struct DeviceTelemetry {
    // Identity. Once learnt it is kept through resets and absences.
    std::string key;               // the same device keeps its key through renumbering: asic id, serial or PCI address
    std::optional<int> kmd_index;  // N of /dev/tenstorrent/N; null when gone
    std::optional<std::string> pci;        // "0000:01:00.0"; the last one when gone
    std::optional<std::uint64_t> asic_id;  // tt_asic_id: one chip (Blackhole since tt-kmd 2.1, Wormhole since 2.3)
    std::optional<std::uint64_t> serial;   // tt_serial: the board; the two chips of a P300 may share it
    std::optional<std::string> card_type;  // "n150", "p150a", "galaxy-wormhole", ...
    std::optional<std::string> arch;       // "wormhole", "blackhole", "grayskull"
    std::optional<int> numa_node;

    Condition condition = Condition::kStarting;
    std::optional<std::uint64_t> waiting_ns;      // how long the read in progress has waited, when kBlocked
    std::optional<std::uint64_t> last_answer_ns;  // CLOCK_MONOTONIC of the last complete answer
    std::uint32_t resets_seen = 0;                // since this program watches

    Reading<double> temperature_celsius;
    Reading<double> temperature_limit_celsius;  // where the firmware throttles
    Reading<double> power_watts;
    Reading<double> power_limit_watts;
    Reading<double> current_amperes;
    Reading<double> current_limit_amperes;
    Reading<double> voltage_volts;
    Reading<double> voltage_limit_volts;
    Reading<double> fan_rpm;
    Reading<double> ai_clock_mhz;
    Reading<double> axi_clock_mhz;
    Reading<double> arc_clock_mhz;

    Reading<std::uint64_t> heartbeat;  // the raw counter of the management firmware; starts again at a reset
    Reading<double> heartbeat_per_second;
    Reading<std::uint64_t> thermal_trips;  // since power-on; Blackhole only

    Reading<std::string> fw_bundle;
    Reading<std::string> fw_arc;
    Reading<std::string> fw_eth;
    Reading<std::string> fw_m3_app;
    Reading<std::string> fw_m3_bootloader;
    Reading<std::string> fw_ttflash;

    Reading<double> pcie_speed_gts;
    Reading<double> pcie_max_speed_gts;
    Reading<double> pcie_width_lanes;
    Reading<double> pcie_max_width_lanes;

    // Traffic since this program first saw the device, from counters of 32 bits that wrap and that a reset zeroes.
    // `traffic_is_lower_bound`: a reset, an absence or a long wait hid some of it.
    Reading<std::uint64_t> host_to_device_bytes;
    Reading<std::uint64_t> device_to_host_bytes;
    Reading<double> host_to_device_bytes_per_second;
    Reading<double> device_to_host_bytes_per_second;
    bool traffic_is_lower_bound = false;
    std::optional<unsigned> flit_bytes;  // the multiplier that was used; see Options::flit_bytes_*

    // Processes that have the device node open, each once, ascending. Unknown before tt-kmd 2.5.
    Reading<std::vector<int>> open_pids;
    Reading<std::uint64_t> hidden_opens;  // open descriptors of processes outside our pid namespace
    // tt-kmd 2.5 and 2.6 give the pid as the opener sees it, which inside a container is not the reader's.
    bool pids_in_opener_namespace = false;

    std::array<Extremes, kGaugeCount> extremes;
};

struct Snapshot {
    std::uint64_t taken_at_ns = 0;         // CLOCK_MONOTONIC; ages are against this
    Reading<std::string> driver_version;   // tt-kmd, "2.10.0"; kGone when it was loaded and is not any more
    std::vector<DeviceTelemetry> devices;  // present ones by kmd index, then the gone ones by key
};

// A line of the list of all sensors. Numbers are in the unit named; texts (firmware versions) have unit "".
struct Sensor {
    std::string_view name;  // stable, lower case with underscores; static storage
    std::string_view unit;  // "C", "W", "A", "V", "RPM", "MHz", "1/s", "GT/s", "lanes", "B", "B/s", "count" or ""
    State state = State::kUnknown;
    std::optional<double> value;
    std::optional<std::string> text;
    std::optional<std::uint64_t> age_ns;
    std::optional<double> limit;
    std::optional<double> min;  // since this program first saw the device
    std::optional<double> max;
};

// Every sensor of a device in a fixed order, the unknown ones included.
std::vector<Sensor> list_sensors(const DeviceTelemetry& device, std::uint64_t now_ns);

// PCIe generation of a lane speed (2.5 GT/s is 1, 64 is 6); nothing for a speed that no generation has.
std::optional<int> pcie_generation(double speed_gts);

}  // namespace ttmem::telemetry
