// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "report/growth.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/saturate.hpp"
#include "inventory/holdings.hpp"

namespace ttmem::report {

namespace {

constexpr uint64_t kMostSamples = 128;
constexpr uint64_t kParts = 64;       // of a run without steps
constexpr uint64_t kFewestSteps = 8;  // fewer say nothing about growth

// The line of least squares through the values.
double slope_of(const std::vector<uint64_t>& values) {
    const double middle = static_cast<double>(values.size() - 1) / 2;
    double mean = 0, product = 0, square = 0;
    for (const uint64_t value : values) {
        mean += static_cast<double>(value) / static_cast<double>(values.size());
    }
    for (size_t i = 0; i < values.size(); ++i) {
        const double x = static_cast<double>(i) - middle;
        product += x * (static_cast<double>(values[i]) - mean);
        square += x * x;
    }
    return square == 0 ? 0 : product / square;
}

}  // namespace

double certainty_of_rise(const std::vector<uint64_t>& values) {
    const auto n = static_cast<double>(values.size());
    if (values.size() < 4) {
        return 0;
    }
    double s = 0;
    for (size_t i = 0; i < values.size(); ++i) {
        for (size_t j = i + 1; j < values.size(); ++j) {
            s += values[j] > values[i] ? 1 : values[j] < values[i] ? -1 : 0;
        }
    }
    double variance = n * (n - 1) * (2 * n + 5);
    std::map<uint64_t, double> ties;
    for (const uint64_t value : values) {
        ++ties[value];
    }
    for (const auto& [value, t] : ties) {
        variance -= t * (t - 1) * (2 * t + 5);
    }
    if (s <= 0 || variance <= 0) {
        return 0;
    }
    return 1 - std::erfc((s - 1) / std::sqrt(variance / 18) / std::sqrt(2.0)) / 2;
}

void Beats::note(uint32_t context, uint64_t at) {
    if (context == 0) {
        return;  // not known where
    }
    const auto [seen, is_new] = seen_.insert(context);
    if (is_new) {
        *seen = {context, 0, 0, at, at};
    }
    ++seen->count;
    seen->last = at;
}

void Beats::note_free(uint32_t context) {
    if (Seen* seen = seen_.find(context)) {
        ++seen->freed;
    }
}

std::optional<Beats::Beat> Beats::beat(uint64_t allocations) const {
    std::optional<Seen> best;
    seen_.for_each([&best, allocations](const Seen& seen) {
        const bool whole_run = seen.first <= allocations / 4 && seen.last >= allocations - allocations / 4;
        if (whole_run && seen.count >= kFewestSteps && seen.freed >= seen.count - seen.count / 2 &&
            (!best || seen.count < best->count || (seen.count == best->count && seen.first < best->first))) {
            best = seen;
        }
    });
    return best ? std::optional(Beat{best->context, best->count}) : std::nullopt;
}

GrowthPass::GrowthPass(const CourseOptions& options) : options_(options), marked_(options.marks.count >= kFewestSteps) {
    const uint64_t steps = marked_ ? options.marks.count : options.beat ? options.beat->count : kParts;
    stride_ = std::max<uint64_t>(1, (steps + kMostSamples - 1) / kMostSamples);
}

void GrowthPass::before(const recording::Event& event) {
    const uint64_t part = std::max<uint64_t>(1, options_.events / kParts);
    const bool begins = marked_ ? event.type == ledger::kEventMark
                        : options_.beat
                            ? event.type == ledger::kEventAllocate && event.context == options_.beat->context &&
                                  inventory::kind_of_account(event.account).has_value()
                            : events_ % part == 0;
    ++events_;
    if (begins) {
        if (steps_ % stride_ == 0 && samples_ <= kMostSamples) {
            sample();
        }
        ++steps_;
    }
}

void GrowthPass::went(const recording::Held& held) {
    Series& series = of(held);
    series.live -= std::min(series.live, held.bytes);
}

void GrowthPass::sample() {
    for (auto& [origin, series] : series_) {
        if (series.live != (series.changes.empty() ? 0 : series.changes.back().second)) {
            series.changes.emplace_back(samples_, series.live);
        }
    }
    ++samples_;
}

void GrowthPass::reset(const recording::Moment& moment) {
    for (auto& [origin, series] : series_) {
        series.live = 0;
    }
    for (const recording::Held& held : moment.by_id()) {
        if (inventory::kind_of_account(held.account)) {
            saturating_add(of(held).live, held.bytes);
        }
    }
}

Growth GrowthPass::result(size_t process, Names& names, inventory::GroupBy by) const {
    Growth growth;
    growth.process = process;
    growth.steps = steps_;
    if (marked_) {
        const std::string& name = names.scope(options_.marks.context);
        growth.step = name.empty() ? "ttmem.step()" : "ttmem.step(\"" + name + "\")";
    } else if (options_.beat) {
        const Origin origin{options_.beat->context, 0, 0, 0, 0, 0};
        growth.step = names.name(origin, inventory::GroupBy::kLine);
        growth.step = growth.step ? growth.step : names.name(origin, inventory::GroupBy::kScope);
        growth.step = growth.step.value_or("(unknown place)");
    }
    // Memory built up at first (weights, caches) is no growth: the first quarter is left out.
    const size_t first = samples_ / 4;
    if (samples_ - first < kFewestSteps / 2 || steps_ < kFewestSteps) {
        return growth;
    }
    std::map<std::optional<std::string>, std::vector<uint64_t>> by_name;
    for (const auto& [origin, series] : series_) {
        std::vector<uint64_t>& values = by_name[names.name(origin, by)];
        values.resize(samples_ - first);
        uint64_t held = 0;
        auto change = series.changes.begin();
        for (size_t at = 0; at < samples_; ++at) {
            for (; change != series.changes.end() && change->first <= at; ++change) {
                held = change->second;
            }
            if (at >= first) {
                saturating_add(values[at - first], held);
            }
        }
    }
    for (const auto& [name, values] : by_name) {
        // A name that stopped rising half way does not grow either.
        const double certainty = values.back() > values[values.size() / 2] ? certainty_of_rise(values) : 0;
        const double slope = slope_of(values) / static_cast<double>(stride_);
        if (certainty >= kLeastCertainty && slope > 0) {
            growth.rows.push_back({name, values.front(), values.back(), slope, certainty});
        }
    }
    std::stable_sort(growth.rows.begin(), growth.rows.end(),
                     [](const GrowthRow& a, const GrowthRow& b) { return a.bytes_per_step > b.bytes_per_step; });
    return growth;
}

}  // namespace ttmem::report
