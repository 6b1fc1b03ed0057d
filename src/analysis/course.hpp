// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The course of a program up to a moment, from its latest events and from what lived after them: its steps, and which
// lines held more from step to step. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/growth.hpp"

namespace ttmem::analysis {

enum class CourseSource : uint8_t { kEventRings, kRecording };
std::string_view to_string(CourseSource source);

struct Course {
    CourseSource source = CourseSource::kEventRings;
    // Where a step begins: "ttmem.step()", or the line of an allocation that comes once in each. Absent: no steps were
    // found, and `steps` are equal parts of the events.
    std::optional<std::string> step;
    uint64_t steps = 0;
    uint64_t first_step_ns = 0;  // 0: no step began
    uint64_t last_step_ns = 0;
    std::vector<GrowthRow> rows;  // the steepest first
};

struct CourseEvent {
    enum class Type : uint8_t { kAllocate, kFree, kMark, kOther };
    Type type = Type::kOther;
    uint64_t time_ns = 0;
    uint64_t id = 0;       // of the buffer
    uint64_t bytes = 0;    // that it takes on each of its devices; of a free, too
    uint32_t context = 0;  // of an allocation or a mark; 0 unknown
    bool takes_memory = false;
    bool counted = false;  // of the memory whose growth is asked for
};

// A counted buffer that lived after the last of the events.
struct CourseBuffer {
    uint64_t id = 0;
    uint64_t bytes = 0;
    uint32_t context = 0;
};

// `events`: in their order, of all memory; `until_ns`: steps that begin later are left out, though the events after it
// say what lived before. A row is given only if it rose by more than what buffers of unknown origin gave back
// meanwhile: those were allocated before the events, on a line that may be the row's. nullopt: fewer steps than say
// something, or equal parts in which nothing rises.
std::optional<Course> course_of(const std::vector<CourseEvent>& events, const std::vector<CourseBuffer>& held,
                                uint64_t until_ns,
                                const std::function<std::optional<std::string>(uint32_t context)>& line_of);

}  // namespace ttmem::analysis
