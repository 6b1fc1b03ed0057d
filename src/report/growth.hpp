// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The bytes held by each origin as the steps of a recorded program began (analysis/growth.hpp). Not thread safe.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "analysis/growth.hpp"
#include "recording/moment.hpp"
#include "report/course.hpp"

namespace ttmem::report {

class GrowthPass {
public:
    explicit GrowthPass(const CourseOptions& options);

    // Before the event is applied.
    void before(const recording::Event& event);
    void came(const recording::Held& held);
    void went(const recording::Held& held);
    // Replaces the known live buffers: at the beginning, or after lost events.
    void reset(const recording::Moment& moment);

    Growth result(size_t process, Names& names, inventory::GroupBy by) const;

private:
    bool is_counted(const recording::Held& held) const;
    size_t series_of(const recording::Held& held);

    const CourseOptions& options_;
    const bool marked_;  // steps are those that the program marked
    uint64_t events_ = 0;
    analysis::StepSeries series_;
    std::unordered_map<Origin, size_t, OriginHash> numbers_;
    std::vector<Origin> origins_;
};

}  // namespace ttmem::report
