// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Parts of an explanation as text and as JSON: categories of the held bytes (weights, caches, activations), and how it
// came to this (growth from step to step). Pure.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>

#include "analysis/why.hpp"
#include "output/lines.hpp"

namespace ttmem::output {

// A sentence where no category is known; adds nothing where the holders are not single buffers.
void add_categories(monitor::Lines& lines, const analysis::Why& why, size_t width);

// Null where the holders are not single buffers.
nlohmann::ordered_json categories_json(const analysis::Why& why);

// Adds nothing where the course is unknown.
void add_course(monitor::Lines& lines, const analysis::Why& why, size_t width);

// Null where the course is unknown.
nlohmann::ordered_json course_json(const analysis::Why& why);

}  // namespace ttmem::output
