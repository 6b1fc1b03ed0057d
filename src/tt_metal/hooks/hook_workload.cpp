// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A workload is assembled, laid out in the kernel-config ring, and its kernels' binaries go into DRAM. The Program is
// moved into the workload with its implementation's address.
#include "tt_metal/hook_thread.hpp"
#include "tt_metal/objects/program_ranges.hpp"
#include "tt_metal/objects/region_refusals.hpp"
#include "tt_metal/release/stand_ins.hpp"
#include "tt_metal/tracking.hpp"

namespace ttmem::tt_metal {

void add_program(MeshWorkload* workload, const MeshRange* range, ProgramHandle* program) {
    if (tracking() != nullptr && symbols().programs_known) {
        const ErrnoKeeper keeper;
        keep_range(symbols(), *program, range);
    }
    originals().add_program(workload, range, program);
}

void lay_out_in_ring(MeshWorkload* workload, MeshDevice* mesh) {
    try {
        originals().lay_out_in_ring(workload, mesh);
    } catch (std::exception& error) {
        if (tracking() != nullptr) {
            record_ring_refusal(mesh, error);
        }
        throw;
    }
}

void load_binaries(MeshWorkload* workload, MeshQueue* queue) {
    struct Scope {
        Scope() noexcept { hook_thread.loading_binaries = true; }
        ~Scope() { hook_thread.loading_binaries = false; }
    } const scope;
    tracking();
    g_hot.original.load_binaries(workload, queue);
}

}  // namespace ttmem::tt_metal
