// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A report as text for people, and as JSON (docs/recording.md). Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "output/lines.hpp"
#include "report/report.hpp"

namespace ttmem::report {

// `top`: holders to name in each list; of the rest the sum is given.
monitor::Lines report_text(const Report& report, inventory::GroupBy by, size_t top);
std::string report_json(const Report& report, inventory::GroupBy by, size_t top);

// A list of a report that was made with Options::folded, for each peak or process. Refers to the report.
struct FoldedGraph {
    std::string process;  // empty: there is one process alone
    std::string root;     // "dram on device 0" of a peak, else empty
    const Holders* holders = nullptr;
};
std::vector<FoldedGraph> folded_graphs(const Report& report, std::string_view list);

// The lists as one SVG picture without script, a flame graph for each: callers above callees, width is bytes.
std::string report_flame_svg(const Report& report, std::string_view list);

// The holders at each peak, and the other lists of a report that was made with Options::folded, as lines
// "frame;frame;frame BYTES" for programs that draw flame graphs. `list`: peak, leaks, temporary or churn.
std::string report_folded(const Report& report, std::string_view list);
inline constexpr const char* kFoldedWords[] = {"peak", "leaks", "temporary", "churn"};

const char* ending_text(const std::optional<recording::Ending>& ending);

}  // namespace ttmem::report
