// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// All pictures of one device's L1 and DRAM banks as JSON: what `ttmem l1 --json` prints of it. docs/snapshot-json.md
// names the fields. Pure; needs a model with buffers and programs.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "analysis/holders.hpp"
#include "analysis/observed_peaks.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

// With a core: that core's layout instead of the worker cores' common one, and its gauge alone.
nlohmann::ordered_json l1_picture(const api::Model& model, size_t device, const std::optional<api::Core>& core);

// Groups of buffers (holders.hpp) as `ttmem snapshot --group-by --json` lists them.
nlohmann::ordered_json holders_json(const std::vector<Holder>& holders, const api::Model& model);

// What was held most in a time of observation, as `ttmem snapshot --observe --json` says it.
nlohmann::ordered_json observed_json(const ObservedPeaks& peaks, const api::Model& model);

}  // namespace ttmem::inventory
