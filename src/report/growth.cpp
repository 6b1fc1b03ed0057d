// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "report/growth.hpp"

#include <algorithm>

#include "inventory/holdings.hpp"

namespace ttmem::report {

namespace {

bool is_marked(const CourseOptions& options) {
    return options.marks.count >= analysis::kFewestSteps;
}

uint64_t steps_of(const CourseOptions& options) {
    return is_marked(options) ? options.marks.count : options.beat ? options.beat->count : analysis::kPartsOfARun;
}

}  // namespace

GrowthPass::GrowthPass(const CourseOptions& options)
    : options_(options), marked_(is_marked(options)), series_(steps_of(options)) {}

void GrowthPass::before(const recording::Event& event) {
    const uint64_t part = std::max<uint64_t>(1, options_.events / analysis::kPartsOfARun);
    const bool begins = marked_ ? event.type == ledger::kEventMark
                        : options_.beat
                            ? event.type == ledger::kEventAllocate && event.context == options_.beat->context &&
                                  inventory::kind_of_account(event.account).has_value()
                            : events_ % part == 0;
    ++events_;
    if (begins && event.time_ns <= options_.until_ns) {
        series_.begin_step(event.time_ns);
    }
}

bool GrowthPass::is_counted(const recording::Held& held) const {
    return inventory::kind_of_account(held.account) &&
           (!options_.memory || ((!options_.memory->allocator || options_.memory->allocator == held.allocator) &&
                                 options_.memory->account == held.account));
}

size_t GrowthPass::series_of(const recording::Held& held) {
    const Origin origin = origin_of(held);
    const auto [found, is_new] = numbers_.try_emplace(origin, origins_.size());
    if (is_new) {
        origins_.push_back(origin);
    }
    return found->second;
}

void GrowthPass::came(const recording::Held& held) {
    if (is_counted(held)) {
        series_.came(series_of(held), held.bytes);
    }
}

void GrowthPass::went(const recording::Held& held) {
    if (is_counted(held)) {
        series_.went(series_of(held), held.bytes);
    }
}

void GrowthPass::reset(const recording::Moment& moment) {
    series_.hold_nothing();
    for (const recording::Held& held : moment.by_id()) {
        came(held);
    }
}

Growth GrowthPass::result(size_t process, Names& names, inventory::GroupBy by) const {
    Growth growth;
    growth.process = process;
    growth.steps = series_.steps();
    growth.first_step_ns = series_.first_step_ns();
    growth.last_step_ns = series_.last_step_ns();
    if (marked_) {
        const std::string& name = names.scope(options_.marks.context);
        growth.step = name.empty() ? "ttmem.step()" : "ttmem.step(\"" + name + "\")";
    } else if (options_.beat) {
        const Origin origin{options_.beat->context, 0, 0, 0, 0, 0};
        growth.step = names.name(origin, inventory::GroupBy::kLine);
        growth.step = growth.step ? growth.step : names.name(origin, inventory::GroupBy::kScope);
        growth.step = growth.step.value_or("(unknown place)");
    }
    growth.rows = series_.rising([&](size_t number) { return names.name(origins_[number], by); });
    return growth;
}

}  // namespace ttmem::report
