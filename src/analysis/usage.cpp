// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/usage.hpp"

namespace ttmem::analysis {

ProcessTotals process_totals(const api::Process& process) {
    using api::MemoryKind;
    using Use = api::ProcessDevice;
    ProcessTotals totals;
    totals.dram = sum_over_devices(process, [](const Use& use) { return use.bytes[MemoryKind::kDram]; });
    totals.l1 = sum_over_devices(process, [](const Use& use) { return use.bytes[MemoryKind::kL1]; });
    totals.circular_buffers = sum_over_devices(process, [](const Use& use) { return use.circular_buffer_bytes; });
    totals.kernels = sum_over_devices(process, [](const Use& use) { return use.kernel_bytes; });
    totals.dram_peak = sum_over_devices(process, [](const Use& use) { return use.peak_bytes[MemoryKind::kDram]; });
    totals.l1_peak = sum_over_devices(process, [](const Use& use) { return use.peak_bytes[MemoryKind::kL1]; });
    totals.dram_peak_since_attach =
        sum_over_devices(process, [](const Use& use) { return use.peak_since_attach_bytes[MemoryKind::kDram]; });
    totals.l1_peak_since_attach =
        sum_over_devices(process, [](const Use& use) { return use.peak_since_attach_bytes[MemoryKind::kL1]; });
    return totals;
}

std::vector<api::DeviceIndex> shown_devices(const api::Model& model) {
    std::vector<api::DeviceIndex> shown;
    for (api::DeviceIndex i{0}; i < model.devices.size(); ++i) {
        if (is_shown(model.devices[i])) {
            shown.push_back(i);
        }
    }
    return shown;
}

}  // namespace ttmem::analysis
