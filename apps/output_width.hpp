// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// How wide tables for people are printed.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <optional>

namespace ttmem {

inline constexpr size_t kLeastWidth = 60;
inline constexpr size_t kUsualWidth = 80;
inline constexpr size_t kMostWidth = 1000;

// --width N.
void add_width_option(CLI::App& app, std::optional<size_t>& width);

// The option's value, else the terminal's width, else (into a pipe or a file) the value of COLUMNS, else 80; within the
// bounds above.
size_t width_of_output(const std::optional<size_t>& given);

// Whether the user's locale has UTF-8; else ASCII alone is drawn.
bool output_is_utf8();

}  // namespace ttmem
