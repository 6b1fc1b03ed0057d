// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Simulates tt-metal's allocator in one bank: first fit by address, from the lower end for DRAM and TRACE, from the
// upper end for L1 and L1_SMALL. A freed block joins its neighbours at once. Pure; for one thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "model/l1.hpp"

namespace ttmem::analysis {

class FreeList {
public:
    // `blocks`: what is free, in any order. `alignment`: that every size is rounded up to (0: none).
    FreeList(const std::vector<api::FreeBlock>& blocks, uint32_t alignment, bool top_down);

    uint64_t rounded(uint64_t bytes) const;

    // Takes a block; its address. nullopt: no hole is large enough, and nothing was taken.
    std::optional<uint64_t> place(uint64_t bytes);

    // Gives back what lies at `address`. The bytes must not be free yet.
    void give_back(uint64_t address, uint64_t bytes);

    uint64_t largest() const;

private:
    std::map<uint64_t, uint64_t> holes_;  // address -> bytes
    uint32_t alignment_;
    bool top_down_;
};

}  // namespace ttmem::analysis
