// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Reads a program of tt-metal into the client's structures: its circular and dataflow buffers, its kernels and their
// scratchpads.
//
// Circular buffers and kernels are read through functions that the library exports. Dataflow buffers (matmul, softmax
// and others of 0.81.1) have none and are read at their offsets (known_releases.hpp); before the first one is believed,
// its address and size must be among those that the allocation itself just named
// (ProgramImpl::CircularBufferAllocator::mark_address, noted by the hook). Where that fails the program's buffers are
// recorded as unknown, and a line on stderr says so. A program with dataflow buffers in tensors alone allocates none:
// for such programs it is enough that a buffer stood as it was asked for (ProgramImpl::add_dataflow_buffer).
// In a newer release, or one without a version, both must agree before anything is believed, and the words are read
// through the kernel until then, since they may be anything. Objects of older releases are left alone.
//
// Scratchpads (0.78.0 and later) are read through exported functions. They move only with the dataflow buffers under
// them, so print_of() need not look at them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tt_alloc/client.h"
#include "tt_metal/hook_thread.hpp"
#include "tt_metal/release/symbols.hpp"

namespace ttmem::tt_metal {

// Keeps what a report points to.
struct ProgramReport {
    tt_alloc_program program{};
    std::vector<tt_alloc_circular_buffer> circular_buffers;
    std::vector<tt_alloc_circular_buffer_use> uses;  // one for each of them
    std::vector<tt_alloc_kernel> kernels;
    std::vector<std::vector<tt_alloc_core_range>> cores;
    std::vector<std::string> names;
    uint64_t scratchpads = 0;  // among the circular buffers

    bool empty() const noexcept { return circular_buffers.empty() && kernels.empty() && program.flags == 0; }
};

// Fills in all but the place (allocator, device). `device` is the one that the program was compiled for; `is_system`:
// it was made by tt-metal itself, not by an application. Throws what foreign functions and containers throw.
ProgramReport read_program(const Symbols& symbols, Program* program, Device* device, bool is_system);

// Holds the dataflow buffers' offsets against what an allocation of the program just marked. Programs allocate them
// when they are made, long before a launch. True: what is believed of them changed, and with it what print_of() says of
// every program that has some.
bool check_dataflow_layout(const Symbols& symbols, const Program* program, const std::vector<Mark>& marks) noexcept;

// Holds them against what the program was just asked for: the buffer of that id is its last. True: as above.
bool check_dataflow_made(const Symbols& symbols, const Program* program, uint32_t id, const ForeignCoreRanges& cores,
                         const DataflowConfig* config) noexcept;

// The names of its kernels, each once, ", " between them.
std::string kernel_names(const Symbols& symbols, Program* program);

// Hash of what a launch may change in a program: addresses and sizes. Cheap; equal for an unchanged program.
struct ProgramPrint {
    uint64_t own = 0;     // of buffers in memory of their own
    uint64_t global = 0;  // of those in tensors
    // A dataflow buffer lies in a tensor. Each launch sets which one, the same or another.
    bool follows_tensors = false;

    bool operator==(const ProgramPrint&) const = default;
};
ProgramPrint print_of(const Symbols& symbols, const Program* program);

// Addresses of the global circular buffers, by index in ProgramReport::circular_buffers.
std::vector<std::pair<uint32_t, uint64_t>> global_addresses(const Symbols& symbols, const Program* program);

}  // namespace ttmem::tt_metal
