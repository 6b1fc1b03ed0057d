// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/growth.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/saturate.hpp"

namespace ttmem::analysis {

namespace {

constexpr uint64_t kMostSamples = 128;

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

StepSeries::StepSeries(uint64_t steps) : stride_(std::max<uint64_t>(1, (steps + kMostSamples - 1) / kMostSamples)) {}

StepSeries::Series& StepSeries::of(size_t series) {
    series_.resize(std::max(series_.size(), series + 1));
    return series_[series];
}

void StepSeries::came(size_t series, uint64_t bytes) {
    saturating_add(of(series).live, bytes);
}

void StepSeries::went(size_t series, uint64_t bytes) {
    uint64_t& live = of(series).live;
    live -= std::min(live, bytes);
}

void StepSeries::hold_nothing() {
    for (Series& series : series_) {
        series.live = 0;
    }
}

void StepSeries::begin_step(uint64_t time_ns) {
    first_step_ns_ = steps_ == 0 ? time_ns : first_step_ns_;
    last_step_ns_ = time_ns;
    if (steps_++ % stride_ != 0 || samples_ > kMostSamples) {
        return;
    }
    for (Series& series : series_) {
        if (series.live != (series.changes.empty() ? 0 : series.changes.back().second)) {
            series.changes.emplace_back(samples_, series.live);
        }
    }
    ++samples_;
}

std::vector<uint64_t> StepSeries::compared(size_t number) const {
    const size_t first = samples_ / 4;
    if (samples_ - first < kFewestSteps / 2 || steps_ < kFewestSteps) {
        return {};
    }
    std::vector<uint64_t> values;
    uint64_t held = 0;
    const auto& changes = number < series_.size() ? series_[number].changes : decltype(Series::changes)();
    auto change = changes.begin();
    for (size_t at = 0; at < samples_; ++at) {
        for (; change != changes.end() && change->first <= at; ++change) {
            held = change->second;
        }
        if (at >= first) {
            values.push_back(held);
        }
    }
    return values;
}

std::vector<GrowthRow> StepSeries::rising(const std::function<std::optional<std::string>(size_t)>& name) const {
    std::map<std::optional<std::string>, std::vector<uint64_t>> by_name;
    for (size_t number = 0; number < series_.size(); ++number) {
        const std::vector<uint64_t> values = compared(number);
        if (values.empty()) {
            return {};
        }
        std::vector<uint64_t>& sum = by_name[name(number)];
        sum.resize(values.size());
        for (size_t i = 0; i < values.size(); ++i) {
            saturating_add(sum[i], values[i]);
        }
    }
    std::vector<GrowthRow> rows;
    for (const auto& [each, values] : by_name) {
        // A name that stopped rising half way does not grow either.
        const double certainty = values.back() > values[values.size() / 2] ? certainty_of_rise(values) : 0;
        const double slope = slope_of(values) / static_cast<double>(stride_);
        if (certainty >= kLeastCertainty && slope > 0) {
            rows.push_back({each, values.front(), values.back(), slope, certainty});
        }
    }
    std::stable_sort(rows.begin(), rows.end(),
                     [](const GrowthRow& a, const GrowthRow& b) { return a.bytes_per_step > b.bytes_per_step; });
    return rows;
}

}  // namespace ttmem::analysis
