// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A recording as one page for a browser (docs/recording.md): web/dist/report.html with the recording's data in it.
// Names are in the data as text alone, and no name can end the element that holds it. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "output/json_values.hpp"
#include "recording/reader.hpp"
#include "report/report.hpp"

namespace ttmem::report {

inline constexpr size_t kMostPageBytes = size_t{20} << 20;
inline constexpr size_t kPageTop = 100;           // holders in each list, as `ttmem report --json --top 100` gives them
inline constexpr size_t kMostPageProcesses = 64;  // with a timeline; the figures of all are in it

// `name`: what the page is called, for example the recording's file name. `options`: of the report; `folded` is ignored.
// As large as `most_bytes` at most: moments are left out first, then smaller buffers, then all but the report, and the
// page says so. An error where the report alone is larger.
Result<std::string> report_page(const recording::Reader& reader, const std::string& name, const Options& options,
                                size_t most_bytes = kMostPageBytes);

// JSON that may stand in a script element whatever texts are in it: no "<", and nothing but ASCII.
std::string embeddable(const api::Json& json);

}  // namespace ttmem::report
