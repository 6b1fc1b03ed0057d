// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Two moments beside each other: what lived at the first alone, at both, at the second alone. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/holders.hpp"
#include "model/model.hpp"

namespace ttmem::analysis {

enum class Part : uint8_t { kFirst, kBoth, kSecond };
inline constexpr std::array<Part, 3> kAllParts = {Part::kFirst, Part::kBoth, Part::kSecond};
std::string_view to_string(Part part);  // "first", "both", "second"

// When two buffers are the same one.
enum class Same : uint8_t {
    kOneRun,  // the moments are of one run: the buffer of the same allocation
    kTwoRuns  // of different runs: equal kind, size, scope, operation, line and tensor, one for one
};

struct PartSum {
    uint64_t buffers = 0;
    uint64_t bytes = 0;  // on one device each: a buffer of a mesh counts once
    bool operator==(const PartSum&) const = default;
};
using PartSums = std::array<PartSum, 3>;  // by Part

struct ComparedGroup {
    std::optional<std::string> name;  // absent: of these it is not known
    PartSums sums;
};

struct Comparison {
    PartSums sums;
    std::vector<ComparedGroup> groups;                     // the largest difference first
    std::array<std::vector<api::BufferIndex>, 3> buffers;  // by Part; of the first model, of kSecond of the second
};

// Buffers that take bytes alone, and of these those that `takes` says. Both models have their lists of buffers.
using Takes = std::function<bool(const api::Model& model, const api::Buffer& buffer)>;
Comparison compare(const api::Model& first, const api::Model& second, Same same, inventory::GroupBy by,
                   const Takes& takes);

}  // namespace ttmem::analysis
