// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Figures of devices and processes that follow from a model and that several outputs show. Pure. A figure that is not
// known is absent.
#pragma once

#include <cstddef>
#include <vector>

#include "model/model.hpp"

namespace ttmem::analysis {

// The capacity of the allocator, or else all memory of the kind: the whole of which a bar or a share is drawn.
inline api::Bytes capacity_of(const api::MemoryUse& use) {
    return use.capacity_bytes ? use.capacity_bytes : use.physical_bytes;
}

// L1 buffers and circular buffers share the banks; L1_SMALL and kernels have memory regions of their own and are parts
// of L1 without being parts of that figure.
inline api::Bytes l1_used(const api::Device& device) {
    const api::Bytes buffers = device.memory[api::MemoryKind::kL1].allocated_bytes;
    return buffers ? api::Bytes(*buffers + device.circular_buffers.current_bytes.value_or(0)) : std::nullopt;
}

// A sum over the devices of a process; absent while any part of it is, and of a process without devices.
template <typename Get>
api::Bytes sum_over_devices(const api::Process& process, Get get) {
    api::Bytes total = 0;
    for (const api::ProcessDevice& device : process.devices) {
        const api::Bytes part = get(device);
        if (!part) {
            return std::nullopt;
        }
        *total += *part;
    }
    return process.devices.empty() ? std::nullopt : total;
}

// A process's figures over all its devices.
struct ProcessTotals {
    api::Bytes dram;
    api::Bytes l1;
    api::Bytes circular_buffers;
    api::Bytes kernels;
    api::Bytes dram_peak;  // each device's peak, which need not have been at one moment
    api::Bytes l1_peak;
    api::Bytes dram_peak_since_attach;  // instead, where tracking was switched on while the process ran
    api::Bytes l1_peak_since_attach;
};
ProcessTotals process_totals(const api::Process& process);

// Memory in the host: 0 resident, 1 locked, 2 pinned, 3 in huge pages.
inline api::Bytes host_bytes(const api::Process& process, size_t which) {
    if (!process.host) {
        return std::nullopt;
    }
    const api::Bytes all[] = {process.host->rss_bytes, process.host->locked_bytes, process.host->pinned_bytes,
                              process.host->huge_bytes};
    return all[which];
}

// Whether views and tables list the device: a mock exists only while a process has it open; a card is there whether or
// not a process uses it.
inline bool is_shown(const api::Device& device) {
    return !device.mock || device.live_processes > 0;
}
// Indexes into Model::devices.
std::vector<api::DeviceIndex> shown_devices(const api::Model& model);

}  // namespace ttmem::analysis
