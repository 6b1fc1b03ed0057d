// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The lines that go to the end of a refusal's exception: what was wanted and free, what holds most, where to see more.
// Runs inside the host at a refusal: fixed buffers, no allocation, no lock that another process holds.
#pragma once

#include <cstdint>

#include "tt_alloc/client.h"

namespace ttmem::client {

inline constexpr uint32_t kMostRefusalLineBytes = 400;  // with the terminating zero

enum class Refused : uint8_t {
    kBuffer,
    kProgramByBuffer,  // its circular buffers meet an L1 buffer
    kProgramByL1,      // its circular buffers are larger than L1
    kProgramOfRing,    // it is larger than the kernel-config ring
    kTrace             // it is larger than the trace region
};

// The figures in the first line. UINT64_MAX: unknown.
struct RefusalFigures {
    uint32_t allocator = TT_ALLOC_NONE;
    uint32_t account = TT_ALLOC_L1;  // TT_ALLOC_DRAM, TT_ALLOC_L1, ...: whose holders are named
    Refused refused = Refused::kBuffer;
    // Of a buffer.
    uint64_t wanted_per_bank = 0;
    uint32_t banks = 0;
    uint64_t free_per_bank = UINT64_MAX;
    uint64_t largest_free_per_bank = UINT64_MAX;
    // Of a program: where its circular buffers would have ended, and where they have to. Of a ring or a trace: the bytes
    // wanted, and those of the memory region.
    uint64_t end_address = 0;
    uint64_t limit_address = 0;
};

// True unless TT_ALLOC_EXPLAIN is 0.
bool refusals_are_explained() noexcept;

// Writes the lines, each beginning with a newline and "ttmem: ", printable ASCII, terminated. Their bytes; 0: nothing
// can be said (tracking is off). `to` holds kMostRefusalLineBytes.
uint32_t refusal_lines(const RefusalFigures& figures, char* to) noexcept;

}  // namespace ttmem::client
