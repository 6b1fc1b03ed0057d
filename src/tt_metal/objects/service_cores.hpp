// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// L1 that tt-metal's ServiceCoreManager gives out (0.78.0 and later): cores of the dispatch column that dispatch does
// not use are claimed for host and device streams, and their L1 is handed out from its end downward. They are in no
// bank and the allocator knows nothing of them, so what is taken is recorded as regions of these cores.
//
// Safe from any thread. In a forked child nothing is known any more, as of the parent's regions.
#pragma once

#include <vector>

#include "tt_alloc/client.h"
#include "tt_metal/release/foreign.hpp"

namespace ttmem::tt_metal {

void service_l1_allocated(Device* device, const Grid& core, uint64_t address, uint64_t bytes) noexcept;
// From the address to the end of the core's L1, which belongs to tt-metal's own buffers.
void service_l1_reserved(Device* device, const Grid& core, uint64_t address) noexcept;
void service_l1_freed(const Device* device, const Grid& core, uint64_t address) noexcept;

// The cores are released, and the memory that was given out of them with them.
void service_cores_released(const Device* device, const std::vector<Grid>& cores) noexcept;
void service_device_closed(int chip) noexcept;

// Whether L1 of any core has been given out, and whether of one of these: a buffer that lies there lies in no bank.
bool any_service_cores() noexcept;
bool any_service_core(const std::vector<tt_alloc_core_range>& cores) noexcept;

}  // namespace ttmem::tt_metal
