// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Watermarks and the least headroom of each allocator. Inside the reader only. A ledger of 1.1 has none.
#pragma once

#include <cstddef>
#include <vector>

#include "ledger/read/section_map.hpp"
#include "ledger/read/snapshot.hpp"
#include "ledger/read/tick_clock.hpp"

namespace ttmem::ledger {

struct ExtremesCopy {
    std::vector<std::byte> watermarks;  // WatermarkLine, as far as the table goes
    std::vector<std::byte> headroom;    // HeadroomRecord; one that was being written is all zero
};

// Copies the extremes of the first `allocators` allocators.
ExtremesCopy copy_extremes(const CopySource& source, const SectionMap& map, uint64_t allocators);

void add_extremes(const ExtremesCopy& copy, const TickClock& clock, std::vector<Allocator>& allocators);

}  // namespace ttmem::ledger
