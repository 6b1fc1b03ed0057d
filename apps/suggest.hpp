// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Guesses the word that the user meant to type.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ttmem {

// The known word that is nearest to `word`: least letters inserted, removed, changed or swapped with their neighbour.
// At most one such change for each three letters, else empty; also the only known word that begins with `word`.
std::string nearest_word(std::string_view word, const std::vector<std::string>& known);

// "; did you mean NAME?", or empty.
std::string suggestion(std::string_view word, const std::vector<std::string>& known);

}  // namespace ttmem
