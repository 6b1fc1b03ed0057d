// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Reads failures, and programs with ReadOptions::programs. In two steps, since the sets that records name are complete
// only in a copy made after the records. Inside the reader only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "ledger/read/read_devices.hpp"
#include "ledger/read/section_map.hpp"
#include "ledger/read/snapshot.hpp"
#include "ledger/read/tick_clock.hpp"

namespace ttmem::ledger {

// Whole records, as copied.
struct FailuresCopy {
    std::vector<std::pair<uint64_t, std::vector<std::byte>>> records;  // by number
};
FailuresCopy copy_failures(const CopySource& source, const SectionMap& map, uint64_t failure_count);
std::vector<Failure> decode_failures(const FailuresCopy& copy, uint64_t allocators, InternedSets& sets,
                                     const TickClock& clock);

// Whole programs with their circular buffers and kernels, whole config rings, regions, as copied. A record that changes
// while it is copied is left out: it comes or goes just now.
struct ProgramsCopy {
    struct One {
        std::vector<std::byte> record;
        std::vector<std::byte> circular_buffers;
        std::vector<std::byte> kernels;
    };
    std::vector<One> programs;
    bool told = false;  // there is a table of programs
    std::vector<std::byte> config_rings;
    std::vector<std::byte> regions;
};
ProgramsCopy copy_programs(const CopySource& source, const SectionMap& map);
void decode_programs(const ProgramsCopy& copy, uint64_t allocators, uint64_t devices, InternedSets& sets,
                     const TickClock& clock, Snapshot& snapshot);

}  // namespace ttmem::ledger
