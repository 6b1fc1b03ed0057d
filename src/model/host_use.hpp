// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

namespace ttmem::api {

// Figures of a process in its host beside the memory that every model has (HostMemory); absent where the kernel does
// not say. Metrics alone have these figures, so they are read when a scraper asks.
struct HostUse {
    std::optional<uint64_t> virtual_bytes;  // address space
    std::optional<uint64_t> swap_bytes;     // swapped out
    std::optional<uint64_t> threads;
    std::optional<double> processor_seconds;  // of all its threads, ended ones too, since the process began
    bool operator==(const HostUse&) const = default;
};

}  // namespace ttmem::api
