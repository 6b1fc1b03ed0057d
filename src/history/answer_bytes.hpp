// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A question to the history and its answer as bytes, between a server and `ttmem history` of its own version
// (api/archive.hpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "history/query.hpp"

namespace ttmem::history {

std::string to_bytes(const Question& question);
std::string to_bytes(const Answer& answer);

// nullopt: the bytes are no question or answer, or contain an index that is out of range.
std::optional<Question> question_from_bytes(std::string_view bytes);
std::optional<Answer> answer_from_bytes(std::string_view bytes);

}  // namespace ttmem::history
