// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Whether this process is tracked, decided once at the first hooked call, and what every hook keeps while it records.
//
// Off:     TT_ALLOC_TRACKING_ENABLED is not 1; libtt_metal.so already reports by itself; something that tracking needs
//          is missing or a check failed (one line on stderr names it). The stand-ins then only call the originals.
#pragma once

#include <atomic>

#include "base/errno_keeper.hpp"
#include "tt_alloc/client.h"
#include "tt_metal/release/buffer_fields.hpp"
#include "tt_metal/release/symbols.hpp"

namespace ttmem::tt_metal {

// The value of Hot::family once tracking is decided against; nullptr until that is decided.
extern const BufferFamily kNotTracking;
const BufferFamily* decide_tracking() noexcept;

// How buffers are read while tracking is on; nullptr while it is off. Decides at the first call.
inline const BufferFamily* tracking() noexcept {
    const BufferFamily* family = g_hot.family.load(std::memory_order_acquire);
    if (__builtin_expect(family == nullptr, 0)) {
        family = decide_tracking();
    }
    return family != &kNotTracking ? family : nullptr;
}

// How buffers of this library are read, whatever the environment says. nullptr with the reason in `problem`.
const BufferFamily* find_family(const Symbols& symbols, char (&problem)[384]) noexcept;

// Registers the library with the client and switches tracking on. Before the first report. `late`: the library may have
// allocated before.
void begin_tracking(const Symbols& symbols, bool late) noexcept;

// Python or `ttmem attach` asked for tracking (or not), before libtt_metal.so is there to decide about.
void ask_for_tracking(bool on) noexcept;

// Switches tracking off for good and says why, once: "ttmem: <reason>; this process runs untracked".
void stop_tracking(const char* reason) noexcept;

// A hook leaves errno as the application had it (ErrnoKeeper). The client's own calls keep errno themselves, so the
// ordinary allocation and free need no keeper.

}  // namespace ttmem::tt_metal
