// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The course of a run, for a report: growth from step to step, and how the free memory was cut up. A second pass over
// the events: the first one finds out where steps begin. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "recording/id_table.hpp"
#include "recording/reader.hpp"
#include "report/names.hpp"
#include "report/report.hpp"

namespace ttmem::report {

// Finds the context that a step of the program begins with, from all allocations. Not thread safe.
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
    recording::IdTable<Seen> seen_;
};

// The steps that a program marked itself (ttmem.step).
struct StepMarks {
    uint64_t count = 0;
    uint64_t last = 0;     // number of the last one
    uint32_t context = 0;  // its name's number, 0 none
};

struct CourseOptions {
    inventory::GroupBy by = inventory::GroupBy::kLine;
    std::optional<Beats::Beat> beat;
    StepMarks marks;      // these are the steps, if they are enough
    uint64_t events = 0;  // of the process
};
void add_course(const recording::Reader& reader, const recording::RecordedProcess& process, size_t number,
                const CourseOptions& options, Names& names, Report& report);

// Certainty that a series rises: 1 minus the one-sided p-value of the Mann-Kendall test. 0 of fewer than four values.
double certainty_of_rise(const std::vector<uint64_t>& values);

}  // namespace ttmem::report
