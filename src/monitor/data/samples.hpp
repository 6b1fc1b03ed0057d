// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The data of charts: figures of every device over time, kept by the monitor while it runs, coarser the longer ago.
// Takes room as time passes: up to 30 KiB a device after a day.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/model.hpp"

namespace ttmem::monitor {

enum class Metric : uint8_t { kDram, kL1, kTemperature, kClock, kPower };
inline constexpr size_t kMetrics = 5;

class Samples {
public:
    // The model's moment. Times never go back; one that does is left out.
    void add(const api::Model& model);

    // Adds a figure of the past, from a history: fills gaps only.
    void add_past(const std::string& device, Metric metric, uint64_t time_ns, double value);

    // `columns` values over the `seconds` before `until_ns`, the latest last; NaN where nothing is known. DRAM and L1
    // are shares of their capacity (0 to 1), others in C, MHz and W. Of several samples in a column the largest.
    std::vector<float> series(const std::string& device, Metric metric, uint64_t until_ns, uint32_t seconds,
                              size_t columns) const;

    // Ever known of the device.
    bool has(const std::string& device, Metric metric) const;

    uint64_t latest_ns() const { return latest_ns_; }

private:
    struct Tier {
        uint64_t period_ns;
        size_t slots;
    };
    static constexpr std::array<Tier, 4> kTiers = {
        {{100'000'000, 600}, {1'000'000'000, 900}, {10'000'000'000, 720}, {120'000'000'000, 720}}};
    static constexpr uint16_t kUnknown = 0xffff;

    using Slot = std::array<uint16_t, kMetrics>;
    static constexpr Slot kNothing = {kUnknown, kUnknown, kUnknown, kUnknown, kUnknown};

    // Slots of one tier, all metrics of a bucket together. From the first bucket on they are made one by one, until
    // the tier has as many as it may; each new bucket then takes the place of the oldest.
    struct Ring {
        uint64_t first_bucket = 0;
        uint64_t last_bucket = 0;  // the newest that has been begun
        std::vector<Slot> values;  // empty: none has

        bool covers(uint64_t bucket, const Tier& tier) const {
            return !values.empty() && bucket >= first_bucket && bucket <= last_bucket &&
                   last_bucket - bucket < tier.slots;
        }
        size_t slot_of(uint64_t bucket, const Tier& tier) const { return (bucket - first_bucket) % tier.slots; }
    };
    using Device = std::array<Ring, kTiers.size()>;

    static uint16_t pack(Metric metric, const std::optional<double>& value);
    static float unpack(Metric metric, uint16_t packed);
    static void advance(Ring& ring, const Tier& tier, uint64_t bucket);
    static void reach_back(Ring& ring, const Tier& tier, uint64_t bucket);

    std::map<std::string, Device> devices_;
    uint64_t latest_ns_ = 0;
    uint64_t gap_ns_ = 1'000'000'000;  // between the last two models: a sample is valid for so long after its time
};

// The present value of a metric on a device; absent when it is not known or stale.
std::optional<double> metric_of(const api::Device& device, Metric metric);

}  // namespace ttmem::monitor
