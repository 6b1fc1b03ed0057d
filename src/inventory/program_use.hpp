// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The L1 of one device that the programs of one process take. Pure.
//
// All programs lay out their circular buffers from the same base and hold nothing in the allocator between launches, so
// three figures answer three questions:
//   current        what the program that was launched last on each core has there. Host order: the device may lag
//   cached union   what is taken on a core if any program of the cache may be launched again: the union of all
//   programs sum   every program's buffers added up, as the proof of concept counted; more than the chip has is normal
// Circular buffers in a buffer's memory (global, borrowed) or in another one's (alias) add nothing.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "ledger/read/snapshot.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

struct ProgramUse {
    api::CircularBufferUse circular_buffers;
    // Kernels by ledger::ProgramType, size x cores. Absent: nothing is known of the process's programs, or not of some
    // kernel's size.
    api::Bytes kernels[3];
    api::Bytes kernels_all;
    bool operator==(const ProgramUse&) const = default;
};

// Where the allocator's part of a core's L1 begins, and the lowest buffer in it (its end when there is none).
struct L1Edges {
    uint64_t base = 0;
    uint64_t lowest_buffer = 0;  // in every bank
    // By place (core_bits.hpp), of buffers that lie on single cores.
    std::map<uint32_t, uint64_t> lowest_on_core = {};
    auto operator<=>(const L1Edges&) const = default;
};

// By index of the device. Everything is absent where the process never reported a program. `edges`: by device; absent
// ones leave the figures that need them absent.
std::vector<ProgramUse> program_uses(const ledger::Snapshot& snapshot,
                                     const std::vector<std::optional<L1Edges>>& edges);

}  // namespace ttmem::inventory
