// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Text of other processes and of files, made safe where it enters: the text returned may go to a terminal,
// a log, a file or a page as it is.
#pragma once

#include <string>
#include <string_view>

#include "base/text.hpp"

namespace ttmem {

// A good character that does not steer a terminal (C0, DEL, C1), end a line (U+2028, U+2029), or turn the direction of
// the text after it (bidirectional controls), and is not invisible (U+200B, U+2060, U+FEFF).
bool is_safe(const Utf8Character& character) noexcept;

// `text` as valid UTF-8 on one line: each byte that is part of no character becomes U+FFFD, each character that is not
// safe '?'. A text of safe characters is returned as it is.
std::string clean_text(std::string_view text);

// As clean_text(), of a text that may have several lines, such as an exception's: line feeds and tabs stay.
std::string clean_lines(std::string_view text);

// As clean_text(), for a cell of a CSV file: a text that a spreadsheet would take for a formula gets a "'" in front.
std::string clean_cell(std::string_view text);

}  // namespace ttmem
