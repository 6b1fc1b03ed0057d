// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The contents of L1 and DRAM banks as JSON: the parts of `ttmem snapshot`. docs/snapshot-json.md names the
// fields.
#pragma once

#include <nlohmann/json.hpp>

#include "model/model.hpp"

namespace ttmem::api {

nlohmann::ordered_json cores_json(const CoreSet& cores);  // [[start x, start y, end x, end y], ...]
nlohmann::ordered_json sums_json(const LayoutSums& sums, const Bytes& physical_bytes);
nlohmann::ordered_json space_json(const FreeSpace& space, const Model& model);
nlohmann::ordered_json ring_json(const ConfigRing& ring, const Model& model);
nlohmann::ordered_json region_json(const Region& region, const Model& model);
nlohmann::ordered_json clash_ahead_json(const ClashAhead& clash, const Model& model);
nlohmann::ordered_json program_json(const Program& program, const Model& model);
nlohmann::ordered_json failure_json(const Failure& failure, const Model& model);

// Adds to a device's "memory" what its summary knows: layout, spaces, regions, rings and clashes ahead.
void add_l1_summary(nlohmann::ordered_json& memory, const Model& model, DeviceIndex device);

}  // namespace ttmem::api
