// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Address ranges within the banks of one kind of memory on one device. tt-metal's allocators work in lockstep: a range
// is taken at the same addresses in each of the banks.
#pragma once

#include <cstdint>
#include <vector>

namespace ttmem::inventory {

struct Interval {
    uint64_t begin = 0;
    uint64_t end = 0;  // not inside
    uint32_t banks = 0;
};

// A range that would pass the end of the address space ends there.
Interval make_interval(uint64_t address, uint64_t bytes, uint32_t banks);

// The same coverage as ascending ranges that do not overlap, merged where their banks are the same: each address once,
// with the most banks of those that cover it.
std::vector<Interval> flattened(std::vector<Interval> intervals);

// Bytes that are covered at least once, times the banks (the most of those that cover an address).
uint64_t union_bytes(const std::vector<Interval>& intervals);

// Flattened ranges in few bytes each, to be kept for long.
class PackedIntervals {
public:
    PackedIntervals() = default;
    explicit PackedIntervals(const std::vector<Interval>& flat);
    void append_to(std::vector<Interval>& intervals) const;

private:
    // For each range the gap to the one before, its length (both in units) and its banks. Seven bits a byte, the
    // highest set where more follow.
    std::vector<uint8_t> bytes_;
    uint32_t unit_bits_ = 0;  // a unit is this power of two: every begin and end is a multiple of it
};

// Answers whether a range lies wholly inside one of the given ones.
class Containment {
public:
    explicit Containment(std::vector<Interval> intervals);
    bool contains(const Interval& inner) const;

private:
    std::vector<Interval> sorted_;    // by begin
    std::vector<uint64_t> furthest_;  // largest end up to here
};

}  // namespace ttmem::inventory
