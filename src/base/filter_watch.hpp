// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Notices that the host has shut itself in (a seccomp filter) since it was first looked at: a system call that the
// filter does not list may end the process, so that slow paths make none from then on.
#pragma once

namespace ttmem {

// Opens the process's own status and notes what filters it has now (a container's do no harm). Call before the sandbox
// can come, with system calls still allowed. Safe to call again; a forked child calls it for itself.
void prepare_filter_watch() noexcept;

// True once the process's main thread has more filters than at prepare_filter_watch(); stays true. Costs one
// pread(2), about 20 us. False also where the watch could not be made (no /proc) or the host closed its descriptor. A
// filter that another thread alone put on is not seen.
bool calls_are_filtered() noexcept;

}  // namespace ttmem
