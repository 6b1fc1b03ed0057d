// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Figures of a device's allocators, those of own_json() without JSON. Called with the GIL held; it is released while the
// ledger is read.
#pragma once

#include <cstdint>
#include <optional>
#include <tuple>

#include "model/model.hpp"

namespace ttmem::python {

// reserved_bytes, capacity_bytes, allocated_bytes, largest_free_bytes_per_bank and banks of a kind; each None where it
// is not known.
using Figures = std::tuple<std::optional<uint64_t>, std::optional<uint64_t>, std::optional<uint64_t>,
                           std::optional<uint64_t>, std::optional<uint32_t>>;

// nullopt: this process has not opened the device. The ledger is read when something happened in it since the last
// call.
std::optional<Figures> own_figures(int32_t device, api::MemoryKind kind);

}  // namespace ttmem::python
