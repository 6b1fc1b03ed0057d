// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The buffer table as rows. Inside the reader only.
#pragma once

#include <cstddef>
#include <vector>

#include "ledger/read/read_devices.hpp"
#include "ledger/read/roll_back.hpp"
#include "ledger/read/section_map.hpp"
#include "ledger/read/snapshot.hpp"
#include "ledger/read/tick_clock.hpp"

namespace ttmem::ledger {

// Decodes a record and its BufferExtra, `beside`, which is null in a ledger of 1.1.
Buffer decode_buffer(uint64_t slot, const std::byte* bytes, const std::byte* beside, const TickClock& clock);

// The live rows by slot, each copied once: whole only if the writer stood still meanwhile, which the caller finds out.
std::vector<Buffer> copy_buffers(const CopySource& source, const SectionMap& map, const TickClock& clock);

// The live rows by slot, each whole, though the writer runs on: a row counts if two copies of it agree.
std::vector<Buffer> copy_buffers_of_busy_writer(const CopySource& source, const SectionMap& map,
                                                const TickClock& clock);

// Puts the slots that events in flight concern in the state in which those events were judged.
void replace_slots(std::vector<Buffer>& buffers, const std::vector<SlotInFlight>& slots, bool extras,
                   const TickClock& clock);

// Stops as corrupt if a row names an allocator, device, account or type that does not exist, or its bytes overflow.
void check_buffers(const std::vector<Buffer>& buffers, uint64_t allocators, uint64_t devices);

// Fills Snapshot::core_sets and core_addresses with the entries that rows name. Stops as corrupt where an entry does
// not exist. `one_moment` false: addresses may have been given to another buffer meanwhile, and are left out.
void add_places(const CopySource& source, const SectionMap& map, bool one_moment, InternedSets& sets,
                std::vector<Buffer>& rows, Snapshot& snapshot);

}  // namespace ttmem::ledger
