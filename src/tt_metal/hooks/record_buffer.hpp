// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// What the hook of the allocator does with a buffer that was just placed, for others that find one. In the hooks
// library only (hook_allocator.cpp).
#pragma once

#include "tt_metal/release/buffer_fields.hpp"
#include "tt_metal/release/foreign.hpp"

namespace ttmem::tt_metal {

void record_buffer(const BufferFamily& family, Allocator* allocator, const Buffer* buffer, uint64_t address) noexcept;

}  // namespace ttmem::tt_metal
