// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/intervals.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <set>
#include <utility>

namespace ttmem::inventory {
namespace {

bool by_begin(const Interval& a, const Interval& b) {
    return a.begin < b.begin;
}

// Where ranges of different banks overlap.
std::vector<Interval> swept(const std::vector<Interval>& intervals) {
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
    // At one address beginnings first, so that what goes on is not cut.
    std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) {
        return std::pair(a.address, !a.begins) < std::pair(b.address, !b.begins);
    });
    std::vector<Interval> flat;
    std::multiset<uint32_t> open;  // banks of the intervals that cover the stretch
    uint64_t from = 0;
    for (const Edge& edge : edges) {
        if (!open.empty() && edge.address > from) {
            const uint32_t banks = *open.rbegin();
            if (!flat.empty() && flat.back().end == from && flat.back().banks == banks) {
                flat.back().end = edge.address;
            } else {
                flat.push_back({from, edge.address, banks});
            }
        }
        from = edge.address;
        if (edge.begins) {
            open.insert(edge.banks);
        } else {
            open.erase(open.find(edge.banks));
        }
    }
    return flat;
}

void put_number(uint64_t value, std::vector<uint8_t>& to) {
    for (; value >= 0x80; value >>= 7) {
        to.push_back(static_cast<uint8_t>(value | 0x80));
    }
    to.push_back(static_cast<uint8_t>(value));
}

uint64_t take_number(const std::vector<uint8_t>& from, size_t& at) {
    uint64_t value = 0;
    for (uint32_t shift = 0;; shift += 7) {
        const uint8_t byte = from[at++];
        value |= uint64_t{byte & 0x7fu} << shift;
        if (byte < 0x80) {
            return value;
        }
    }
}

}  // namespace

Interval make_interval(uint64_t address, uint64_t bytes, uint32_t banks) {
    const uint64_t most = std::numeric_limits<uint64_t>::max();
    return {address, bytes > most - address ? most : address + bytes, banks};
}

std::vector<Interval> flattened(std::vector<Interval> intervals) {
    if (!std::is_sorted(intervals.begin(), intervals.end(),
                        by_begin)) {  // lists mostly are, and sorting costs ten times
        std::sort(intervals.begin(), intervals.end(), by_begin);
    }
    std::vector<Interval> flat;
    for (const Interval& next : intervals) {
        if (next.begin >= next.end) {
            continue;
        }
        if (!flat.empty() && next.begin <= flat.back().end && next.banks == flat.back().banks) {
            flat.back().end = std::max(flat.back().end, next.end);
        } else if (!flat.empty() && next.begin < flat.back().end) {
            return swept(intervals);
        } else {
            flat.push_back(next);
        }
    }
    return flat;
}

PackedIntervals::PackedIntervals(const std::vector<Interval>& flat) {
    uint64_t all = 0;
    for (const Interval& interval : flat) {
        all |= interval.begin | interval.end;
    }
    unit_bits_ = all == 0 ? 0 : static_cast<uint32_t>(std::countr_zero(all));
    uint64_t end = 0;
    for (const Interval& interval : flat) {
        put_number((interval.begin - end) >> unit_bits_, bytes_);
        put_number((interval.end - interval.begin) >> unit_bits_, bytes_);
        put_number(interval.banks, bytes_);
        end = interval.end;
    }
    bytes_.shrink_to_fit();
}

void PackedIntervals::append_to(std::vector<Interval>& intervals) const {
    uint64_t end = 0;
    for (size_t at = 0; at < bytes_.size();) {
        const uint64_t begin = end + (take_number(bytes_, at) << unit_bits_);
        end = begin + (take_number(bytes_, at) << unit_bits_);
        intervals.push_back({begin, end, static_cast<uint32_t>(take_number(bytes_, at))});
    }
}

uint64_t union_bytes(const std::vector<Interval>& intervals) {
    uint64_t total = 0;
    for (const Interval& interval : flattened(intervals)) {
        total += (interval.end - interval.begin) * interval.banks;
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
