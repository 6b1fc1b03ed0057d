// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/why_course.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "output/json_values.hpp"
#include "output/table.hpp"
#include "output/text.hpp"
#include "output/why_text.hpp"
#include "output/why_words.hpp"

namespace ttmem::output {

namespace {

using analysis::Category;
using analysis::Course;
using monitor::Lines;
using monitor::Style;

constexpr size_t kMostRows = 5;

// "the last 14 steps, which begin at model.py:12"
std::string steps_text(const Course& course) {
    const char* const last = course.source == analysis::CourseSource::kRecording ? "" : "last ";
    if (!course.step) {
        return std::string("the ") + last + std::to_string(course.steps) +
               " equal parts of its events (no steps were found)";
    }
    return std::string("the ") + last + std::to_string(course.steps) + " steps, which begin at " +
           monitor::printable(last_parts(*course.step));
}

std::string category_text(const Course* course, Category category) {
    switch (category) {
        case Category::kWeights:
            return "weights";
        case Category::kCaches:
            return "caches";
        case Category::kWeightsOrCaches:
            return "weights or caches: held since before the last " +
                   (course == nullptr ? std::string(monitor::kUnknown) : std::to_string(course->steps)) + " steps";
        case Category::kActivations:
            return "activations";
        case Category::kKernels:
            return "binaries of kernels";
        case Category::kUnknown:
            return "unknown: neither label nor age shows it";
    }
    return "";
}

}  // namespace

void add_categories(Lines& lines, const analysis::Why& why, size_t width) {
    if (why.categories.empty() || why.held_bytes == 0) {
        return;
    }
    const bool any_known = std::any_of(why.categories.begin(), why.categories.end(), [](const auto& sum) {
        return sum.category != Category::kUnknown && sum.category != Category::kKernels;
    });
    lines.emplace_back("");
    if (!any_known) {
        add_wrapped(lines,
                    "Which of it are weights, caches or activations is unknown: no label shows it (ttmem.label), and "
                    "no steps of the program are known (ttmem.step).",
                    width, 0, Style::kDim);
        return;
    }
    add_wrapped(lines, "By category, as far as labels and ages show it", width, 0, Style::kHeading);
    std::vector<monitor::TableRow> rows{{"BYTES", "SHARE", "BUFFERS", "CATEGORY"}};
    for (const analysis::CategorySum& sum : why.categories) {
        rows.push_back({std::to_string(sum.bytes), monitor::percent(sum.bytes, why.held_bytes),
                        std::to_string(sum.buffers), category_text(why.course ? &*why.course : nullptr, sum.category)});
    }
    monitor::add_table(lines, rows, {3}, width);
}

nlohmann::ordered_json categories_json(const analysis::Why& why) {
    if (why.categories.empty() && (!why.holders_known || why.held_bytes != 0)) {
        return nullptr;
    }
    api::Json all = api::Json::array();
    for (const analysis::CategorySum& sum : why.categories) {
        all.push_back(
            {{"category", analysis::to_string(sum.category)}, {"buffers", sum.buffers}, {"bytes", sum.bytes}});
    }
    return all;
}

void add_course(Lines& lines, const analysis::Why& why, size_t width) {
    if (!why.course) {
        return;
    }
    const Course& course = *why.course;
    lines.emplace_back("");
    const std::string source = course.source == analysis::CourseSource::kRecording ? " (from the recording)" : "";
    add_wrapped(lines, "How it came to this" + source, width, 0, Style::kHeading);
    const std::string held = why.kind ? kind_name(*why.kind) : "memory";
    if (course.rows.empty()) {
        add_wrapped(lines, "No line held more " + held + " from step to step: over " + steps_text(course) + ".", width,
                    2, Style::kPlain);
        return;
    }
    add_wrapped(lines, held + " held by a line rose over " + steps_text(course) + ":", width, 2, Style::kPlain);
    std::vector<monitor::TableRow> rows{{course.step ? "A STEP" : "A PART", "FROM", "TO", "BY"}};
    for (size_t i = 0; i < std::min(kMostRows, course.rows.size()); ++i) {
        const analysis::GrowthRow& row = course.rows[i];
        rows.push_back({monitor::human_bytes(static_cast<uint64_t>(row.bytes_per_step)),
                        monitor::human_bytes(row.first_bytes), monitor::human_bytes(row.last_bytes),
                        row.name ? monitor::printable(last_parts(*row.name)) : monitor::kUnknown});
    }
    monitor::add_table(lines, rows, {3}, width);
    if (course.rows.size() > kMostRows) {
        lines.emplace_back("  " + std::to_string(course.rows.size() - kMostRows) + " more (--json has them)",
                           Style::kDim);
    }
}

nlohmann::ordered_json course_json(const analysis::Why& why) {
    using api::Json;
    if (!why.course) {
        return nullptr;
    }
    Json rows = Json::array();
    for (const analysis::GrowthRow& row : why.course->rows) {
        rows.push_back({{"name", api::or_null(row.name)},
                        {"first_bytes", row.first_bytes},
                        {"last_bytes", row.last_bytes},
                        {"bytes_per_step", row.bytes_per_step},
                        {"certainty", row.certainty}});
    }
    return {{"source", analysis::to_string(why.course->source)},
            {"step", api::or_null(why.course->step)},
            {"steps", why.course->steps},
            {"first_step_ns", why.course->first_step_ns},
            {"last_step_ns", why.course->last_step_ns},
            {"rows", std::move(rows)}};
}

}  // namespace ttmem::output
