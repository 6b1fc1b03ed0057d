// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// All pictures of one device's L1 and DRAM banks as JSON: what `ttmem l1 --json` prints of it. docs/snapshot-json.md
// names the fields. Pure; needs a model with buffers and programs.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "analysis/holders.hpp"
#include "analysis/l1_analysis.hpp"
#include "analysis/observed_peaks.hpp"
#include "model/model.hpp"

namespace ttmem::inventory {

// With a core: that core's layout instead of the worker cores' common one, and its gauge alone.
// `l1`: the device's analysis, or that of one that is alike.
nlohmann::ordered_json l1_picture(api::DeviceIndex device, L1Analysis& l1, const std::optional<api::Core>& core);

// Its parts, in its order; "l1" and "dram" stand between the cores and the gauge. Of devices that are alike
// (memory_map.hpp) all but the device itself, its circular buffers and its failures are the same.
nlohmann::ordered_json l1_device(const api::Model& model, api::DeviceIndex device);
nlohmann::ordered_json l1_cores(L1Analysis& l1);
nlohmann::ordered_json l1_gauge(L1Analysis& l1, const std::optional<api::Core>& core);
nlohmann::ordered_json l1_circular_buffers(const api::Model& model, api::DeviceIndex device);
nlohmann::ordered_json l1_programs(L1Analysis& l1);
nlohmann::ordered_json l1_failures(const api::Model& model, api::DeviceIndex device);

// Groups of buffers (holders.hpp) as `ttmem snapshot --group-by --json` lists them.
nlohmann::ordered_json holders_json(const std::vector<Holder>& holders, const api::Model& model);

// The peaks of a time of observation, for `ttmem snapshot --observe --json`.
nlohmann::ordered_json observed_json(const ObservedPeaks& peaks, const api::Model& model);

}  // namespace ttmem::inventory
