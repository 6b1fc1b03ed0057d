// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Growth from step to step: the bytes that numbered series hold as the steps of a program begin, and which of them
// rise. Steps are those that the program marks, or begin at a place that allocates in each of them. Pure; not thread
// safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/id_table.hpp"

namespace ttmem::analysis {

inline constexpr uint64_t kFewestSteps = 8;   // fewer say nothing about growth
inline constexpr uint64_t kPartsOfARun = 64;  // of a run without steps
inline constexpr double kLeastCertainty = 0.99;

// The bytes of a name at the beginnings of a program's steps, where they rise.
struct GrowthRow {
    std::optional<std::string> name;
    uint64_t first_bytes = 0;   // at the first of the steps that were compared
    uint64_t last_bytes = 0;    // at the last one
    double bytes_per_step = 0;  // slope of the line through all of them
    double certainty = 0;  // that it rises at all: 1 minus the probability of such an order by chance (Mann-Kendall)
};

// Certainty that a series rises: 1 minus the one-sided p-value of the Mann-Kendall test. 0 of fewer than four values.
double certainty_of_rise(const std::vector<uint64_t>& values);

// Finds the context that a step of the program begins with, from all allocations.
class Beats {
public:
    // The `at`th allocation of all is one of the context. (Not the `at`th event: a program may end with many frees.)
    void note(uint32_t context, uint64_t at);
    // A buffer that the context allocated has gone.
    void note_free(uint32_t context);
    // The context that allocated most rarely, but often enough, of those that did so in the first quarter of the run and in
    // the last one and most of whose buffers have gone (a leak is rarer than the step that it happens in); the earliest of
    // several. Absent: none.
    struct Beat {
        uint32_t context = 0;
        uint64_t count = 0;
    };
    std::optional<Beat> beat(uint64_t allocations) const;

private:
    struct Seen {
        uint32_t context = 0;
        uint64_t count = 0;
        uint64_t freed = 0;
        uint64_t first = 0;
        uint64_t last = 0;
    };
    IdTable<Seen> seen_;
};

// The bytes of each series as steps began. Memory: a number for each series and sampled step at which its bytes had
// changed; at most 128 steps are sampled, at equal distances.
class StepSeries {
public:
    // `steps`: how many there will be.
    explicit StepSeries(uint64_t steps);

    // A buffer of the series, which is a small number of the caller's, has come or gone.
    void came(size_t series, uint64_t bytes);
    void went(size_t series, uint64_t bytes);
    void hold_nothing();  // no buffer lives
    void begin_step(uint64_t time_ns);

    uint64_t steps() const { return steps_; }
    uint64_t first_step_ns() const { return first_step_ns_; }  // 0: no step began
    uint64_t last_step_ns() const { return last_step_ns_; }

    // Of a series at each step that is compared: all sampled ones but the first quarter, in which a program builds up
    // (weights, caches). Empty: too few.
    std::vector<uint64_t> compared(size_t series) const;
    // The names that rise, the steepest first. Series of one name are added up.
    std::vector<GrowthRow> rising(const std::function<std::optional<std::string>(size_t series)>& name) const;

private:
    struct Series {
        uint64_t live = 0;
        std::vector<std::pair<uint32_t, uint64_t>> changes;  // number of a sample, what was held from it on
    };
    Series& of(size_t series);

    uint64_t stride_ = 1;  // steps from one sample to the next
    uint64_t steps_ = 0;
    uint32_t samples_ = 0;
    uint64_t first_step_ns_ = 0;
    uint64_t last_step_ns_ = 0;
    std::vector<Series> series_;
};

}  // namespace ttmem::analysis
