// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The part of a page about one process: its timeline and its moments, as web/src/report/data.ts reads them. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "output/json_values.hpp"
#include "report/page/page_plan.hpp"

namespace ttmem::report {

// `number`: of the process in the reader. One pass over its events; memory is that of the result and the live buffers.
// The result's rows are taken from `rows_left` (PageLimits::most_rows); absent: there were too few.
std::optional<api::Json> page_process(const recording::Reader& reader, size_t number, const PagePlan& plan,
                                      const PageLimits& limits, uint64_t& rows_left);

}  // namespace ttmem::report
