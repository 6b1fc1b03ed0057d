// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Finds changes that would make a refused request succeed. Each was tried on a simulated allocator (free_list.hpp).
// Pure.
#pragma once

#include <optional>
#include <vector>

#include "analysis/why.hpp"
#include "model/model.hpp"

namespace ttmem::analysis {

// A bank's state and the request.
struct BankQuestion {
    const api::Model& model;
    const api::FreeSpace& space;  // with its blocks
    uint64_t wanted_bytes = 0;    // in each bank
};

// Neighbouring buffers with the fewest bytes whose end makes a hole that is large enough. None of kernels' binaries, of
// what the program cache keeps, or of tensors whose memory is not the allocator's.
std::optional<Advice> buffers_to_free(const BankQuestion& question);

// Neighbouring buffers that leave a hole that is large enough when each is given back and allocated again.
std::optional<Advice> buffers_to_move(const BankQuestion& question);

// Size of the memory region (L1_SMALL, TRACE) with which the request would have been granted. `space`: absent of a
// process that ended.
std::optional<Advice> larger_region(const api::Failure& failure, const api::FreeSpace* space);

// A smaller data type of a tiled tensor, with which it fits into a hole of `largest_bytes`.
std::optional<Advice> smaller_type(const api::Model& model, const api::Failure& failure, uint64_t largest_bytes,
                                   uint32_t alignment);

// The worker_l1_size with which the kernel-config ring has room for the refused program; 0: not known, for the process
// has ended.
uint64_t worker_l1_for_ring(const api::Model& model, const api::Failure& failure);

// Of a clash: all L1 buffers that begin below the end of the circular buffers; none named: one of them is no tensor's, or
// what they met lies on a service core. nullopt: the allocator has none there.
std::optional<Advice> buffers_in_the_way(const api::Model& model, const api::Failure& clash);

}  // namespace ttmem::analysis
