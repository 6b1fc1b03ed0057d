// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Gives programs kernel binaries on a mock cluster, which builds none. Preloaded in front of the hooks, of which it
// uses nothing: whenever tt-metal asks a program what is to be transferred, and there is no binary, it finds one of 32
// KiB. The words of it are made up; where they go, and what is allocated for them, is tt-metal's own doing.
#include <dlfcn.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

// Of ProgramTransferInfo in ttnn 0.81.1 (disassembly of MeshWorkloadImpl::load_binaries).
constexpr size_t kBinaries = 0x20;  // std::vector<uint32_t>

constexpr size_t kWords = 8192;

}  // namespace

#define TRANSFER_INFO "_ZNK2tt8tt_metal6detail11ProgramImpl25get_program_transfer_infoEv"

const void* transfer_info(const void*) __asm__(TRANSFER_INFO) __attribute__((visibility("default"), used));
const void* transfer_info(const void* program) {
    // Python loads tt-metal for itself alone, so that RTLD_NEXT does not see it.
    static const auto next = reinterpret_cast<const void* (*)(const void*)>(
        dlsym(dlopen("libtt_metal.so", RTLD_NOW | RTLD_NOLOAD), TRANSFER_INFO));
    const void* info = next(program);
    auto* binaries = reinterpret_cast<std::vector<uint32_t>*>(reinterpret_cast<uintptr_t>(info) + kBinaries);
    if (binaries->empty()) {
        binaries->assign(kWords, 0x13);
    }
    return info;
}
