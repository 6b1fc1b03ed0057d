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

// The library by a path that LD_PRELOAD takes: a link to it where its own path has a space or a colon (plain_path.hpp).
Result<std::string> find_preloadable_hooks_library();

}  // namespace ttmem
