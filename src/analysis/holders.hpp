// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Live buffers grouped: which part of the program, operation, line, tensor or kind of memory holds how much.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/model.hpp"

namespace ttmem::inventory {

enum class GroupBy : uint8_t { kScope, kOperation, kLine, kFunction, kModule, kTensor, kKind };
std::string_view to_string(GroupBy by);
std::optional<GroupBy> group_by(std::string_view word);  // nothing: no such word
inline constexpr const char* kGroupWords = "scope, operation, line, function, module, tensor or kind";

// The origin of a buffer. A field is absent where the process did not record it.
struct Maker {
    std::optional<std::string> scope;      // "decoder/attention"
    std::optional<std::string> operation;  // "ttnn.matmul"
    std::optional<std::string> line;       // "models/attention.py:42", of the program that called the operation
    std::optional<std::string> function;   // "models/attention.py:forward", that the line is in
    std::optional<std::string> module;     // "models/attention.py", the file of the line
};
Maker maker_of(const api::Model& model, const api::Buffer& buffer);

// "1x32x64 bfloat16 tile, interleaved"; of a buffer whose tensor is not known its size and pages.
std::string tensor_text(const api::Model& model, const api::Buffer& buffer);

// Buffers of one process that have one answer in common.
struct Holder {
    api::ProcessIndex process;        // index into Model::processes
    std::optional<std::string> name;  // absent: of these it is not known
    uint64_t buffers = 0;
    uint64_t allocated_bytes = 0;  // on one device each: a buffer of a mesh counts once
    uint64_t device_bytes = 0;     // on all of their devices together
};

// Groups, the largest first. Views and buffers without bytes are left out. `device`: an index into Model::devices;
// buffers on it alone.
std::vector<Holder> holders(const api::Model& model, GroupBy by, std::optional<api::DeviceIndex> device = std::nullopt);

}  // namespace ttmem::inventory
