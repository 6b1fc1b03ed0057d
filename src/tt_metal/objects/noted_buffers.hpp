// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The few live buffers whose end the allocator does not report: made at an address of the caller's choice, or taken by
// a capture. Their end is the end of the Buffer object, and every Buffer's end passes here, so the common case (none
// noted) is one load.
//
// A buffer at an address of the caller's choice is mostly a view into a buffer that an allocator placed (ttnn.reshape).
// When that buffer is freed while the view lives, the view dangles: it is found here by its address. Thread safe.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>

#include "tt_metal/release/symbols.hpp"

namespace ttmem::tt_metal {

// Where a noted buffer lies. Two allocators over one chip may give out the same address, so the allocator counts too.
struct NotedPlace {
    uint32_t allocator = 0;  // the client's handle
    uint8_t type = 0;
    uint64_t address = 0;
    auto operator<=>(const NotedPlace&) const = default;
};

// Remembers under which id the buffer was reported, and where it lies (nothing of one that takes no address). False
// when there is no memory.
bool note_buffer(const Buffer* buffer, uint64_t id, const std::optional<NotedPlace>& place) noexcept;

// Forgets it and gives the id; nothing when it was never noted.
std::optional<uint64_t> take_noted(const Buffer* buffer) noexcept;

// Calls `found` with the id of every noted buffer that begins in the `bytes` (of a bank) from `from` on, under a lock:
// `found` must not come back here.
void for_noted_within(const NotedPlace& from, uint64_t bytes, void (*found)(uint64_t id) noexcept) noexcept;

// Tracking ends: what is noted now is not taken any more.
void forget_all_noted() noexcept;

// False most of the time, and then all that the end of a buffer costs.
inline bool any_noted() noexcept {
    return __builtin_expect(g_hot.noted.load(std::memory_order_relaxed) != 0, 0);
}

}  // namespace ttmem::tt_metal
