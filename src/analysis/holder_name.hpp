// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "analysis/holders.hpp"

namespace ttmem::inventory {

// The facts of a buffer that its name is made of, wherever the buffer is listed. Nothing in it is owned.
struct BufferFacts {
    std::string_view region;                // the program's own name of the part that it was in; empty: none
    const api::Context* context = nullptr;  // null: not known
    const api::Tensor* tensor = nullptr;    // null: not known
    std::string_view label;                 // empty: none
    api::BufferKind kind = api::BufferKind::kDram;
    uint64_t requested_bytes = 0;
    uint32_t page_bytes = 0;  // 0 unknown
    std::string_view layout;  // empty unknown
};
BufferFacts facts_of(const api::Model& model, const api::Buffer& buffer);

Maker maker_of(const BufferFacts& facts);
std::string tensor_text(const BufferFacts& facts);
// The name of a group of tensors: every number in a label becomes "*", as in "layers.*.attention.wq".
std::string tensor_group(const BufferFacts& facts);
std::optional<std::string> holder_name(const BufferFacts& facts, GroupBy by);

// The key by which holders() groups the buffer. Absent: the buffer has none.
std::optional<std::string> holder_name(const api::Model& model, const api::Buffer& buffer, GroupBy by);

}  // namespace ttmem::inventory
