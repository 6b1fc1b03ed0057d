// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Single values as JSON: what is not known is null.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/text.hpp"
#include "model/model.hpp"

namespace ttmem::api {

using Json = nlohmann::ordered_json;

template <typename T>
Json or_null(const std::optional<T>& value) {
    return value ? Json(*value) : Json(nullptr);
}

// An id of a chip: too large for the numbers of many readers.
inline Json hex_or_null(const std::optional<uint64_t>& value) {
    return value ? Json(hex_text(*value)) : Json(nullptr);
}

inline Json text_or_null(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

// A context as JSON: its scope, its operation, its stack (innermost first).
Json scope_or_null(std::optional<ContextIndex> context, const Model& model);
Json operation_or_null(std::optional<ContextIndex> context, const Model& model);
Json stack_or_null(std::optional<ContextIndex> context, const Model& model);
Json stack_or_null(const Context& context);

Json tensor_json(const Tensor& tensor);

// Of a buffer with an address of its own on each core: [x, y, address] of each; else null.
Json addresses_json(const Buffer& buffer);

inline Json container_or_null(const std::optional<Container>& container) {
    if (!container) {
        return nullptr;
    }
    return Json{{"runtime", text_or_null(container->runtime)},
                {"id", text_or_null(container->id)},
                {"pod", text_or_null(container->pod)},
                {"job", text_or_null(container->job)}};
}

}  // namespace ttmem::api
