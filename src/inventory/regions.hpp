// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The names of buffers (Buffer::region): of their context, where the process names contexts (TT_ALLOC_OPERATIONS), else
// of their scope.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "inventory/own_ledger.hpp"
#include "inventory/sidecar_names.hpp"

namespace ttmem::inventory {

// SidecarNames::operation() of a context's number with this bit is the name that the process itself gave the context;
// empty: it gave none. No context has so large a number.
inline constexpr uint32_t kOwnName = 1u << 31;

const std::string& region_of(const SidecarNames& names, uint32_t scope, uint32_t context);
// The same of an event, whose context is a scope alone where it is nothing else.
const std::string& region_of(const SidecarNames& names, uint32_t context);

// region_of() each of these contexts in the ledger that this very process writes, in their order; all empty where its
// texts cannot be read.
std::vector<std::string> own_regions(const OwnLedger& own, const std::vector<uint32_t>& contexts);

}  // namespace ttmem::inventory
