// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Which lines of a stack are the program's own: those outside of ttnn's folder and of compiled text ("<string>"). The
// page (web/src/data/format.ts) and the pytest plugin apply the same rule; tests/repo compares them.
#pragma once

#include <string_view>

namespace ttmem {

inline constexpr std::string_view kTtnnFolder = "/ttnn/";

constexpr bool is_ttnn_file(std::string_view file) noexcept {
    return file.find(kTtnnFolder) != std::string_view::npos;
}

constexpr bool is_program_file(std::string_view file) noexcept {
    return !file.empty() && file.front() != '<' && !is_ttnn_file(file);
}

}  // namespace ttmem
