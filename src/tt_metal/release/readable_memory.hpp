// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Reads of memory that may not be there: an object of a release that was not looked into is read with these until
// a check has agreed that it is laid out as expected. The kernel copies, and answers with an error where a plain load
// would fault.
#pragma once

#include <sys/uio.h>
#include <unistd.h>

#include <cstddef>

#include "base/errno_keeper.hpp"

namespace ttmem::tt_metal {

// False: some of it is not readable, or the kernel does not allow the call (seccomp of old container runtimes).
inline bool copy_if_readable(const void* from, void* to, size_t bytes) noexcept {
    const ErrnoKeeper keeper;
    const iovec target{to, bytes};
    const iovec source{const_cast<void*>(from), bytes};
    return process_vm_readv(getpid(), &target, 1, &source, 1, 0) == static_cast<ssize_t>(bytes);
}

}  // namespace ttmem::tt_metal
