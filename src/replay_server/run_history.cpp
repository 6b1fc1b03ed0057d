// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "replay_server/run_history.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/saturate.hpp"
#include "history/query.hpp"
#include "inventory/ledger_names.hpp"
#include "output/history_text.hpp"

namespace ttmem::replay_server {
namespace {

using recording::ProcessFacts;
using replay::Course;

bool is_same(const history::KnownDevice& known, const ledger::Device& device) {
    if (known.mock != device.mock) {
        return false;
    }
    if (known.unique_id && device.unique_id) {
        return known.unique_id == device.unique_id;
    }
    return known.id == device.logical_id;
}

// Builds the answer from the courses of accounts.
class Maker {
public:
    Maker(const replay::Playback& playback, const RunQuestion& question)
        : playback_(playback), timeline_(playback.timeline()), question_(question) {
        const size_t most = std::clamp<size_t>(question.most_points, 1, replay::kBuckets);
        together_ = (replay::kBuckets + most - 1) / most;
    }

    nlohmann::ordered_json run() {
        name_processes();
        for (const Course& course : timeline_.courses) {
            if (const auto& facts = playback_.reader().processes()[course.process].facts;
                facts && course.allocator < facts->allocators.size()) {
                add(*facts, course);
            }
        }
        std::stable_sort(answer_.series.begin(), answer_.series.end(), [](const auto& a, const auto& b) {
            return std::pair(a.device, a.process) < std::pair(b.device, b.process);
        });
        nlohmann::ordered_json json = history::to_json(answer_);
        json["seconds_per_point"] = static_cast<double>(timeline_.last_ns - timeline_.first_ns) * 1e-9 /
                                    replay::kBuckets * static_cast<double>(together_);
        return json;
    }

private:
    void name_processes() {
        for (const recording::RecordedProcess& process : playback_.reader().processes()) {
            history::KnownProcess& known = answer_.processes.emplace_back();
            known.source = "ledger";
            if (process.facts) {
                known.pid = static_cast<int>(process.facts->pid);
                known.command = process.facts->name;
                known.start_time_ns = process.facts->start_time_ns;
            }
            if (!process.events.empty()) {
                known.first_seen_ns = process.events.front().head.first_ns;
                known.last_seen_ns = process.events.back().head.last_ns;
            }
            const bool lives = !process.end || process.end->ending == recording::Ending::kFollowed;
            known.state = lives ? "live" : process.end->ending == recording::Ending::kDied ? "died" : "exited";
        }
    }

    size_t place_of(const ledger::Device& device) {
        const auto found = std::find_if(answer_.devices.begin(), answer_.devices.end(),
                                        [&](const auto& known) { return is_same(known, device); });
        if (found != answer_.devices.end()) {
            return static_cast<size_t>(found - answer_.devices.begin());
        }
        history::KnownDevice& known = answer_.devices.emplace_back();
        known.id = device.logical_id;
        known.unique_id = device.unique_id;
        known.pci = device.pci;
        known.arch = inventory::arch_name(device.arch);
        known.board = device.board;
        known.mock = device.mock;
        known.first_seen_ns = timeline_.first_ns;
        known.last_seen_ns = timeline_.last_ns;
        return answer_.devices.size() - 1;
    }

    // nullptr: there are as many as may be.
    history::Series* series_of(size_t device, std::optional<size_t> process) {
        const auto found = std::find_if(answer_.series.begin(), answer_.series.end(), [&](const auto& series) {
            return series.device == device && series.process == process;
        });
        if (found != answer_.series.end()) {
            return &*found;
        }
        if (answer_.series.size() >= kMostSeries) {
            return nullptr;
        }
        history::Series& series = answer_.series.emplace_back();
        series.device = device;
        series.process = process;
        for (size_t bucket = 0; bucket < replay::kBuckets; bucket += together_) {
            series.points.emplace_back().time_ns =
                bucket == 0 ? timeline_.first_ns : timeline_.bucket_end_ns(bucket - 1);
        }
        return &series;
    }

    void add(const ProcessFacts& facts, const Course& course) {
        for (const uint32_t local : facts.allocators[course.allocator].devices) {
            if (local >= facts.devices.size() ||
                (question_.device && facts.devices[local].logical_id != *question_.device)) {
                continue;
            }
            const size_t device = place_of(facts.devices[local]);
            raise(series_of(device, std::nullopt), course);
            if (question_.processes && question_.device) {
                raise(series_of(device, course.process), course);
            }
        }
    }

    void raise(history::Series* series, const Course& course) {
        for (size_t point = 0; series != nullptr && point < series->points.size(); ++point) {
            uint64_t most = 0;
            const size_t end = std::min((point + 1) * together_, course.bytes.size());
            for (size_t bucket = point * together_; bucket < end; ++bucket) {
                most = std::max(most, course.bytes[bucket]);
            }
            api::Bytes& bytes = series->points[point].bytes[course.kind];
            bytes = saturating_sum(bytes.value_or(0), most);
            series->points[point].max_bytes[course.kind] = bytes;
        }
    }

    const replay::Playback& playback_;
    const replay::Timeline& timeline_;
    const RunQuestion& question_;
    size_t together_ = 1;  // of the timeline's buckets in a point
    history::Answer answer_;
};

}  // namespace

nlohmann::ordered_json run_history(const replay::Playback& playback, const RunQuestion& question) {
    return Maker(playback, question).run();
}

}  // namespace ttmem::replay_server
