// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Findings as text for people and as JSON. Pure.
#pragma once

#include <string>
#include <vector>

#include "doctor/checks.hpp"

namespace ttmem::doctor {

std::string report(const std::vector<Finding>& findings);
std::string report_json(const std::vector<Finding>& findings);
bool has_problem(const std::vector<Finding>& findings);

}  // namespace ttmem::doctor
