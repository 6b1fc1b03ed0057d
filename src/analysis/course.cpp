// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/course.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace ttmem::analysis {

namespace {

using Type = CourseEvent::Type;

// How steps begin.
struct Steps {
    bool marked = false;
    std::optional<Beats::Beat> beat;
    uint64_t part = 0;  // events of an equal part; 0: there are steps
    uint64_t count = 0;
    uint32_t context = 0;
};

Steps find_steps(const std::vector<CourseEvent>& events) {
    Steps steps;
    Beats beats;
    std::unordered_map<uint64_t, uint32_t> context_of;  // of live buffers
    uint64_t marks = 0, allocations = 0;
    for (const CourseEvent& event : events) {
        if (event.type == Type::kMark) {
            ++marks;
            steps.context = event.context;
        } else if (event.type == Type::kAllocate && event.takes_memory) {
            beats.note(event.context, ++allocations);
            context_of[event.id] = event.context;
        } else if (event.type == Type::kFree) {
            if (const auto found = context_of.find(event.id); found != context_of.end()) {
                beats.note_free(found->second);
                context_of.erase(found);
            }
        }
    }
    steps.marked = marks >= kFewestSteps;
    if (steps.marked) {
        steps.count = marks;
    } else if ((steps.beat = beats.beat(allocations))) {
        steps.count = steps.beat->count;
        steps.context = steps.beat->context;
    } else {
        steps.count = kPartsOfARun;
        steps.part = std::max<uint64_t>(1, (events.size() + kPartsOfARun - 1) / kPartsOfARun);
    }
    return steps;
}

class Pass {
public:
    explicit Pass(const Steps& steps) : steps_(steps), series_(steps.count) {}

    // The buffers that lived before the first event.
    void begin(const std::vector<CourseEvent>& events, const std::vector<CourseBuffer>& held);
    void take(const CourseEvent& event, size_t number, bool may_begin);

    const StepSeries& series() const { return series_; }
    std::vector<GrowthRow> rows(const std::function<std::optional<std::string>(uint32_t)>& line_of) const;

private:
    struct Origin {
        size_t series = 0;
        uint64_t bytes = 0;
    };
    static constexpr size_t kUnknown =
        0;  // the series of buffers that were allocated before the events and freed in them

    size_t series_of(uint32_t context) {
        const auto [found, is_new] = numbers_.try_emplace(context, contexts_.size());
        if (is_new) {
            contexts_.push_back(context);
        }
        return found->second;
    }
    void came(uint64_t id, size_t series, uint64_t bytes) {
        live_[id] = {series, bytes};
        series_.came(series, bytes);
    }

    const Steps& steps_;
    StepSeries series_;
    std::vector<uint32_t> contexts_{0};  // by series
    std::unordered_map<uint32_t, size_t> numbers_;
    std::unordered_map<uint64_t, Origin> live_;  // by id
};

void Pass::begin(const std::vector<CourseEvent>& events, const std::vector<CourseBuffer>& held) {
    std::unordered_set<uint64_t> allocated;
    for (const CourseEvent& event : events) {
        if (event.type == Type::kAllocate) {
            allocated.insert(event.id);
        } else if (event.type == Type::kFree && event.counted && !allocated.contains(event.id)) {
            came(event.id, kUnknown, event.bytes);
        }
    }
    for (const CourseBuffer& buffer : held) {
        if (!allocated.contains(buffer.id) && !live_.contains(buffer.id)) {
            came(buffer.id, series_of(buffer.context), buffer.bytes);
        }
    }
}

void Pass::take(const CourseEvent& event, size_t number, bool may_begin) {
    const bool begins =
        steps_.marked ? event.type == Type::kMark
        : steps_.beat ? event.type == Type::kAllocate && event.takes_memory && event.context == steps_.beat->context
                      : number % steps_.part == 0;
    if (begins && may_begin) {
        series_.begin_step(event.time_ns);
    }
    if (event.type == Type::kAllocate && event.counted) {
        came(event.id, series_of(event.context), event.bytes);
    } else if (event.type == Type::kFree) {
        if (const auto found = live_.find(event.id); found != live_.end()) {
            series_.went(found->second.series, found->second.bytes);
            live_.erase(found);
        }
    }
}

std::vector<GrowthRow> Pass::rows(const std::function<std::optional<std::string>(uint32_t)>& line_of) const {
    std::vector<GrowthRow> rows =
        series_.rising([&](size_t series) { return series == kUnknown ? std::nullopt : line_of(contexts_[series]); });
    const std::vector<uint64_t> unknown = series_.compared(kUnknown);
    const uint64_t given_back = unknown.empty() ? 0 : unknown.front() - std::min(unknown.front(), unknown.back());
    std::erase_if(rows, [given_back](const GrowthRow& row) { return row.last_bytes <= row.first_bytes + given_back; });
    return rows;
}

}  // namespace

std::string_view to_string(CourseSource source) {
    return source == CourseSource::kRecording ? "recording" : "event_rings";
}

std::optional<Course> course_of(const std::vector<CourseEvent>& events, const std::vector<CourseBuffer>& held,
                                uint64_t until_ns, const std::function<std::optional<std::string>(uint32_t)>& line_of) {
    const Steps steps = find_steps(events);
    if (steps.part != 0 && events.size() < kPartsOfARun) {
        return std::nullopt;
    }
    Pass pass(steps);
    pass.begin(events, held);
    for (size_t number = 0; number < events.size(); ++number) {
        pass.take(events[number], number, events[number].time_ns <= until_ns);
    }
    if (pass.series().compared(0).empty()) {
        return std::nullopt;
    }
    Course course;
    course.steps = pass.series().steps();
    course.first_step_ns = pass.series().first_step_ns();
    course.last_step_ns = pass.series().last_step_ns();
    if (steps.part == 0) {
        const std::optional<std::string> line = line_of(steps.context);
        course.step = !steps.marked ? line.value_or("(unknown place)")
                      : line        ? "ttmem.step(\"" + *line + "\")"
                                    : "ttmem.step()";
    }
    course.rows = pass.rows(line_of);
    return course.step || !course.rows.empty() ? std::optional(std::move(course)) : std::nullopt;
}

}  // namespace ttmem::analysis
