// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Compares two recordings: the peaks of each kind of memory, and the names that made the difference. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "output/lines.hpp"
#include "report/report.hpp"

namespace ttmem::report {

struct DiffOptions {
    std::optional<double> fail_above;  // growth of a peak, as a share of the first one; absent: nothing fails
    uint64_t floor_bytes = 0;          // growth up to this fails never
    bool per_bank = false;             // bytes are those of one bank (report/per_bank.hpp)
};

// The bytes of a name at one peak and at the other.
struct DiffRow {
    std::optional<std::string> name;
    uint64_t before_bytes = 0;
    uint64_t after_bytes = 0;
};

// The highest peak of a kind on any device of any process: it is a device's memory that runs out.
struct DiffKind {
    api::MemoryKind kind = api::MemoryKind::kDram;
    uint64_t before_bytes = 0;
    uint64_t after_bytes = 0;
    bool before_is_lower_bound = false;
    bool after_is_lower_bound = false;
    bool fails = false;
    std::vector<DiffRow> rows;  // the largest difference first; equal ones are left out
};

struct Diff {
    std::vector<DiffKind> kinds;  // that either of them used
    bool fails = false;
    bool per_bank = false;
};

Diff diff(const Report& before, const Report& after, const DiffOptions& options);
monitor::Lines diff_text(const Diff& diff, inventory::GroupBy by, size_t top);
std::string diff_json(const Diff& diff, inventory::GroupBy by, size_t top);

}  // namespace ttmem::report
