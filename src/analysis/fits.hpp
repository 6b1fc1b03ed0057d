// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Whether a tensor would fit: on a device as it is now, or on an empty board. Pure. Answers about L1 are the
// allocator's: circular buffers of a program that runs afterwards need room of their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "analysis/tensor_size.hpp"
#include "analysis/why.hpp"
#include "base/result.hpp"
#include "model/model.hpp"

namespace ttmem::analysis {

struct Fit {
    api::AllocatorIndex allocator;  // index into Model::allocators
    api::DeviceIndex device;        // index into Model::devices: the one that was asked for
    api::Banks banks;
    TensorSize size;
    uint64_t wanted_bytes_per_bank = 0;  // as a refusal by tt-metal says it
    uint64_t taken_bytes_per_bank = 0;   // with the allocator's rounding
    uint64_t taken_bytes = 0;            // in all banks of a device
    uint64_t free_bytes_per_bank = 0;
    uint64_t largest_free_bytes_per_bank = 0;
    std::optional<uint64_t> address;  // where it would lie, the same in each bank; absent: it does not fit
    Why why;                          // of one that does not fit: verdict, holders and advice, as of a refusal
};

// An answer for each allocator that has the device open; empty: none has. A tensor that does not fit is added to
// `model` as a tensor and a failure, which the answer's Why refers to. Needs Model::buffers.
// Errors: as size_of(); more shards than banks; HYBRID allocators, whose rules are others.
Result<std::vector<Fit>> fits(api::Model& model, api::DeviceIndex device, const TensorQuestion& question);

// A device of which nothing is taken: what a program has that opens such a board with the defaults.
struct EmptyBoard {
    std::string arch;  // "wormhole_b0", "blackhole"
    std::string board;
    uint32_t dram_banks = 0;
    uint64_t dram_bytes = 0;  // of all banks together
    uint32_t l1_banks = 0;
    uint64_t l1_bytes = 0;
};

// A model of one such device, for fits().
api::Model model_of(const EmptyBoard& board);

}  // namespace ttmem::analysis
