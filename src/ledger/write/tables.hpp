// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The tables of a ledger, which the parts of the writer fill.
#pragma once

#include "ledger/write/allocator_table.hpp"
#include "ledger/write/buffer_table.hpp"
#include "ledger/write/core_addresses.hpp"
#include "ledger/write/device_table.hpp"
#include "ledger/write/interned_sets.hpp"
#include "ledger/write/ledger_header.hpp"
#include "ledger/write/sections.hpp"
#include "ledger/write/shards.hpp"
#include "ledger/write/sidecar_writer.hpp"

namespace ttmem::ledger {

struct Tables {
    LedgerHeader header;
    Sections sections;
    SidecarWriter sidecar{sections, header};
    DeviceTable devices{sections};
    InternedSets sets{sections};
    AllocatorTable allocators{sections, shards};
    CoreAddresses addresses{sections};
    BufferTable buffers{sections};
    Shards shards{sections};
};

}  // namespace ttmem::ledger
