// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Reads one device's files and says what they mean. Internal to this part.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "telemetry/meters.hpp"
#include "telemetry/options.hpp"
#include "telemetry/scan.hpp"
#include "telemetry/snapshot.hpp"

namespace ttmem::telemetry {

// Reads a node, for the life of that node. Every call may block for as long as the driver wants. Not thread safe.
// The DeviceTelemetry given is the previous answer and is brought up to date; key, waiting_ns and extremes are the
// caller's.
class Probe {
public:
    Probe(Node node, const Options& options);

    // PCI and procfs: not held up by a reset.
    void read_open_part(DeviceTelemetry& device, Look look = Look::kWhole);
    // The firmware's values: the driver holds these reads while a reset runs.
    void read_held_part(DeviceTelemetry& device, Look look = Look::kWhole);

private:
    // How the firmware's files answered in one pass.
    struct Tally {
        unsigned good = 0;
        unsigned junk = 0;
        unsigned nodata = 0;
        unsigned missing = 0;
        unsigned gone = 0;
        unsigned other = 0;
    };
    // A file that is read in every pass.
    struct Watched {
        std::string path;
        KeptFile kept;
        bool absent = false;  // was not there; asked again when limits and versions are
    };
    enum File : std::size_t {
        kAsicId,
        kSerial,
        kAiClock,
        kAxiClock,
        kArcClock,
        kThermalTrips,
        kHeartbeat,
        kTemperature,  // from here on in the hwmon directory
        kVoltage,
        kCurrent,
        kPower,
        kFan,
        kFiles,
    };
    // An identity is adopted at once when there is none, and replaced only by an answer that repeats itself: after a
    // reset the driver may read a tag's old place for a while and give digits that mean something else.
    struct Identity {
        std::uint64_t candidate = 0;
        unsigned seen = 0;
    };

    template <typename T, typename Parse>
    void settle(Reading<T>& reading, const FileText& file, Parse parse);
    template <typename T, typename Parse>
    void settle(Reading<T>& reading, const std::string& path, Parse parse);
    template <typename T, typename Parse>
    void settle(Reading<T>& reading, File file, Parse parse);
    FileText reread(Watched& file);
    void learn(std::optional<std::uint64_t>& id, Identity& state, File file);
    void find_hwmon();
    void read_hwmon(DeviceTelemetry& device);
    bool is_calm(const DeviceTelemetry& device, Look look) const;
    bool glance(DeviceTelemetry& device);
    void read_moving(DeviceTelemetry& device);
    void read_fixed(DeviceTelemetry& device);
    bool follow_heart(DeviceTelemetry& device, bool answers);
    void read_counters(DeviceTelemetry& device, bool firmware_restarted);
    unsigned counter_period(const DeviceTelemetry& device) const;
    Condition judge(Condition before) const;

    Node node_;
    Options options_;
    std::string hwmon_;  // directory, empty when there is none
    std::array<Watched, kFiles> files_;
    std::array<Watched, kCounters> counters_;
    Watched pids_;
    Tally tally_;
    Identity asic_;
    Identity serial_;
    HeartbeatMeter heart_;
    std::optional<TrafficMeter> traffic_;
    // Passes since each was read last.
    static constexpr unsigned kNever = 1'000'000;
    unsigned since_fixed_ = kNever;
    unsigned since_link_ = kNever;
    unsigned since_whole_ = kNever;
    unsigned since_counters_ = kNever;
};

}  // namespace ttmem::telemetry
