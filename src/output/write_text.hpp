// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Puts text out.
#pragma once

#include <string_view>

#include "output/lines.hpp"

namespace ttmem::monitor {

// Plain text without any control code, for pipes and for one-shot output; blanks at the end of a line are left out.
// Blocks until all is written. False: the reader is gone, or the file is full.
bool write_text(int fd, const Lines& lines);
bool write_text(int fd, std::string_view text);

}  // namespace ttmem::monitor
