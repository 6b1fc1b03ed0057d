// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Memory of the process's own for the writer's tables, which readers of the ledger do not see.
#pragma once

#include <sys/mman.h>

#include <cstddef>

namespace ttmem::ledger {

// Zeroed memory for `count` records, which takes room only as it is touched. Null when refused. From mmap, so that a
// report made inside the host's allocator is safe.
template <typename Record>
Record* reserve_private(size_t count) noexcept {
    void* memory = mmap(nullptr, count * sizeof(Record), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? nullptr : static_cast<Record*>(memory);
}

}  // namespace ttmem::ledger
