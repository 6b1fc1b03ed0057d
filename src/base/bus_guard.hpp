// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A mapped file that another program cuts short raises SIGBUS in the thread that touches a lost page, here one of the
// host's. The guard answers it: private memory takes the place of the mapping, the thread goes on, and the owner is
// informed.
#pragma once

#include <cstddef>

namespace ttmem {

// Watches [begin, begin + bytes), a mapping of a file, for as long as the process lives. At a SIGBUS in it the whole
// mapping becomes private zeroed memory and `lost` is called, once, in the signal's context (async-signal-safe code
// only). A SIGBUS elsewhere goes to the handler that was there before. Installs its handler at the first call;
// a host that installs its own afterwards has precedence. False: no room (8 mappings), or the handler was refused.
bool guard_mapping(void* begin, size_t bytes, void (*lost)() noexcept) noexcept;

// The mapping is gone: its addresses are not watched any more.
void unguard_mapping(const void* begin) noexcept;

}  // namespace ttmem
