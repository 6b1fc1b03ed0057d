// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "commands.hpp"

namespace ttmem {
namespace {

constexpr const char* kLibraryName = "libtt_alloc_hooks.so";

void complain(const std::string& text) {
    std::fprintf(stderr, "ttmem run: %s\n", text.c_str());
}

// The hooks library, or an empty path after saying where it was looked for.
std::filesystem::path find_hooks() {
    namespace fs = std::filesystem;
    std::error_code error;
    if (const char* named = std::getenv("TTMEM_HOOKS_LIBRARY"); named != nullptr && *named != '\0') {
        const fs::path path = fs::absolute(named, error);
        if (!fs::is_regular_file(path, error)) {
            complain(std::string("TTMEM_HOOKS_LIBRARY names ") + named + ", which is no file");
            return {};
        }
        return path;
    }
    const fs::path program = fs::read_symlink("/proc/self/exe", error);
    if (error) {
        complain("cannot tell where this program stands (" + error.message() + "); set TTMEM_HOOKS_LIBRARY");
        return {};
    }
    const fs::path prefix = program.parent_path().parent_path();
    std::string looked;
    for (const char* folder : {"lib", TTMEM_LIBRARY_FOLDER}) {
        const fs::path path = (prefix / folder / kLibraryName).lexically_normal();
        if (fs::is_regular_file(path, error)) {
            return path;
        }
        if (looked.find(path.string()) == std::string::npos) {
            looked += (looked.empty() ? "" : " or ") + path.string();
        }
    }
    complain("the hooks library is missing: no " + looked + "; build or install it, or name it in TTMEM_HOOKS_LIBRARY");
    return {};
}

// The loader splits LD_PRELOAD at both.
bool loadable(const std::string& path) {
    return path.find_first_of(" :") == std::string::npos;
}

bool names(const std::string& preload, const std::string& path) {
    size_t at = 0;
    while (at < preload.size()) {
        const size_t end = std::min(preload.find_first_of(" :", at), preload.size());
        if (preload.compare(at, end - at, path) == 0) {
            return true;
        }
        at = end + 1;
    }
    return false;
}

}  // namespace

int run_command(const std::vector<std::string>& command) {
    const std::string library = find_hooks();
    if (library.empty()) {
        return kExitRunFailed;
    }
    if (!loadable(library)) {
        complain("the path of the hooks library must not hold a space or a colon: " + library);
        return kExitRunFailed;
    }
    const char* before = std::getenv("LD_PRELOAD");
    std::string preload = before == nullptr ? "" : before;
    if (!names(preload, library)) {
        preload = preload.empty() ? library : library + ":" + preload;
    }
    if (setenv("LD_PRELOAD", preload.c_str(), 1) != 0 || setenv("TT_ALLOC_TRACKING_ENABLED", "1", 1) != 0) {
        complain(std::string("cannot set the environment: ") + std::strerror(errno));
        return kExitRunFailed;
    }
    std::vector<char*> arguments;
    for (const std::string& argument : command) {
        arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);
    execvp(arguments[0], arguments.data());
    const int why = errno;
    complain("cannot run " + command[0] + ": " + (why == ENOENT ? "no such command" : std::strerror(why)));
    return why == ENOENT ? kExitNotFound : kExitNotExecutable;
}

}  // namespace ttmem
