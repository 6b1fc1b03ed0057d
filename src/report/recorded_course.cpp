// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "report/recorded_course.hpp"

#include <utility>

#include "inventory/holdings.hpp"
#include "recording/replay.hpp"
#include "report/growth.hpp"
#include "report/names.hpp"

namespace ttmem::report {

namespace {

// Where its steps begin, from the events until then: as a program ends, it frees what it leaked.
CourseOptions find_steps(const recording::Reader& reader, const recording::RecordedProcess& process,
                         uint64_t until_ns) {
    CourseOptions options;
    analysis::Beats beats;
    uint64_t allocations = 0;
    recording::Visitor visitor;
    visitor.on_event = [&](recording::Moment& moment, const recording::Event& event) {
        if (event.time_ns > until_ns) {
            return;
        }
        ++options.events;
        recording::Held freed;
        const recording::Change change = moment.apply(event, &freed);
        if (change == recording::Change::kAllocated && inventory::kind_of_account(event.account)) {
            beats.note(event.context, ++allocations);
        } else if (change == recording::Change::kFreed) {
            beats.note_free(freed.context);
        } else if (event.type == ledger::kEventMark) {
            ++options.marks.count;
            options.marks.context = event.context;
        }
    };
    recording::replay(reader, process, visitor);
    options.beat = beats.beat(allocations);
    return options;
}

}  // namespace

std::optional<analysis::Course> recorded_course(const recording::Reader& reader,
                                                const recording::RecordedProcess& process, api::MemoryKind kind,
                                                std::optional<uint32_t> allocator, uint64_t until_ns) {
    CourseOptions options = find_steps(reader, process, until_ns);
    options.memory = CourseOptions::Memory{allocator, static_cast<uint8_t>(inventory::account_of(kind))};
    options.until_ns = until_ns;
    GrowthPass pass(options);
    recording::Visitor visitor;
    visitor.on_break = [&pass](const recording::Moment& moment, const auto&, uint64_t) { pass.reset(moment); };
    visitor.on_event = [&pass](recording::Moment& moment, const recording::Event& event) {
        pass.before(event);
        recording::Held freed;
        const recording::Change change = moment.apply(event, &freed);
        if (change == recording::Change::kAllocated) {
            pass.came(recording::held_of(event));
        } else if (change == recording::Change::kFreed) {
            pass.went(freed);
        }
    };
    recording::replay(reader, process, visitor);
    Names names(process);
    Growth growth = pass.result(0, names, inventory::GroupBy::kLine);
    const bool has_steps = growth.step && growth.steps >= analysis::kFewestSteps;
    if (!has_steps && growth.rows.empty()) {
        return std::nullopt;
    }
    analysis::Course course;
    course.source = analysis::CourseSource::kRecording;
    course.step = std::move(growth.step);
    course.steps = growth.steps;
    course.first_step_ns = growth.first_step_ns;
    course.last_step_ns = growth.last_step_ns;
    course.rows = std::move(growth.rows);
    return course;
}

}  // namespace ttmem::report
