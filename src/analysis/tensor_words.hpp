// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A question about a tensor in words, as the command line and the Python package have it. Pure.
#pragma once

#include <string>

#include "analysis/tensor_size.hpp"
#include "base/result.hpp"

namespace ttmem::analysis {

// Empty: not given.
struct TensorWords {
    std::string shape;        // "1,32,4096,4096" or "1x32x4096x4096"
    std::string data_type;    // "bfloat16"
    std::string layout;       // "tile", "row_major"
    std::string memory;       // "dram", "l1", "l1_small"
    std::string sharding;     // "height", "width", "block"
    std::string shard_shape;  // "HEIGHTxWIDTH" in elements
    std::string cores;        // "COLUMNSxROWS": the shard's shape follows from them
};

// The error names the wrong word and the possible ones.
Result<TensorQuestion> question_of(const TensorWords& words);

}  // namespace ttmem::analysis
