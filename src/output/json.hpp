// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The model as JSON: the contract that scripts rely on. Fields may be added; renaming one, or changing what one means,
// raises `schema`. Unknown values are null. 64-bit integers are numbers, except ids of chips, which are text ("0x...").
//
// `index` (in devices and in processes[].devices) and `device_indexes` (in buffers) are places in the `devices` array.
// They distinguish devices where `id` cannot: two programs may call different chips 0.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "model/model.hpp"
#include "output/text_room.hpp"

namespace ttmem::api {

inline constexpr int kSchema = 1;

// Keys stand in the order of the contract. `buffers` is there when the model lists them.
nlohmann::ordered_json to_json(const Model& model);

// A row of a list of that model.
nlohmann::ordered_json to_json(const Buffer& buffer, const Model& model);
nlohmann::ordered_json to_json(const Event& event, const Model& model);

// The parts of to_json(model) before the list of buffers, and after it.
nlohmann::ordered_json json_before_buffers(const Model& model);
nlohmann::ordered_json json_after_buffers(const Model& model);

// Calls its argument with each buffer of a list, its context and its tensor (null: not known), which are valid until
// the list ends.
using RowTaker = std::function<void(const Buffer&, const Context*, const Tensor*)>;
using EachRow = std::function<void(const RowTaker&)>;
void each_row(const Model& model, const RowTaker& take);  // those of Model::buffers

// The text of to_json(model) in pieces, with the list of `each_row` (empty: without one) and followed by `after`,
// json_after_buffers(model) or more. The list is never in memory as a whole. False: the sink took no more.
bool write_json(const Model& model, int indent, const EachRow& each_row, const nlohmann::ordered_json& after,
                const output::TextSink& sink);

// As text, one object; bytes that are no UTF-8 (a command line may hold any) become U+FFFD. indent < 0: one line.
std::string to_json_text(const Model& model, int indent);

}  // namespace ttmem::api
