// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The one line that a library inside the host may write to stderr. A guest must not end, stop or corrupt its host with
// it, so the line is dropped where writing it could.
#pragma once

#include <cstddef>

namespace ttmem {

// Notes which file stderr is. Runs by itself when the library is loaded; a test that replaces descriptor 2 calls it
// again.
void remember_stderr() noexcept;

// Writes `line` in one piece if descriptor 2 is still the file that it was at loading and takes the bytes at once.
// Raises no signal (SIGPIPE, SIGXFSZ, SIGTTOU), never blocks, is no cancellation point, keeps errno. False: dropped.
// Control characters in it other than the final newline are replaced by '?'. At most 1 KiB.
bool write_host_line(const char* line, size_t bytes) noexcept;

}  // namespace ttmem
