// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/intervals.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

namespace ttmem::inventory {
namespace {

bool by_begin(const Interval& a, const Interval& b) {
    return a.begin < b.begin;
}

}  // namespace

Interval make_interval(uint64_t address, uint64_t bytes, uint32_t banks) {
    const uint64_t most = std::numeric_limits<uint64_t>::max();
    return {address, bytes > most - address ? most : address + bytes, banks};
}

uint64_t union_bytes(const std::vector<Interval>& intervals) {
    struct Edge {
        uint64_t address;
        bool begins;
        uint32_t banks;
    };
    std::vector<Edge> edges;
    edges.reserve(2 * intervals.size());
    for (const Interval& interval : intervals) {
        if (interval.begin < interval.end) {
            edges.push_back({interval.begin, true, interval.banks});
            edges.push_back({interval.end, false, interval.banks});
        }
    }
    std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.address < b.address; });
    std::multiset<uint32_t> open;  // banks of the intervals that cover the stretch
    uint64_t total = 0;
    uint64_t from = 0;
    for (const Edge& edge : edges) {
        if (!open.empty()) {
            total += (edge.address - from) * *open.rbegin();
        }
        from = edge.address;
        if (edge.begins) {
            open.insert(edge.banks);
        } else if (const auto found = open.find(edge.banks); found != open.end()) {
            open.erase(found);
        }
    }
    return total;
}

Containment::Containment(std::vector<Interval> intervals) : sorted_(std::move(intervals)) {
    std::sort(sorted_.begin(), sorted_.end(), by_begin);
    furthest_.reserve(sorted_.size());
    uint64_t furthest = 0;
    for (const Interval& interval : sorted_) {
        furthest = std::max(furthest, interval.end);
        furthest_.push_back(furthest);
    }
}

bool Containment::contains(const Interval& inner) const {
    // Among those that begin no later, the one that reaches furthest decides.
    const auto after = std::upper_bound(sorted_.begin(), sorted_.end(), inner, by_begin);
    return after != sorted_.begin() && furthest_[static_cast<size_t>(after - sorted_.begin()) - 1] >= inner.end;
}

}  // namespace ttmem::inventory
