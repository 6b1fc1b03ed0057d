// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Lists the objects that a process made before it was tracked: its meshes, their allocators, the buffers in them.
//
// Meshes are reached from the open chips: a chip names the newest mesh over it, a mesh names its parent and its
// submeshes. An allocator that is reached in none of these ways is found at its next allocation, and its older buffers
// are then missing.
#pragma once

#include <utility>
#include <vector>

#include "tt_metal/release/buffer_fields.hpp"
#include "tt_metal/release/foreign.hpp"
#include "tt_metal/release/symbols.hpp"

namespace ttmem::tt_metal {

// Names a symbol that the listing needs and this release lacks; nullptr: none is missing.
const char* listing_lacks(const Symbols& symbols) noexcept;

// Opens every allocator that is there, and records of each that programs may be loaded that no hook saw. May wait for
// locks of tt-metal: never while the gate is shut. Returns nullptr, or why the open allocators cannot be listed (static
// text).
const char* open_all_allocators(const Symbols& symbols) noexcept;

using Places = std::vector<std::pair<Allocator*, Device*>>;

// Records every buffer of every allocator that is known. Only while the gate is shut. Allocators that another thread
// allocated from meanwhile and that are not known yet come back in `unknown`, and nothing is recorded then: open the
// gate, make them known with open_for_buffer, and try again. False when there is no memory.
bool list_buffers(const Symbols& symbols, const BufferFamily& family, Places& unknown) noexcept;

}  // namespace ttmem::tt_metal
