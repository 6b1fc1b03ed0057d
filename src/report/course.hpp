// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The course of a run, for a report: growth from step to step, and how the free memory was cut up. A second pass over
// the events: the first one finds out where steps begin. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "analysis/growth.hpp"
#include "recording/reader.hpp"
#include "report/names.hpp"
#include "report/report.hpp"

namespace ttmem::report {

// The steps that a program marked itself (ttmem.step).
struct StepMarks {
    uint64_t count = 0;
    uint64_t last = 0;     // number of the last one
    uint32_t context = 0;  // its name's number, 0 none
};

struct CourseOptions {
    inventory::GroupBy by = inventory::GroupBy::kLine;
    std::optional<analysis::Beats::Beat> beat;
    StepMarks marks;      // these are the steps, if they are enough
    uint64_t events = 0;  // of the process
    // Growth of this memory alone; absent: of all.
    struct Memory {
        std::optional<uint32_t> allocator;  // number in the process; absent: all of them
        uint8_t account = 0;
    };
    std::optional<Memory> memory = std::nullopt;
    uint64_t until_ns = UINT64_MAX;  // steps that begin later are left out of growth
};
void add_course(const recording::Reader& reader, const recording::RecordedProcess& process, size_t number,
                const CourseOptions& options, Names& names, Report& report);

}  // namespace ttmem::report
