// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Categories of live buffers: weights, caches, activations, as far as their labels and their ages show it. A guess is
// never made: a buffer whose label and age show nothing is unknown. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/course.hpp"
#include "analysis/holders.hpp"
#include "model/model.hpp"

namespace ttmem::analysis {

enum class Category : uint8_t {
    kWeights,          // its label says so
    kCaches,           // its label says so
    kWeightsOrCaches,  // no label; it was there before the steps that are known, and still is
    kActivations,      // its label says so, or it was made in the step that runs
    kKernels,          // binaries of kernels
    kUnknown
};
std::string_view to_string(Category category);

struct CategorySum {
    Category category = Category::kUnknown;
    uint64_t buffers = 0;
    uint64_t bytes = 0;  // on a device
};

// By the words of a label, which is a path through a model ("layers.3.attention.wq", "kv_cache.0.keys"): a cache where
// any of them is one, an activation likewise, weights where the last one is a usual name of them. Else kUnknown.
Category category_of_label(std::string_view label);

// `course`: its steps give ages; nullptr: none are known. A buffer of a line that grows is no weight for its age.
Category category_of(const api::Model& model, const api::Buffer& buffer, const Course* course);

// In the order of Category, each that has buffers.
std::vector<CategorySum> categories(const api::Model& model, const std::vector<api::BufferIndex>& buffers,
                                    const Course* course);

// The name by which growth lists a line: the line, else the operation, else the scope.
std::optional<std::string> place_of(const inventory::Maker& maker);

}  // namespace ttmem::analysis
