// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The one way in which tools read a small file that another user may have put there: settings, sysfs and procfs
// entries, ids.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.hpp"

namespace ttmem {

// The whole of a regular file of at most `most` bytes. An error with errno for anything else: a folder (EISDIR), a
// FIFO, a device or a socket (EINVAL; not opened, so that nothing hangs and no device is touched), a longer file
// (EFBIG). Symbolic links are followed. Thread safe.
Result<std::string> read_regular_file(const std::string& path, size_t most);

}  // namespace ttmem
