// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// What the programs' command lines share.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

namespace ttmem {

// Gives the program's exit code when parsing did not go through, help and version included.
std::optional<int> parse(CLI::App& app, const std::vector<std::string>& words);

}  // namespace ttmem
