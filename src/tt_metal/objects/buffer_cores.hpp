// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Buffers that do not lie in every bank. Cold: asked only of sharded L1 buffers, where the allocator is in its HYBRID
// mode or L1 of service cores was given out.
//
//   per core         an address of its own on each core, placed by the device's own allocator (0.78.0 and later)
//   range lockstep   one address, kept clear on its own cores alone (0.80.0 and later)
//   bankless         in every bank, as all lockstep buffers, and also on cores that no bank lies on
#pragma once

#include <vector>

#include "tt_alloc/client.h"
#include "tt_metal/release/foreign.hpp"
#include "tt_metal/release/symbols.hpp"

namespace ttmem::tt_metal {

struct BufferCores {
    std::vector<tt_alloc_core_range> ranges;
    std::vector<tt_alloc_core_address> addresses;
};

// Whether the mode was asked for (TT_METAL_ALLOCATOR_MODE_HYBRID, which tt-metal reads as it makes its context) in a
// release that has it.
bool is_hybrid_mode(const Symbols& symbols) noexcept;

// Finds out where the buffer lies, and corrects the report (flags, banks, address). `device`: the client's index of the
// one device of a per-core buffer. False: it lies in every bank, the report stays. Throws what containers throw.
bool read_buffer_cores(const Symbols& symbols, const Buffer* buffer, uint32_t device, tt_alloc_buffer& report,
                       BufferCores& cores);

}  // namespace ttmem::tt_metal
