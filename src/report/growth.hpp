// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The bytes held by each origin as the steps of a program began. Memory: a number for each origin and sampled step at
// which its bytes had changed; at most 128 steps are sampled, at equal distances. Not thread safe.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/saturate.hpp"
#include "recording/moment.hpp"
#include "report/course.hpp"

namespace ttmem::report {

class GrowthPass {
public:
    explicit GrowthPass(const CourseOptions& options);

    // Before the event is applied.
    void before(const recording::Event& event);
    void came(const recording::Held& held) { saturating_add(of(held).live, held.bytes); }
    void went(const recording::Held& held);
    // Replaces the known live buffers: at the beginning, or after lost events.
    void reset(const recording::Moment& moment);

    Growth result(size_t process, Names& names, inventory::GroupBy by) const;

private:
    struct Series {
        uint64_t live = 0;
        std::vector<std::pair<uint32_t, uint64_t>> changes;  // number of a sample, what was held from it on
    };
    Series& of(const recording::Held& held) { return series_[origin_of(held)]; }
    void sample();

    const CourseOptions& options_;
    const bool marked_;    // steps are those that the program marked
    uint64_t stride_ = 1;  // steps from one sample to the next
    uint64_t events_ = 0;
    uint64_t steps_ = 0;
    uint32_t samples_ = 0;
    std::unordered_map<Origin, Series, OriginHash> series_;
};

}  // namespace ttmem::report
