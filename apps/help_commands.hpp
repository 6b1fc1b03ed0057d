// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// `ttmem completion` and `ttmem manual`: what the command lines say about themselves, for shells and for man.
#pragma once

#include <string>
#include <vector>

#include "command_texts.hpp"

namespace ttmem {

// Given without the subcommand's name. `commands` are all of ttmem's, the one with an empty name ttmem itself.
int completion_main(const std::vector<std::string>& words, const std::vector<CommandText>& commands);
int manual_main(const std::vector<std::string>& words, const std::vector<CommandText>& commands);

}  // namespace ttmem
