// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The cold tables: devices, allocators, interned sets. Inside the reader only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "ledger/read/section_map.hpp"
#include "ledger/read/snapshot.hpp"
#include "ledger/read/tick_clock.hpp"

namespace ttmem::ledger {

// The interned sets, each checked as it is asked for. Hands out a bounded number of elements in all: many records of a
// hostile file may name one large set.
class InternedSets {
public:
    // `bytes`: FileHeader::interned_bytes, loaded after whatever names a set.
    InternedSets(const CopySource& source, const Table& table, uint64_t bytes);

    // Stop as corrupt if no such set begins at `offset`, or an element of it is out of range.
    std::vector<uint32_t> device_set(uint32_t offset, uint64_t devices);
    std::vector<CoreRange> core_set(uint32_t offset);

private:
    // Payload of the entry that begins at `offset`.
    std::pair<const std::byte*, uint32_t> find(uint32_t offset, uint32_t type, uint32_t element_bytes);

    std::vector<std::byte> data_;
    std::vector<uint32_t> starts_;
    uint64_t elements_left_ = uint64_t{4} << 20;
};

std::vector<Device> read_devices(const CopySource& source, const Table& table, uint64_t count);

// The allocator table, as two copies with the totals read between them.
std::vector<std::byte> copy_allocators(const CopySource& source, const Table& table, uint64_t count);

// Whether every record is the same in both copies and none of them is being rewritten.
bool allocators_stand_still(const std::vector<std::byte>& before, const std::vector<std::byte>& after);

// By index. A record that is unused or being rewritten has generation 0, no devices and is not open.
std::vector<Allocator> decode_allocators(const std::vector<std::byte>& before, const std::vector<std::byte>& after,
                                         uint64_t devices, InternedSets& sets, const TickClock& clock);

}  // namespace ttmem::ledger
