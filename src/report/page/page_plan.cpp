// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "report/page/page_plan.hpp"

#include <algorithm>
#include <map>

#include "inventory/holdings.hpp"
#include "recording/replay.hpp"

namespace ttmem::report {

namespace {

using recording::Moment;

// Points of a timeline that a pool adds to each bin: the lowest and the highest.
constexpr size_t kExtremes = 2;
constexpr size_t kMostPoints = 6000;

// The lowest and the highest of a value while one part of the run lasts.
template <typename Value>
class Extremes {
public:
    void note(Value value, PagePlace place) {
        if (!any_ || value < lowest_) {
            lowest_ = value;
            lowest_at_ = place;
        }
        if (!any_ || value > highest_) {
            highest_ = value;
            highest_at_ = place;
        }
        any_ = true;
    }
    template <typename Take>
    void hand_over(const Take& take) {
        if (any_) {
            take(lowest_at_);
            take(highest_at_);
        }
        any_ = false;
    }

private:
    bool any_ = false;
    Value lowest_{}, highest_{};
    PagePlace lowest_at_, highest_at_;
};

class Planner {
public:
    Planner(const recording::RecordedProcess& process, size_t number, const Report& report, const PageLimits& limits);

    PagePlan run(const recording::Reader& reader);

private:
    // Equal parts of the run; the last event is in the last one.
    size_t part_of(uint64_t time_ns, size_t parts) const {
        const uint64_t since = std::min(time_ns - std::min(time_ns, first_ns_), span_ns_);
        const double share = static_cast<double>(since) / (static_cast<double>(span_ns_) + 1);
        return std::min(parts - 1, static_cast<size_t>(share * static_cast<double>(parts)));
    }
    void choose_pools(const Report& report, size_t number);
    void turn(uint64_t time_ns);
    void note(const Moment& moment, PagePool pool);
    void close_bin();
    void close_slot();
    void add(PagePlace place, Why why, std::optional<PagePool> pool = std::nullopt) {
        plan_.moments.push_back({place, why, pool});
    }

    struct PoolCourse {
        Extremes<uint64_t> bin;
        uint64_t peak = 0;  // what its bytes are weighed by: 0 not known
        double fullness = 0;
    };

