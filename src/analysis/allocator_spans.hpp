// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The address ranges that an allocator's buffers cover: sums over the banks of a million buffers then need no list of
// buffers. Plain data.
#pragma once

#include <map>
#include <vector>

#include "analysis/intervals.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

// Of an allocator of which Model::buffers holds at most some: its placed buffers lie in every bank on all of its
// devices, and no other allocator of its process has buffers of that kind there. The buffer with the lowest address in
// L1 is in Model::buffers. The intervals belong to the caller, and are as flattened() gives them.
struct AllocatorSpans {
    api::PerKind<const std::vector<Interval>*> taken{};  // null: nothing
};
using SpansOf = std::map<api::AllocatorIndex, AllocatorSpans>;  // by index in Model::allocators

}  // namespace ttmem::inventory
