// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Parses the exception of a refusal. Its text is the only place where the allocator names the figures it decided by: a
// sharded buffer is laid over as many banks as it has shards, and its size is rounded first, so the request has other
// figures. Pure; safe from any thread; nothing here throws or allocates.
#pragma once

#include <cstdint>
#include <optional>

#include "tt_alloc/client.h"

namespace ttmem::tt_metal {

struct AllocationRefusal {
    uint64_t requested_bytes = 0;
    uint32_t banks = 0;
    uint64_t bytes_per_bank = 0;
    uint64_t bank_bytes = UINT64_MAX;  // size of a bank; UINT64_MAX where the text does not say, as the next
    uint64_t free_per_bank = UINT64_MAX;
};

// The figures of "Out of Memory: Not enough space to allocate ..."; nullopt where the text is another one.
std::optional<AllocationRefusal> read_allocation_refusal(const char* text) noexcept;

// "largest free block: ... B" in it; UINT64_MAX where it does not say.
uint64_t read_largest_free_block(const char* text) noexcept;

struct ClashRefusal {
    uint64_t buffer_address = 0;  // where the lowest buffer in the way begins
    uint64_t end_address = 0;     // where the program's buffers would have ended
    tt_alloc_core_range cores{};
    bool cores_known = false;
};

// The figures of "Statically allocated circular buffers in program 0 clash with L1 buffers ..." and of its fellows for
// dataflow buffers and for service cores; nullopt where the text is another one.
std::optional<ClashRefusal> read_clash(const char* text) noexcept;

struct SizeRefusal {
    uint64_t end_address = 0;  // where the program's buffers would have ended
    uint64_t limit_bytes = 0;  // of a core's L1
    bool dataflow = false;     // dataflow buffers, not circular ones
    tt_alloc_core_range cores{};
    bool cores_known = false;
};

// The figures of "Statically allocated circular buffers on core range ... grow to ... B which is beyond max L1 size of
// ... B" and of its fellow for dataflow buffers; nullopt where the text is another one.
std::optional<SizeRefusal> read_beyond_l1(const char* text) noexcept;

struct RegionRefusal {
    uint64_t wanted_bytes = 0;  // of a program on a core, of a trace's buffers on a device
    uint64_t region_bytes = 0;  // of the ring of a core, of the trace region of a device
    bool workers = false;       // the ring of worker cores, not of Ethernet cores
};

// The figures of "Program size (...) too large for kernel config buffer (...) on TENSIX"; nullopt where the text is
// another one.
std::optional<RegionRefusal> read_ring_refusal(const char* text) noexcept;

// The figures of "Creating trace buffers of size ...B on MeshDevice ..., but only ...B is allocated for trace region.";
// nullopt where the text is another one.
std::optional<RegionRefusal> read_trace_refusal(const char* text) noexcept;

}  // namespace ttmem::tt_metal
