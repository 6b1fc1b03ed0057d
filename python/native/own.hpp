// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// This process's own figures, straight from the counters of its ledger's writer. Everything here runs with the GIL
// held, and throws NotTracked where there is nothing to ask.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "loaded.hpp"

namespace ttmem::python {

// ttmem.NotTrackedError.
struct NotTracked : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The library that can be asked. Throws NotTracked.
const Loaded& own_library();

// The account of a kind by its name ("dram", "l1", "l1_small", "trace"); nothing of another word.
std::optional<uint32_t> account_of(std::string_view kind);

inline constexpr uint32_t kOwnAccounts[] = {0, 1, 3, 4, 7, 8, 9, 10};
inline constexpr uint32_t kMostAccounts = 16;

std::vector<tt_alloc_own_allocator> own_allocators(int32_t device);

// Bytes held on a device. nullopt: the counters cannot say (several allocators hold bytes there, or buffers of a mesh
// lie on one device alone); use the list of buffers.
std::optional<uint64_t> held_bytes(const Loaded& library, int32_t device, uint32_t account);

// The totals of a device since the ledger was made, over all accounts and allocators.
tt_alloc_own_totals_t sum_of(const Loaded& library, int32_t device, uint32_t account);

}  // namespace ttmem::python
