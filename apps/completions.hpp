// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Completion scripts, each one file for ttmem and its two old names. `commands` are those of ttmem; the one with an empty
// name holds ttmem's own options. Other programs' words (after `ttmem run`) are completed as the shell does for them.
#pragma once

#include <string>
#include <vector>

#include "command_texts.hpp"

namespace ttmem {

std::string bash_completion(const std::vector<CommandText>& commands);
std::string zsh_completion(const std::vector<CommandText>& commands);
std::string fish_completion(const std::vector<CommandText>& commands);

}  // namespace ttmem
