// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Two moments beside each other, of one recording or of two, as the page asks for them. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "analysis/compare.hpp"
#include "model/model.hpp"

namespace ttmem::replay_server {

struct ComparisonQuestion {
    inventory::GroupBy by = inventory::GroupBy::kLine;
    analysis::Part part = analysis::Part::kSecond;  // whose buffers are listed
    std::optional<int> device;                      // tt-metal's logical id; absent: all
    std::optional<std::string> kind;                // of memory; absent: all
    uint64_t offset = 0;
    uint64_t limit = 200;
};

inline constexpr size_t kMostGroups = 500;

// As JSON: "parts" (sums), "groups" (kMostGroups at most, the largest difference first), "buffers" of one part as
// /api/v1/buffers has them, most bytes first. Both models have their lists of buffers.
std::string comparison_text(const api::Model& first, const api::Model& second, analysis::Same same,
                            const ComparisonQuestion& question);

}  // namespace ttmem::replay_server
