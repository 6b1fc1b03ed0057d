// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "commands.hpp"
#include "hooks_library.hpp"

namespace ttmem {
namespace {

void complain(const std::string& text) {
    std::fprintf(stderr, "ttmem run: %s\n", text.c_str());
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
    const Result<std::string> hooks = find_preloadable_hooks_library();
    if (!hooks) {
        complain(hooks.error().message);
        return kExitRunFailed;
    }
    const std::string& library = hooks.value();
    const char* before = std::getenv("LD_PRELOAD");
    std::string preload = before == nullptr ? "" : before;
    if (!names(preload, library)) {
        preload = preload.empty() ? library : library + ":" + preload;
    }
    if (setenv("LD_PRELOAD", preload.c_str(), 1) != 0 || setenv("TT_ALLOC_TRACKING_ENABLED", "1", 1) != 0 ||
        setenv("TT_ALLOC_SAY_REFUSALS", "1", 0) != 0) {
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
