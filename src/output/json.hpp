// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The model as JSON: the contract that scripts rely on. Fields may be added; renaming one, or changing what one means,
// raises `schema`. Unknown values are null. 64-bit integers are numbers, except ids of chips, which are text ("0x...").
//
// `index` (in devices and in processes[].devices) and `device_indexes` (in buffers) are places in the `devices` array.
// They tell devices apart where `id` cannot: two programs may call different chips 0.
#pragma once

#include <nlohmann/json.hpp>

#include "model/model.hpp"

namespace ttmem::api {

inline constexpr int kSchema = 1;

// Keys stand in the order of the contract. `buffers` is there when the model lists them.
nlohmann::ordered_json to_json(const Model& model);

// One row of a list of that model.
nlohmann::ordered_json to_json(const Buffer& buffer, const Model& model);
nlohmann::ordered_json to_json(const Event& event, const Model& model);

// As text, one object; bytes that are no UTF-8 (a command line may hold any) become U+FFFD. indent < 0: one line.
std::string to_json_text(const Model& model, int indent);

}  // namespace ttmem::api
