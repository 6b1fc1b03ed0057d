// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The peaks of a run's processes on each chip, and how large the memory regions have to be for that. Pure:
// from their ledgers, at their end or at any moment before.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ledger/read/snapshot.hpp"

namespace ttmem::dry_run {

// A ledger of the run, with the texts of its sidecar that refusals and the least headroom name.
struct RunLedger {
    ledger::Snapshot snapshot;
    std::vector<std::pair<uint32_t, std::string>> operations;    // context -> name
    std::vector<std::pair<uint32_t, std::string>> kernel_names;  // id -> name
};

// How near circular buffers and an L1 buffer came to each other on a chip.
struct Headroom {
    uint64_t bytes_per_core = 0;
    std::string operation;  // empty unknown
    bool operator==(const Headroom&) const = default;
};

// One kind of memory on one chip. All banks together, in bytes.
struct KindPeak {
    std::optional<uint64_t> peak_bytes;  // absent: several allocators held bytes at the same time
    uint64_t at_least_bytes = 0;         // the highest peak of one allocator
    uint64_t at_most_bytes = 0;          // the sum of the peaks of those that were open together
    uint64_t capacity_bytes = 0;         // the smallest that an allocator had; 0: none has this kind
    uint32_t banks = 0;
    bool operator==(const KindPeak&) const = default;
};

// An option of tt-metal's for opening a device, in bytes as tt-metal takes it.
struct SizeNeeded {
    uint64_t bytes = 0;
    bool at_least = false;  // requests were refused, or holes may cost more: the size that is enough is not known
    bool operator==(const SizeNeeded&) const = default;
};

struct DevicePeaks {
    int32_t index = 0;  // tt-metal's logical id
    bool mock = false;
    KindPeak dram;
    KindPeak l1;
    KindPeak l1_small;
    KindPeak trace;
    std::optional<Headroom> least_headroom;       // absent: no program met an L1 buffer, or the ledger does not keep it
    std::optional<SizeNeeded> l1_small_size;      // of each core; absent: the device has no such region
    std::optional<SizeNeeded> trace_region_size;  // of the device; absent: the device has no such region
    // The largest worker_l1_size that leaves the kernel-config ring room for the largest program; absent: not known.
    std::optional<uint64_t> most_worker_l1_size;
    std::optional<uint64_t> config_bytes;          // of the largest program on a core; absent: none was laid out
    std::optional<uint64_t> ring_bytes;            // of the kernel-config ring of a core; absent: not known
    std::optional<uint64_t> circular_buffers_end;  // the highest address on a core; absent: no program had any
    std::optional<uint64_t> l1_end;                // of the L1 that buffers and circular buffers share
    bool operator==(const DevicePeaks&) const = default;
};

// By logical id, ascending. A chip that several processes or allocators used is one.
std::vector<DevicePeaks> peaks_of(const std::vector<RunLedger>& ledgers);

// The text of an id; empty where there is none.
std::string text_of(const std::vector<std::pair<uint32_t, std::string>>& texts, uint32_t id);

}  // namespace ttmem::dry_run
