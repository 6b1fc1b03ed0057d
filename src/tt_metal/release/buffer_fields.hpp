// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Reads the fields of a tt::tt_metal::Buffer, in every release. Two families:
//   accessors (0.79.0 and later)   the library exports an accessor for each field (buffer_accessors.cpp)
//   offsets   (up to 0.78.0)       size, type and device have inline accessors only and are read at their offsets, which
//                                  a check at start proves against the library's own functions (buffer_offsets.cpp)
// Thread safe once chosen. None of these functions throws.
#pragma once

#include "tt_metal/release/symbols.hpp"

namespace ttmem::tt_metal {

struct BufferFields {
    uint64_t id = 0;  // unique among the live buffers of this process, below 2^62
    uint64_t size = 0;
    uint32_t page_bytes = 0;  // 0 unknown
    BufferType type = 0;
    uint8_t layout = 0;       // TT_ALLOC_LAYOUT_*
    uint16_t used_banks = 0;  // of a sharded one: cores (or DRAM banks) that shards lie on; 0 unknown
};

// A family: the functions that read each field.
struct BufferFamily {
    const char* name;
    bool (*read)(const Buffer*, BufferFields&) noexcept;  // false: the object contradicts itself, do not track any more
    uint64_t (*id)(const Buffer*) noexcept;
    Device* (*device)(const Buffer*) noexcept;
};

// The family that this library belongs to, or nullptr with the reason in `problem` (static text).
const BufferFamily* choose_buffer_family(const Symbols& symbols, const char*& problem) noexcept;

// For choose_buffer_family: each gives its family if the library has what it needs and the check at start passes.
const BufferFamily* accessor_family(const Symbols& symbols) noexcept;
const BufferFamily* offset_family(const Symbols& symbols, const char*& problem) noexcept;

}  // namespace ttmem::tt_metal
