// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A whole model as bytes, for a server's answer to tools of its own version (archive.hpp). Nothing is left out, so that
// a tool shows a model that it was given as it would have shown one that it made.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/model.hpp"

namespace ttmem::api {

std::string to_bytes(const Model& model);

// nullopt: the bytes are no model, or contain an index that is out of range.
std::optional<Model> model_from_bytes(std::string_view bytes);

}  // namespace ttmem::api
