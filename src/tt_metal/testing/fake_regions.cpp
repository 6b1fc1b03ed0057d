// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The part of the made-up libtt_metal.so that refuses what is larger than its memory region, in the words of ttnn 0.81.1
// (the ring) and of every release (the trace).
#include "tt_metal/testing/fake_regions.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>

#include "tt_metal/release/names.hpp"

#define EXPORTED(name) __asm__(name) __attribute__((visibility("default"), noinline))

using namespace ttmem::tt_metal;

void lay_out_in_ring(MeshWorkload*, MeshDevice*) EXPORTED(TTMEM_LAY_OUT_IN_RING);
void lay_out_in_ring(MeshWorkload*, MeshDevice*) {
    throw std::runtime_error(
        "TT_FATAL @ program.cpp:3759: state.offset <= max_size\ninfo:\nProgram size (18064) too large for kernel "
        "config "
        "buffer (13984) on TENSIX, 4080 B over:\n  kernel text 17808 B");
}
void end_mesh_trace(MeshDeviceImpl*, uint8_t, const MeshTraceId*) EXPORTED(TTMEM_TRACE_END);
void end_mesh_trace(MeshDeviceImpl*, uint8_t, const MeshTraceId*) {
    throw std::runtime_error(
        "Creating trace buffers of size 98304B on MeshDevice 1, but only 65536B is allocated for trace region.");
}

void fake::refuse_by_regions(MeshDevice* mesh) {
    const MeshTraceId trace{7};
    std::string texts[2];
    try {
        lay_out_in_ring(nullptr, mesh);
    } catch (const std::runtime_error& error) {
        texts[0] = error.what();
    }
    try {
        end_mesh_trace(nullptr, 0, &trace);
    } catch (const std::runtime_error& error) {
        texts[1] = error.what();
    }
    if (texts[0].find("\nttmem: the program takes 18064 bytes") == std::string::npos || texts[1].empty()) {
        std::abort();
    }
}
