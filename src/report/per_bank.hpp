// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.hpp"
#include "recording/reader.hpp"
#include "report/report.hpp"

namespace ttmem::report {

// Turns the bytes of all peaks of a recording's report and their holders into those of one bank, which is what a report
// of ttnn has. Error: the recording does not say how many banks there are.
Result<bool> to_bank_bytes(const recording::Reader& reader, Report& report);

}  // namespace ttmem::report
