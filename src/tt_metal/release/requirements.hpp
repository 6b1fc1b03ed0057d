// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The symbols that a libtt_metal.so must export to be tracked. The hooks look in the loaded library, `ttmem doctor` in
// the symbol table of a file. Standard headers only.
#pragma once

#include "tt_metal/release/names.hpp"

namespace ttmem::tt_metal {

// A symbol that must be there under either name; `earlier`: its name in earlier releases, or nullptr.
struct Requirement {
    const char* name;
    const char* earlier;
};

// Without these there is no tracking.
inline constexpr Requirement kBufferRequirements[] = {
    {TTMEM_ALLOCATE_BUFFER, TTMEM_065_ALLOCATE_BUFFER},
    {TTMEM_DEALLOCATE_BUFFER, TTMEM_065_DEALLOCATE_BUFFER},
    {TTMEM_DEALLOCATE_BUFFERS, TTMEM_065_DEALLOCATE_BUFFERS},
    {TTMEM_ALLOCATOR_CREATED, TTMEM_065_ALLOCATOR_CREATED},
    {TTMEM_MESH_OPENED, TTMEM_065_MESH_OPENED},
    {TTMEM_BUFFER_PAGE_SIZE, nullptr},
    {TTMEM_BUFFER_SIZE_PER_BANK, nullptr},
    {TTMEM_NUM_BANKS, TTMEM_065_NUM_BANKS},
    {TTMEM_BANK_SIZE, TTMEM_065_BANK_SIZE},
    {TTMEM_ALIGNMENT, TTMEM_065_ALIGNMENT},
    {TTMEM_BASE_ADDRESS, TTMEM_065_BASE_ADDRESS},
    {TTMEM_MESH_ID, nullptr},
    {TTMEM_MESH_DEVICE_IDS, nullptr},
    {TTMEM_MESH_DEVICES, nullptr},
    {TTMEM_MESH_ALLOCATOR, TTMEM_065_MESH_ALLOCATOR},
    {TTMEM_DEVICE_VTABLE, nullptr},
    {TTMEM_MESH_VTABLE, nullptr},
};

// Without these buffers are tracked, and programs with their circular buffers and kernels are not.
inline constexpr Requirement kProgramRequirements[] = {
    {TTMEM_PROGRAM_ID, nullptr},
    {TTMEM_PROGRAM_KERNELS, nullptr},
    {TTMEM_PROGRAM_CIRCULAR_BUFFERS, nullptr},
    {TTMEM_CIRCULAR_BUFFER_SIZE, nullptr},
    {TTMEM_CIRCULAR_BUFFER_IS_GLOBAL, nullptr},
    {TTMEM_CIRCULAR_BUFFER_CORES, nullptr},
    {TTMEM_CIRCULAR_BUFFER_ID, nullptr},
    {TTMEM_CIRCULAR_BUFFER_ADDRESS, nullptr},
    {TTMEM_KERNEL_NAME, nullptr},
    {TTMEM_KERNEL_CORES, nullptr},
    {TTMEM_COMPUTE_KERNEL_VTABLE, nullptr},
    {TTMEM_PROGRAM_GONE, nullptr},
};

// The first name that is not there; nullptr when all are. `has` takes a name.
template <typename Requirements, typename Has>
const char* first_missing(const Requirements& requirements, const Has& has) {
    for (const Requirement& requirement : requirements) {
        if (!has(requirement.name) && (requirement.earlier == nullptr || !has(requirement.earlier))) {
            return requirement.name;
        }
    }
    return nullptr;
}

}  // namespace ttmem::tt_metal
