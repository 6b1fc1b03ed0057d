// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "hooks_library.hpp"

#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "plain_path.hpp"

namespace ttmem {

Result<std::string> find_hooks_library() {
    namespace fs = std::filesystem;
    std::error_code error;
    if (const char* named = std::getenv("TTMEM_HOOKS_LIBRARY"); named != nullptr && *named != '\0') {
        const fs::path path = fs::absolute(named, error);
        if (!fs::is_regular_file(path, error)) {
            return Error{std::string("TTMEM_HOOKS_LIBRARY names ") + named + ", which is no file"};
        }
        return path.string();
    }
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    if (error) {
        return Error{"cannot find the path of this program (" + error.message() + "); set TTMEM_HOOKS_LIBRARY"};
    }
    const fs::path prefix = program.parent_path().parent_path();
    std::string looked;
    for (const char* folder : {"lib", TTMEM_LIBRARY_FOLDER}) {
        const fs::path path = (prefix / folder / kHooksLibraryName).lexically_normal();
        if (fs::is_regular_file(path, error)) {
            return path.string();
        }
        if (looked.find(path.string()) == std::string::npos) {
            looked += (looked.empty() ? "" : " or ") + path.string();
        }
    }
    return Error{"the hooks library is missing: no " + looked +
                 "; build or install it, or name it in TTMEM_HOOKS_LIBRARY"};
}

Result<std::string> find_preloadable_hooks_library() {
    Result<std::string> found = find_hooks_library();
    return found ? plain_path(found.value()) : std::move(found);
}

}  // namespace ttmem
