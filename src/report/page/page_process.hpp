// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// What a page holds of one process: its timeline and its moments, as web/src/report/data.ts reads them. Pure.
#pragma once

#include "output/json_values.hpp"
#include "report/page/page_plan.hpp"

namespace ttmem::report {

// `number`: of the process in the reader. One pass over its events; memory is that of the result and of what lives.
api::Json page_process(const recording::Reader& reader, size_t number, const PagePlan& plan, const PageLimits& limits);

}  // namespace ttmem::report
