// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Rounding up, as allocators round sizes. Pure.
#pragma once

#include <cstdint>

#include "base/saturate.hpp"

namespace ttmem::analysis {

// The next multiple of `multiple` that is not below `bytes` (0: `bytes` itself), at most the largest number there is.
constexpr uint64_t rounded_up(uint64_t bytes, uint64_t multiple) {
    const uint64_t rest = multiple == 0 ? 0 : bytes % multiple;
    return rest == 0 ? bytes : saturating_sum(bytes, multiple - rest);
}

}  // namespace ttmem::analysis
