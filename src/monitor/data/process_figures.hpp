// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A process's figures over all its devices. A sum is absent while any part of it is.
#pragma once

#include "model/model.hpp"

namespace ttmem::monitor {

struct ProcessFigures {
    api::Bytes dram;
    api::Bytes l1;
    api::Bytes circular_buffers;
    api::Bytes kernels;
    api::Bytes dram_peak;  // each device's peak, which need not have been at one moment
    api::Bytes l1_peak;
    api::Bytes dram_peak_since_attach;  // instead, where tracking was switched on while the process ran
    api::Bytes l1_peak_since_attach;
};

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

inline ProcessFigures process_figures(const api::Process& process) {
    using api::MemoryKind;
    using Use = api::ProcessDevice;
    ProcessFigures figures;
    figures.dram = sum_over_devices(process, [](const Use& use) { return use.bytes[MemoryKind::kDram]; });
    figures.l1 = sum_over_devices(process, [](const Use& use) { return use.bytes[MemoryKind::kL1]; });
    figures.circular_buffers = sum_over_devices(process, [](const Use& use) { return use.circular_buffer_bytes; });
    figures.kernels = sum_over_devices(process, [](const Use& use) { return use.kernel_bytes; });
    figures.dram_peak = sum_over_devices(process, [](const Use& use) { return use.peak_bytes[MemoryKind::kDram]; });
    figures.dram_peak_since_attach =
        sum_over_devices(process, [](const Use& use) { return use.peak_since_attach_bytes[MemoryKind::kDram]; });
    figures.l1_peak_since_attach =
        sum_over_devices(process, [](const Use& use) { return use.peak_since_attach_bytes[MemoryKind::kL1]; });
    figures.l1_peak = sum_over_devices(process, [](const Use& use) { return use.peak_bytes[MemoryKind::kL1]; });
    return figures;
}

// Memory in the host: 0 resident, 1 locked, 2 pinned, 3 in huge pages.
inline api::Bytes host_bytes(const api::Process& process, size_t which) {
    if (!process.host) {
        return std::nullopt;
    }
    const api::Bytes all[] = {process.host->rss_bytes, process.host->locked_bytes, process.host->pinned_bytes,
                              process.host->huge_bytes};
    return all[which];
}

}  // namespace ttmem::monitor
