// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "monitor/data/past.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "analysis/usage.hpp"
#include "monitor/state.hpp"

namespace ttmem::monitor {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

bool is_same(const history::KnownDevice& past, const api::Device& now) {
    if (past.mock != now.mock) {
        return false;
    }
    if (past.unique_id && now.unique_id && !now.mock) {
        return *past.unique_id == *now.unique_id;
    }
    if (!past.pci.empty() && now.pci) {
        return past.pci == *now.pci;
    }
    return past.id && now.id && *past.id == *now.id && past.arch == now.arch;
}

void add_point(const std::string& key, const api::Device& device, const history::Point& point, Samples& samples) {
    const auto add = [&](Metric metric, const api::Bytes& used, const api::Bytes& whole) {
        if (used && whole && *whole > 0) {
            const double share = static_cast<double>(*used) / static_cast<double>(*whole);
            samples.add_past(key, metric, point.time_ns, share);
        }
    };
    const api::Bytes& l1 = point.bytes[api::MemoryKind::kL1];
    add(Metric::kDram, point.bytes[api::MemoryKind::kDram],
        analysis::capacity_of(device.memory[api::MemoryKind::kDram]));
    add(Metric::kL1, l1 ? api::Bytes(*l1 + point.circular_buffer_bytes.value_or(0)) : l1,
        analysis::capacity_of(device.memory[api::MemoryKind::kL1]));
}

// nullptr when the device is not there now.
const api::Device* device_now(const history::KnownDevice& past, const api::Model& model) {
    const auto found = std::find_if(model.devices.begin(), model.devices.end(),
                                    [&](const api::Device& now) { return is_same(past, now); });
    return found == model.devices.end() ? nullptr : &*found;
}

}  // namespace

void add_past(const history::Answer& past, const api::Model& model, Samples& samples) {
    for (const history::Series& series : past.series) {
        if (series.process || series.device >= past.devices.size()) {
            continue;
        }
        const api::Device* device = device_now(past.devices[series.device], model);
        if (device == nullptr) {
            continue;
        }
        const std::string key = key_of(*device);
        for (const history::Point& point : series.points) {
            add_point(key, *device, point, samples);
        }
    }
    for (const history::CardSeries& series : past.cards) {
        const api::Device* device =
            series.device < past.devices.size() ? device_now(past.devices[series.device], model) : nullptr;
        if (device == nullptr) {
            continue;
        }
        const std::string key = key_of(*device);
        for (const history::Reading& reading : series.readings) {
            // Charts show the largest of a column, and so do these.
            for (const auto& [metric, value] : {std::pair{Metric::kTemperature, reading.max_temperature_c},
                                                {Metric::kClock, reading.max_clock_mhz},
                                                {Metric::kPower, reading.max_power_w}}) {
                if (value) {
                    samples.add_past(key, metric, reading.time_ns, *value);
                }
            }
        }
    }
}

void fill_from_history(const api::Model& model, Samples& samples) {
    const std::string path = history::database_to_ask();
    if (path.empty()) {
        return;
    }
    Result<history::History> opened = history::History::open(path);
    if (!opened) {
        return;
    }
    // How far back each of the finer tiers reaches, and the past day in minutes.
    constexpr std::array<std::pair<uint64_t, history::Tier>, 3> kReaches = {
        {{900, history::Tier::kSecond}, {7200, history::Tier::kTenSeconds}, {86'400, history::Tier::kMinute}}};
    for (const auto& [seconds, tier] : kReaches) {
        history::Question question;
        question.since_ns = model.time_ns - std::min(model.time_ns, seconds * kSecond);
        question.until_ns = model.time_ns;
        question.tier = tier;
        question.processes = false;
        question.events = false;
        const Result<history::Answer> answer = opened.value().ask(question);
        if (answer) {
            add_past(answer.value(), model, samples);
        }
    }
}

}  // namespace ttmem::monitor
