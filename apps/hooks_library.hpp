// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.hpp"

namespace ttmem {

inline constexpr const char* kHooksLibraryName = "libtt_alloc_hooks.so";

// The path of the hooks library: where TTMEM_HOOKS_LIBRARY says, or beside this program. The error says where it was
// looked for.
Result<std::string> find_hooks_library();

// A path to that library that LD_PRELOAD can name: itself, or a link in a folder of this user's own where its path holds a
// space or a colon.
Result<std::string> preloadable(const std::string& library);

}  // namespace ttmem
