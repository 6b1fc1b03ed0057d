// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Which moments of a process a page shows: those of its timeline, where only sums are kept, and those at which every
// buffer is kept. A pass over the process's events, in memory that grows with the numbers asked for. Pure.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "recording/reader.hpp"
#include "report/report.hpp"

namespace ttmem::report {

// How much of a recording goes into a page. Smaller numbers where it would become too large.
struct PageLimits {
    size_t further = 200;      // moments of each process beside its peaks, holes and refusals
    size_t bins = 1000;        // of its timeline, at most
    uint64_t least_bytes = 0;  // smaller buffers are in no list; sums have them
    // Buffers in the lists of all processes together. Six changes of a timeline's sum count as one, they are as much text.
    uint64_t most_rows = UINT64_MAX;
};
inline constexpr size_t kMostPools = 128;  // of a process

// A moment of a process: `events` of the chunk have happened.
struct PagePlace {
    size_t chunk = 0;
    size_t events = 0;
    auto operator<=>(const PagePlace&) const = default;
};

// A band of the stacked chart: the memory of one kind that one allocator hands out.
struct PagePool {
    uint32_t allocator = 0;
    uint8_t account = 0;
    auto operator<=>(const PagePool&) const = default;
};

enum class Why : uint8_t {
    kPeak,     // a pool held the most
    kHole,     // the largest hole of a pool was smallest
    kRefusal,  // something was refused
    kFurther,  // the highest or the lowest moment of its part of the run
    kEnd       // the last moment that is recorded
};

struct PlannedMoment {
    PagePlace place;
    Why why = Why::kFurther;
    std::optional<PagePool> pool;
};

struct PagePlan {
    std::vector<PagePool> pools;         // the kMostPools that held the most, rising
    size_t pools_left_out = 0;           // that held something, too
    std::vector<PagePlace> points;       // of the timeline, rising, each once
    std::vector<PlannedMoment> moments;  // by place; a place may be there for several reasons
};

// `number`: of the process in `report`, which was made from the same reader.
PagePlan plan_page(const recording::Reader& reader, size_t number, const Report& report, const PageLimits& limits);

}  // namespace ttmem::report
