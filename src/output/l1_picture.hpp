// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// All pictures of one device's L1 and DRAM banks as JSON: what `ttmem l1 --json` prints of it. docs/snapshot-json.md
// names the fields. Pure; needs a model with buffers and programs.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "model/model.hpp"

namespace ttmem::inventory {

// With a core: that core's layout instead of the worker cores' common one, and its gauge alone.
nlohmann::ordered_json l1_picture(const api::Model& model, size_t device, const std::optional<api::Core>& core);

}  // namespace ttmem::inventory
