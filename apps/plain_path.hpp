// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// LD_PRELOAD separates paths by spaces and colons and knows no quotes. A library whose path holds either is named by a
// symbolic link in a folder of the user's own.
#pragma once

#include <string>

#include "base/result.hpp"

namespace ttmem {

// Whether the loader takes this for one path.
bool is_plain_path(const std::string& path);

// `path` itself, or a link to it that is plain: $XDG_RUNTIME_DIR/ttmem/preload/<number>/<file name>, else the same under
// /tmp/ttmem-<uid>. The link stays: children of children load it. A folder that belongs to another user, or that others
// may write in, is not used. An error when no link can be made.
Result<std::string> plain_path(const std::string& path);

}  // namespace ttmem
