// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Describes the devices of a mesh, or one device, as the client wants them. Cold: runs when a device opens.
// Functions may throw what the standard containers throw; callers record nothing then.
#pragma once

#include <vector>

#include "tt_alloc/client.h"
#include "tt_metal/release/symbols.hpp"

namespace ttmem::tt_metal {

// A chip as the hooks know it. The description is kept because a forked child reports it again, to its own ledger.
struct Chip {
    Device* device = nullptr;        // tt-metal's Device; its life is the mesh's
    uint32_t index = TT_ALLOC_NONE;  // the client's, in the ledger that the chip was last described to
    tt_alloc_device description{};
};

// tt-metal's MetalContext of a device; nullptr when it cannot be asked for.
void* find_context(const Api& api, const Device* device);

bool is_mesh(const Device* device) noexcept;    // by its vtable
bool is_device(const Device* device) noexcept;  // by its vtable

// The chips of a mesh in the mesh's order, without those of remote hosts. Does not call the client.
std::vector<Chip> describe_mesh(const Symbols& symbols, const MeshDevice* mesh);

// A device outside any mesh: one chip, or none when its logical id cannot be found.
std::vector<Chip> describe_device(const Symbols& symbols, Device* device);

}  // namespace ttmem::tt_metal
