// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Records a buffer that was just placed: the work of the allocator's hook, for other code that finds a buffer. In the
// hooks library only (hook_allocator.cpp).
#pragma once

#include "tt_metal/release/buffer_fields.hpp"
#include "tt_metal/release/foreign.hpp"

namespace ttmem::tt_metal {

void record_buffer(const BufferFamily& family, Allocator* allocator, const Buffer* buffer, uint64_t address) noexcept;

}  // namespace ttmem::tt_metal
