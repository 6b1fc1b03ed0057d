// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "commands.hpp"

namespace ttmem {

int become_server(const std::string& name, std::vector<std::string> words) {
    namespace fs = std::filesystem;
    std::error_code error;
    const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
    std::vector<char*> arguments{const_cast<char*>(name.c_str())};
    for (std::string& word : words) {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    // Beside this program after a build and in a wheel; in libexec where it is installed.
    const fs::path places[] = {folder / kServerProgram, folder.parent_path() / "libexec/ttmem" / kServerProgram};
    for (const fs::path& place : places) {
        execv(place.c_str(), arguments.data());
        if (errno != ENOENT) {
            std::fprintf(stderr, "%s: cannot start %s: %s\n", name.c_str(), place.c_str(), std::strerror(errno));
            return kExitFailure;
        }
    }
    std::fprintf(stderr, "%s: the program that serves is missing: no %s or %s; build or install it\n", name.c_str(),
                 places[0].c_str(), places[1].c_str());
    return kExitFailure;
}

}  // namespace ttmem
