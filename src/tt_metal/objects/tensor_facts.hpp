// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The facts of a tensor, from tt-metal's TensorSpec and TensorTopology. What lies there is checked before it is
// believed: another layout makes a tensor, or its distribution, unknown. Nothing throws.
#pragma once

#include <cstdint>

#include "tt_metal/release/foreign.hpp"

namespace ttmem::tt_metal {

// How a tensor is stored on the chips of a mesh, as ledger::TensorHead has it.
inline constexpr uint32_t kMostDistribution = 8;
struct Distribution {
    uint32_t rank = 0;
    uint32_t shape[kMostDistribution];
    int32_t divided[kMostDistribution];
};

// False: the tensor is on one chip, or its topology is not what these offsets say. The first call holds them against a
// topology that the library itself makes.
bool read_distribution(const TensorTopology* topology, Distribution& to) noexcept;

// The number of a tensor's facts (client::add_tensor); 0: it is not known, or there is no room. `distribution` may be
// null.
uint32_t tensor_of(const TensorSpec* spec, const Distribution* distribution) noexcept;

}  // namespace ttmem::tt_metal