    const recording::RecordedProcess& process_;
    uint64_t first_ns_ = 0;
    uint64_t span_ns_ = 0;
    size_t bins_ = 1, slots_ = 0;
    size_t bin_ = 0, slot_ = 0;
    PagePlace place_;
    PagePlace last_in_bin_;
    bool any_in_bin_ = false;
    std::map<PagePool, PoolCourse> pools_;
    Extremes<double> slot_extremes_;
    double fullness_ = 0;  // sum over pools of bytes as a share of their peak: no pool outweighs the others
    size_t refusals_ = 0;
    PagePlan plan_;
};

Planner::Planner(const recording::RecordedProcess& process, size_t number, const Report& report,
                 const PageLimits& limits)
    : process_(process), slots_(limits.further / kExtremes) {
    if (!process.events.empty()) {
        first_ns_ = process.events.front().head.first_ns;
        span_ns_ = process.events.back().head.last_ns - std::min(first_ns_, process.events.back().head.last_ns);
    }
    choose_pools(report, number);
    for (const Fragmentation& worst : report.fragmentation) {
        if (worst.process == number && worst.holes > 1) {
            const PagePool pool{worst.allocator, static_cast<uint8_t>(inventory::account_of(worst.kind))};
            if (pools_.contains(pool)) {
                add({worst.chunk, worst.events}, Why::kHole, pool);
            }
        }
    }
    bins_ = std::clamp<size_t>(kMostPoints / (kExtremes * std::max<size_t>(pools_.size(), 1)), 1,
                               std::max<size_t>(limits.bins, 1));
}

void Planner::choose_pools(const Report& report, size_t number) {
    std::vector<const Peak*> peaks;
    for (const Peak& peak : report.peaks) {
        if (peak.process == number) {
            peaks.push_back(&peak);
        }
    }
    std::stable_sort(peaks.begin(), peaks.end(),
                     [](const Peak* one, const Peak* other) { return one->bytes > other->bytes; });
    plan_.pools_left_out = peaks.size() - std::min(peaks.size(), kMostPools);
    peaks.resize(peaks.size() - plan_.pools_left_out);
    for (const Peak* peak : peaks) {
        const PagePool pool{peak->allocator, static_cast<uint8_t>(inventory::account_of(peak->kind))};
        pools_[pool].peak = peak->bytes;
        add({peak->chunk, peak->events}, Why::kPeak, pool);
    }
}

void Planner::close_bin() {
    const auto take = [this](PagePlace place) { plan_.points.push_back(place); };
    for (auto& [pool, course] : pools_) {
        course.bin.hand_over(take);
    }
    // Between events the memory stays as the last event left it.
    if (any_in_bin_) {
        take(last_in_bin_);
    }
    any_in_bin_ = false;
}

void Planner::close_slot() {
    slot_extremes_.hand_over([this](PagePlace place) { add(place, Why::kFurther); });
}

// Forward only: an event whose time goes back belongs to the part that was reached, so no part ends twice.
void Planner::turn(uint64_t time_ns) {
    if (const size_t bin = part_of(time_ns, bins_); bin > bin_) {
        close_bin();
        bin_ = bin;
    }
    if (slots_ != 0) {
        if (const size_t slot = part_of(time_ns, slots_); slot > slot_) {
            close_slot();
            slot_ = slot;
        }
    }
}

void Planner::note(const Moment& moment, PagePool pool) {
    const auto found = pools_.find(pool);
    if (found == pools_.end()) {
        return;  // it never held anything, or others held more
    }
    const uint64_t bytes = moment.total(pool.allocator, pool.account).bytes;
    found->second.bin.note(bytes, place_);
    if (found->second.peak != 0) {
        const double share = static_cast<double>(bytes) / static_cast<double>(found->second.peak);
        fullness_ += share - found->second.fullness;
        found->second.fullness = share;
    }
    if (slots_ != 0) {
        slot_extremes_.note(fullness_, place_);
    }
    last_in_bin_ = place_;
    any_in_bin_ = true;
}

PagePlan Planner::run(const recording::Reader& reader) {
    recording::Visitor visitor;
    visitor.on_chunk = [this](const Moment&, size_t chunk) { place_ = {chunk, 0}; };
    visitor.on_break = [this](const Moment& moment, const recording::EventChunk&, uint64_t) {
        turn(process_.events[place_.chunk].head.first_ns);
        // An empty beginning, before a process's first event, is no moment of its own.
        for (const auto& [pool, course] : pools_) {
            if (place_.chunk > 0 || moment.buffers() > 0) {
                note(moment, pool);
            }
        }
    };
    visitor.on_event = [this](Moment& moment, const recording::Event& event) {
        turn(event.time_ns);
        ++place_.events;
        recording::Held freed;
        switch (moment.apply(event, &freed)) {
            case recording::Change::kAllocated:
                return note(moment, {event.allocator, event.account});
            case recording::Change::kFreed:
                return note(moment, {freed.allocator, freed.account});
            default:
                break;
        }
        if (event.is_refusal() && refusals_++ < kMostRefusals) {
            add(place_, Why::kRefusal);
        }
    };
    replay(reader, process_, visitor);
    close_bin();
    close_slot();
    add(place_, Why::kEnd);
    for (const auto& [pool, course] : pools_) {
        plan_.pools.push_back(pool);
    }
    std::sort(plan_.points.begin(), plan_.points.end());
    plan_.points.erase(std::unique(plan_.points.begin(), plan_.points.end()), plan_.points.end());
    std::stable_sort(plan_.moments.begin(), plan_.moments.end(),
                     [](const PlannedMoment& a, const PlannedMoment& b) { return a.place < b.place; });
    return std::move(plan_);
}

}  // namespace

PagePlan plan_page(const recording::Reader& reader, size_t number, const Report& report, const PageLimits& limits) {
    return Planner(reader.processes()[number], number, report, limits).run(reader);
}

}  // namespace ttmem::report
