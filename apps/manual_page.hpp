// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Manual pages (roff, section 1), as man and mandoc read them.
#pragma once

#include <string>
#include <vector>

#include "command_texts.hpp"
#include "help_groups.hpp"

namespace ttmem {

// The page of one command: ttmem-NAME(1).
std::string manual_page(const CommandText& command, const std::string& version);

// ttmem(1): its commands, grouped by their purpose.
std::string manual_overview(const std::vector<CommandText>& commands, const std::vector<HelpGroup>& groups,
                            const std::string& version);

}  // namespace ttmem
