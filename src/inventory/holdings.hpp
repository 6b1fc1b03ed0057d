// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The memory that a process holds on each of its devices, from the snapshot of its ledger. Pure.
//
// With bytes of one allocator on a chip, its counters are the figure. With several (a mesh and its submesh do not know
// of each other, and may both hand out one address): the union of their buffers' ranges, which needs the list.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "analysis/intervals.hpp"
#include "inventory/placed_spans.hpp"
#include "inventory/program_use.hpp"
#include "ledger/read/snapshot.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

// The account, buffer type and geometry index of a kind of memory.
uint32_t account_of(api::MemoryKind kind);
std::optional<api::MemoryKind> kind_of_account(uint32_t account);

struct KindHolding {
    api::Bytes allocated_bytes;
    uint64_t requested_bytes = 0;
    uint64_t buffers = 0;
    api::Bytes peak_bytes;  // absent when several allocators held bytes at overlapping times, or tracking began late
    api::Bytes peak_since_attach_bytes;  // instead, where tracking began late
    api::Bytes capacity_bytes;
    std::optional<uint32_t> banks;
    api::Bytes largest_free_bytes_per_bank;
    api::Bytes lockstep_waste_bytes;
    std::optional<uint64_t> highest_address;
    std::optional<uint64_t> lowest_address;
    api::Bytes least_largest_free_bytes_per_bank;
    api::Bytes largest_buffer_bytes_per_bank;  // so far
};

struct DeviceHolding {
    bool open = false;  // an allocator is open on it
    bool used = false;  // one is, or was
    api::PerKind<KindHolding> kinds;
    api::Bytes preallocated_bytes;
    // Reported through the six reports.
    api::Bytes circular_buffer_bytes;
    api::Bytes kernel_application_bytes;
    api::Bytes kernel_fabric_bytes;
    api::Bytes kernel_dispatch_bytes;
    std::optional<L1Edges> l1_edges;  // absent without the whole list
    std::optional<ledger::LeastHeadroom> least_headroom;
    ProgramUse programs;
};

struct Holdings {
    std::vector<DeviceHolding> devices;         // by index in Snapshot::devices
    std::vector<api::BufferKind> buffer_kinds;  // by index in Snapshot::buffers
    PlacedSpans spans;                          // not whole without the list
};

// `buffers_listed`: the snapshot was read with its buffers. Without, figures that need them are absent.
Holdings hold(const ledger::Snapshot& snapshot, bool buffers_listed);

// Fills in the memory of programs (DeviceHolding::programs) from a snapshot read with its programs.
void hold_programs(const ledger::Snapshot& snapshot, Holdings& holdings);

// Several allocators hold bytes of one kind on one device.
bool has_overlap(const ledger::Snapshot& snapshot);

// Whether a buffer lies on a device of its process.
bool lies_on(const ledger::Snapshot& snapshot, const ledger::Buffer& buffer, uint32_t device);

// Whether it lies on cores of its own alone (HYBRID allocator), and how many banks hold bytes of it; nothing unknown.
bool has_own_cores(const ledger::Buffer& buffer);
std::optional<uint32_t> used_banks(const ledger::Buffer& buffer);

// Ranges that allocators placed for this kind on this device in every bank.
std::vector<Interval> placed_intervals(const ledger::Snapshot& snapshot, uint32_t device, api::MemoryKind kind);

}  // namespace ttmem::inventory
