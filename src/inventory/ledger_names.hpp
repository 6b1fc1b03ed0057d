// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The model's names for the ledger's numbers. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "model/model.hpp"

namespace ttmem::inventory {

// Empty unknown.
const char* arch_name(uint32_t arch);
const char* layout_name(uint8_t layout);

// nullopt: of a later minor version.
std::optional<api::EventType> event_type(uint8_t type);

}  // namespace ttmem::inventory
