// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// How the tables with a line for each (allocator, account) are divided: into blocks of 64 allocators, which are added
// to the ledger together.
#pragma once

#include <cstdint>

#include "ledger/format.hpp"

namespace ttmem::ledger {

inline constexpr uint32_t kMaxAllocators = 1024;
inline constexpr uint32_t kAllocatorBlocks = kMaxAllocators / kAllocatorsPerSection;
inline constexpr uint32_t kLinesPerBlock = kAllocatorsPerSection * kAccounts;

// The line in one of the blocks of a table.
template <typename Line>
inline Line& line_of(Line* const* blocks, uint32_t allocator, uint32_t account) noexcept {
    return blocks[allocator / kAllocatorsPerSection][allocator % kAllocatorsPerSection * kAccounts + account];
}

}  // namespace ttmem::ledger
