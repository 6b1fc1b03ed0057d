// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Buffers that hold the same bytes (api::Conflict), as sentences for people. Pure.
#pragma once

#include <string>

#include "model/model.hpp"

namespace ttmem::monitor {

// Both buffers by name, where they overlap, and the consequence. Printable; no line break.
std::string conflict_sentence(const api::Model& model, const api::Conflict& conflict);

// "2 pairs of buffers hold the same bytes"; empty when there is none.
std::string conflict_summary(const api::Model& model);

}  // namespace ttmem::monitor
