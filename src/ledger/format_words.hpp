// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Types and constants that every part of the ledger's format uses. Included by format.hpp and its parts.
#pragma once

#include <atomic>
#include <cstdint>

namespace ttmem::ledger {

inline constexpr uint32_t kNone = 0xffffffff;         // no index
inline constexpr uint64_t kUnknown64 = ~uint64_t{0};  // no value

// A word that the writer stores whole: aligned, lock free, the same bytes as the plain integer.
using Word32 = std::atomic<uint32_t>;
using Word64 = std::atomic<uint64_t>;
static_assert(sizeof(Word32) == 4 && alignof(Word32) == 4 && Word32::is_always_lock_free);
static_assert(sizeof(Word64) == 8 && alignof(Word64) == 8 && Word64::is_always_lock_free);

// An interned set of cores in logical coordinates, both ends inside.
struct CoreRange {
    uint16_t start_x, start_y, end_x, end_y;
};
static_assert(sizeof(CoreRange) == 8);

}  // namespace ttmem::ledger
