// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A report that ttnn or ttmem wrote for ttnn-visualizer, read for comparison: its peaks, and what was held at each. The
// file is taken as hostile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analysis/holders.hpp"
#include "base/result.hpp"
#include "output/lines.hpp"
#include "report/report.hpp"

namespace ttmem::visualizer {

// The operation at which a peak was reached.
struct PeakOperation {
    uint32_t rank = 0;
    int64_t number = 0;
    std::string name;               // empty: unknown
    std::optional<uint64_t> banks;  // that the peak's bytes lie in each of
};

struct Imported {
    std::string schema_version;  // empty: the report does not say
    uint64_t operations = 0;
    uint64_t buffer_rows = 0;
    uint64_t errors = 0;
    // Processes are the report's ranks. Bytes are those of each bank: a report has no number of DRAM banks. Peaks are
    // those between operations, as the report has them, and so lower bounds where ttnn wrote it.
    report::Report report;
    std::vector<PeakOperation> peak_operations;  // in the order of Report::peaks
};

// Whether the path is a database, and so no recording.
bool is_database(const std::string& path);

// Error: it is no such report, or none that is sound; for a person.
Result<Imported> import_database(const std::string& path, inventory::GroupBy by);

monitor::Lines imported_text(const Imported& imported, inventory::GroupBy by, size_t top);
std::string imported_json(const Imported& imported, inventory::GroupBy by, size_t top);

}  // namespace ttmem::visualizer
