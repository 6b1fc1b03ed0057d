// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The few live buffers whose end the allocator does not report: made at an address of the caller's choice, or taken by
// a capture. Their end is the end of the Buffer object, and every Buffer's end passes here, so the common case (none
// noted) is one load.
#pragma once

#include <cstdint>
#include <optional>

#include "tt_metal/release/symbols.hpp"

namespace ttmem::tt_metal {

// Remembers under which id the buffer was reported. False when there is no memory.
bool note_buffer(const Buffer* buffer, uint64_t id) noexcept;

// Forgets it and gives the id; nothing when it was never noted.
std::optional<uint64_t> take_noted(const Buffer* buffer) noexcept;

// Tracking ends: what is noted now is not taken any more.
void forget_all_noted() noexcept;

// False most of the time, and then all that the end of a buffer costs.
inline bool any_noted() noexcept {
    return __builtin_expect(g_hot.noted.load(std::memory_order_relaxed) != 0, 0);
}

}  // namespace ttmem::tt_metal
