// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The commands grouped by their purpose, as `ttmem --help` and ttmem(1) list them.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace ttmem {

struct HelpGroup {
    std::string title;
    std::vector<std::string> commands;
};

// In the order in which they are printed. A command of `names` that is in no group stands in a last one, "More".
std::vector<HelpGroup> help_groups(const std::vector<std::string>& names);

// --help of `app` with its subcommands in these groups.
void group_help(CLI::App& app);

}  // namespace ttmem
