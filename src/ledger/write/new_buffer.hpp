// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "ledger/format.hpp"

namespace ttmem::ledger {

// A buffer as it is reported to the writer.
struct NewBuffer {
    uint64_t id;
    uint64_t address;
    uint64_t requested_bytes;
    uint64_t bytes_per_bank;
    uint32_t page_bytes;
    uint16_t allocator;
    uint16_t banks;
    uint16_t device;  // kAllDevices or a device's index
    uint8_t account;
    uint8_t type;
    uint8_t layout;
    uint8_t flags;
    // Facts for BufferExtra; a default says that the fact is not known.
    uint32_t core_set = kNone;   // interned
    uint32_t placement = kNone;  // the first of `placements` core addresses
    uint32_t placements = 0;
    uint16_t used_banks = 0;
};

// The cores that a buffer lies on, and where each has an address of its own, these.
struct NewPlaces {
    const CoreRange* ranges;
    uint32_t range_count;
    const CoreAddressRecord* addresses;
    uint32_t address_count;
};

}  // namespace ttmem::ledger
