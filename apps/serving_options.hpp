// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The command line of the program that serves. ttmem has it too, for completions and manual pages.
#pragma once

#include <CLI/CLI.hpp>

#include "commands.hpp"

namespace ttmem {

inline constexpr const char* kServingAbout = "Serves clients of the proof of concept's socket, metrics and JSON.";

void add_serving_options(CLI::App& app, ServerCommand& command);

// Hands the command line to the reader that is set (command_line.hpp).
void read_serving_options();

}  // namespace ttmem
