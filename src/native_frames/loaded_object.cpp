// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "native_frames/loaded_object.hpp"

#include <link.h>

namespace ttmem::native_frames {

namespace {

struct Search {
    uintptr_t address;
    Extent found;
};

int is_there(dl_phdr_info* info, size_t, void* of) {
    auto& search = *static_cast<Search*>(of);
    Extent extent;
    for (int i = 0; i < info->dlpi_phnum; ++i) {
        const ElfW(Phdr)& segment = info->dlpi_phdr[i];
        if (segment.p_type != PT_LOAD) {
            continue;
        }
        const uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
        const uintptr_t end = begin + segment.p_memsz;
        extent.begin = extent.end == 0 || begin < extent.begin ? begin : extent.begin;
        extent.end = end > extent.end ? end : extent.end;
    }
    if (!extent.covers(search.address)) {
        return 0;
    }
    extent.is_program = info->dlpi_name == nullptr || info->dlpi_name[0] == '\0';
    search.found = extent;
    return 1;
}

}  // namespace

Extent object_at(uintptr_t address) noexcept {
    Search search{address, {}};
    dl_iterate_phdr(is_there, &search);
    return search.found;
}

uint64_t unloads() noexcept {
    uint64_t count = 0;
    dl_iterate_phdr(
        [](dl_phdr_info* info, size_t, void* to) {
            *static_cast<uint64_t*>(to) = info->dlpi_subs;
            return 1;
        },
        &count);
    return count;
}

}  // namespace ttmem::native_frames
