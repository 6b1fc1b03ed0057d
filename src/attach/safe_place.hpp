// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// May a thread that stands here be borrowed to start another? pthread_create allocates, so the thread must not be in
// the middle of malloc (its per-thread cache has no lock) nor hold a lock that pthread_create wants. Such locks are
// held only while code of libc, the loader or a malloc library runs on top of the stack. So:
//
//   in other code                      yes
//   in libc, in a system call          yes for those that malloc and the loader never make
//   in libc or malloc otherwise        not now: let it run and look again
//   within a signal handler            not now: what it interrupted is unknown
#pragma once

#include <sys/user.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "attach/memory_image.hpp"

namespace ttmem::attach {

class SafePlace {
public:
    explicit SafePlace(const MemoryImage& image);

    bool allows(const user_regs_struct& registers, const MemoryImage& image) const;

    // Whether a signal handler may be running on the thread: what it returns to is below it. In doubt: yes.
    bool may_handle_signal(const user_regs_struct& registers, const MemoryImage& image) const;

private:
    std::vector<std::pair<uint64_t, uint64_t>> careful_;  // code of libc, the loader, malloc libraries; after all code
    uint64_t signal_return_ = 0;                          // where a signal handler returns to
};

// The registers with which the borrowed thread goes on as if it had not been stopped. A system call that the stop
// interrupted is made again, as the kernel would.
struct GoOn {
    uint64_t at = 0;
    uint64_t result = 0;  // rax
};
std::optional<GoOn> go_on_after(const user_regs_struct& registers);

}  // namespace ttmem::attach
