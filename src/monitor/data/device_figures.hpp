// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Figures of a device that several views show. Absent when not known.
#pragma once

#include "model/fresh_sensor.hpp"
#include "model/model.hpp"

namespace ttmem::monitor {

inline api::Bytes capacity_of(const api::MemoryUse& use) {
    return use.capacity_bytes ? use.capacity_bytes : use.physical_bytes;
}

// L1 buffers and circular buffers share the banks; L1_SMALL and kernels have regions of their own and are parts of L1
// without being parts of that figure.
inline api::Bytes l1_used(const api::Device& device) {
    const api::Bytes buffers = device.memory[api::MemoryKind::kL1].allocated_bytes;
    return buffers ? api::Bytes(*buffers + device.circular_buffers.current_bytes.value_or(0)) : std::nullopt;
}

using api::fresh_sensor;

}  // namespace ttmem::monitor
