// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "monitor/data/samples.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "analysis/usage.hpp"
#include "model/fresh_sensor.hpp"
#include "monitor/state.hpp"

namespace ttmem::monitor {
namespace {

constexpr double kShareScale = 50'000;  // up to 131 %
constexpr double kDegreeScale = 100;
constexpr double kDegreeOffset = 100;  // from -100 C to 555 C
constexpr double kWattScale = 10;
constexpr uint64_t kLongestGap = 600'000'000'000;

}  // namespace

std::optional<double> metric_of(const api::Device& device, Metric metric) {
    const auto sensor = [&](const char* name) -> std::optional<double> {
        const api::Sensor* found = api::fresh_sensor(device, name);
        return found == nullptr ? std::nullopt : found->value;
    };
    const auto share = [](const api::Bytes& part, const api::Bytes& whole) -> std::optional<double> {
        if (!part || !whole || *whole == 0) {
            return std::nullopt;
        }
        return static_cast<double>(*part) / static_cast<double>(*whole);
    };
    switch (metric) {
        case Metric::kDram:
            return share(device.memory[api::MemoryKind::kDram].allocated_bytes,
                         analysis::capacity_of(device.memory[api::MemoryKind::kDram]));
        case Metric::kL1:
            return share(analysis::l1_used(device), analysis::capacity_of(device.memory[api::MemoryKind::kL1]));
        case Metric::kTemperature:
            return sensor("asic_temperature");
        case Metric::kClock:
            return sensor("ai_clock");
        case Metric::kPower:
            return sensor("power");
    }
    return std::nullopt;
}

uint16_t Samples::pack(Metric metric, const std::optional<double>& value) {
    if (!value || !std::isfinite(*value)) {
        return kUnknown;
    }
    double scaled = *value;
    switch (metric) {
        case Metric::kDram:
        case Metric::kL1:
            scaled *= kShareScale;
            break;
        case Metric::kTemperature:
            scaled = (scaled + kDegreeOffset) * kDegreeScale;
            break;
        case Metric::kClock:
            break;
        case Metric::kPower:
            scaled *= kWattScale;
            break;
    }
    return static_cast<uint16_t>(std::clamp(scaled + 0.5, 0.0, 65534.0));
}

float Samples::unpack(Metric metric, uint16_t packed) {
    if (packed == kUnknown) {
        return std::numeric_limits<float>::quiet_NaN();
    }
    const double value = packed;
    switch (metric) {
        case Metric::kDram:
        case Metric::kL1:
            return static_cast<float>(value / kShareScale);
        case Metric::kTemperature:
            return static_cast<float>(value / kDegreeScale - kDegreeOffset);
        case Metric::kClock:
            break;
        case Metric::kPower:
            return static_cast<float>(value / kWattScale);
    }
    return static_cast<float>(value);
}

// Begins a bucket; those that were passed over are blank.
void Samples::advance(Ring& ring, const Tier& tier, uint64_t bucket) {
    if (ring.values.empty() || bucket - ring.last_bucket >= tier.slots) {
        ring.first_bucket = ring.last_bucket = bucket;
        ring.values.assign(1, kNothing);
        return;
    }
    while (ring.last_bucket < bucket) {
        const size_t slot = ring.slot_of(++ring.last_bucket, tier);
        if (slot < ring.values.size()) {
            ring.values[slot] = kNothing;
            continue;
        }
        if (ring.values.size() == ring.values.capacity()) {
            ring.values.reserve(std::min(tier.slots, ring.values.size() * 3 / 2 + 8));
        }
        ring.values.push_back(kNothing);
    }
}

// Makes room for a bucket before the first one, if it is not too long ago.
void Samples::reach_back(Ring& ring, const Tier& tier, uint64_t bucket) {
    if (!ring.values.empty() && bucket < ring.first_bucket && ring.last_bucket - bucket < tier.slots) {
        ring.values.insert(ring.values.begin(), ring.first_bucket - bucket, kNothing);
        ring.first_bucket = bucket;
    }
}

void Samples::add(const api::Model& model) {
    if (model.time_ns <= latest_ns_) {
        return;
    }
    if (latest_ns_ != 0) {
        gap_ns_ = std::min(model.time_ns - latest_ns_, kLongestGap);
    }
    latest_ns_ = model.time_ns;
    for (const api::Device& device : model.devices) {
        if (!analysis::is_shown(device)) {
            continue;
        }
        Device& rings = devices_[key_of(device)];
        Slot now{};
        for (size_t metric = 0; metric < kMetrics; ++metric) {
            now[metric] = pack(static_cast<Metric>(metric), metric_of(device, static_cast<Metric>(metric)));
        }
        for (size_t i = 0; i < kTiers.size(); ++i) {
            if (i == 0 && gap_ns_ >= kTiers[1].period_ns * 9 / 10) {
                rings[0] = {};  // nothing finer than a second comes
                continue;
            }
            const uint64_t bucket = model.time_ns / kTiers[i].period_ns;
            advance(rings[i], kTiers[i], bucket);
            Slot& slot = rings[i].values[rings[i].slot_of(bucket, kTiers[i])];
            for (size_t metric = 0; metric < kMetrics; ++metric) {
                if (now[metric] != kUnknown) {
                    slot[metric] = slot[metric] == kUnknown ? now[metric] : std::max(slot[metric], now[metric]);
                }
            }
        }
    }
}

void Samples::add_past(const std::string& device, Metric metric, uint64_t time_ns, double value) {
    const auto found = devices_.find(device);
    if (found == devices_.end()) {
        return;
    }
    for (size_t i = 1; i < kTiers.size(); ++i) {
        Ring& ring = found->second[i];
        const uint64_t bucket = time_ns / kTiers[i].period_ns;
        reach_back(ring, kTiers[i], bucket);
        if (!ring.covers(bucket, kTiers[i])) {
            continue;
        }
        uint16_t& slot = ring.values[ring.slot_of(bucket, kTiers[i])][static_cast<size_t>(metric)];
        if (slot == kUnknown) {
            slot = pack(metric, value);
        }
    }
}

bool Samples::has(const std::string& device, Metric metric) const {
    const auto found = devices_.find(device);
    if (found == devices_.end()) {
        return false;
    }
    const Ring& ring = found->second[kTiers.size() - 1];
    return std::any_of(ring.values.begin(), ring.values.end(),
                       [&](const auto& slot) { return slot[static_cast<size_t>(metric)] != kUnknown; });
}

std::vector<float> Samples::series(const std::string& device, Metric metric, uint64_t until_ns, uint32_t seconds,
                                   size_t columns) const {
    std::vector<float> values(columns, std::numeric_limits<float>::quiet_NaN());
    const auto found = devices_.find(device);
    const uint64_t span = uint64_t{seconds} * 1'000'000'000;
    if (found == devices_.end() || columns == 0 || until_ns < span) {
        return values;
    }
    size_t tier = 0;
    while (tier + 1 < kTiers.size() &&
           (found->second[tier].values.empty() || kTiers[tier].period_ns * kTiers[tier].slots < span)) {
        ++tier;
    }
    const uint64_t begin_ns = until_ns - span;
    // The largest of a column in one tier.
    const auto best_of = [&](size_t which, size_t column) {
        const Ring& ring = found->second[which];
        const uint64_t period = kTiers[which].period_ns;
        const auto value_at = [&](uint64_t bucket) {
            return ring.covers(bucket, kTiers[which])
                       ? ring.values[ring.slot_of(bucket, kTiers[which])][static_cast<size_t>(metric)]
                       : kUnknown;
        };
        const uint64_t from = (begin_ns + span / columns * column) / period;
        uint64_t to = (begin_ns + span / columns * (column + 1)) / period;
        to = column + 1 == columns ? until_ns / period : std::max(from, to == from ? to : to - 1);
        uint16_t best = kUnknown;
        for (uint64_t bucket = from; bucket <= to; ++bucket) {
            const uint16_t value = value_at(bucket);
            if (value != kUnknown) {
                best = best == kUnknown ? value : std::max(best, value);
            }
        }
        // A sample stands for the time until the next one comes; when none does, not for ever.
        const uint64_t hold = std::max(period, gap_ns_ + gap_ns_ / 2) / period;
        for (uint64_t back = 1; best == kUnknown && back <= hold && back <= from; ++back) {
            best = value_at(from - back);
        }
        return best;
    };
    for (size_t column = 0; column < columns; ++column) {
        uint16_t best = best_of(tier, column);
        // Before the finest figures begin (they had a shorter interval, and history has none) coarser ones are used.
        const uint64_t end_ns = begin_ns + span / columns * (column + 1);
        if (best == kUnknown && tier == 0 && end_ns <= found->second[0].first_bucket * kTiers[0].period_ns) {
            best = best_of(1, column);
        }
        values[column] = unpack(metric, best);
    }
    return values;
}

}  // namespace ttmem::monitor
