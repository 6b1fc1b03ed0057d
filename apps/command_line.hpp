// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Helpers that the command lines of all programs share.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ttmem {

// Gives the program's exit code when parsing did not go through, help and version included. While a reader is set,
// parse() hands it the command line with all that is declared, reads no words and gives 0, so that nothing is carried
// out: that is how completions and manual pages are made. Not for several threads. An empty reader ends it.
std::optional<int> parse(CLI::App& app, const std::vector<std::string>& words);
void set_command_line_reader(std::function<void(CLI::App&)> reader);

}  // namespace ttmem
