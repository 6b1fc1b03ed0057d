// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The origin of a buffer, a program or a refusal, in one line. Pure.
#pragma once

#include <optional>
#include <string>

#include "model/model.hpp"

namespace ttmem::output {

// "decoder/ttnn.matmul (models/attention.py:42)": scope and operation, and the innermost line that is not ttnn's own.
// `region`: the program's own name of its part, for an object without a context. Empty where nothing is known.
std::string origin_text(const api::Model& model, std::optional<api::ContextIndex> context,
                        const std::optional<std::string>& region);

// The origin of a buffer, after the name of its tensor: "layers.3.wq, decoder/ttnn.matmul (a.py:42)".
std::string origin_text(const api::Model& model, const api::Buffer& buffer);

}  // namespace ttmem::output
