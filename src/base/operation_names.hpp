// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// TT_ALLOC_OPERATIONS: whether buffers, programs and refusals are named after the ttnn operation that made them, and
// after how many lines of the program. The hooks and the Python package read the variable by this function alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ttmem {

inline constexpr uint32_t kMostOperationLines = 9;

// The end of the message about another value.
inline constexpr char kOperationValues[] =
    "is none of 1 (names), lines (names and the line), lines:2 to lines:9 (and its callers') and 0";

// 0: operations are not named; n + 1: they are, with n lines. nullopt: the value means nothing.
constexpr std::optional<uint32_t> operation_names(std::string_view value) noexcept {
    for (const std::string_view off : {"", "0", "off", "false", "no"}) {
        if (value == off) {
            return 0;
        }
    }
    for (const std::string_view on : {"1", "on", "true", "yes"}) {
        if (value == on) {
            return 1;
        }
    }
    constexpr std::string_view kLines = "lines";
    if (value == kLines) {
        return 2;
    }
    if (!value.starts_with("lines:") || value.size() != kLines.size() + 2) {
        return std::nullopt;
    }
    const auto lines = static_cast<uint32_t>(value.back() - '0');
    return lines >= 1 && lines <= kMostOperationLines ? std::optional(lines + 1) : std::nullopt;
}

}  // namespace ttmem
