// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Finds changes that would make a refused request succeed. Each was tried on a simulated allocator (free_list.hpp).
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
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

// Neighbouring buffers of a bank that are in the way of the request. Never kernels' binaries, what the program cache
// keeps, or tensors whose memory is not the allocator's. What the question refers to must live as long.
class Relief {
public:
    // A run of neighbouring buffers: freeing all of them leaves a hole of at least the wanted bytes.
    struct Run {
        size_t first = 0;
        size_t end = 0;  // after the last
        uint64_t bytes = 0;
        uint64_t held_alike = 0;  // bytes of a bank that buffers with the context of the run's first hold together
    };

    explicit Relief(const BankQuestion& question);

    // Buffers with the fewest bytes whose end makes a hole that is large enough.
    std::optional<Advice> buffers_to_free() const;
    // Buffers that leave a hole that is large enough when each is given back and allocated again.
    std::optional<Advice> buffers_to_move() const;

private:
    BankQuestion question_;
    std::vector<api::BufferIndex> placed_;  // the buffers in the bank, by address
    std::vector<Run> runs_;                 // of placed_, the cheapest first
};

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
