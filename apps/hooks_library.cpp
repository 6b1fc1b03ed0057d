// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "hooks_library.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <system_error>
#include <vector>

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
        return Error{"cannot tell where this program stands (" + error.message() + "); set TTMEM_HOOKS_LIBRARY"};
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

namespace {

// A folder of this user's own below `base` where no other user can put or change names. Empty: there is none.
std::string own_folder(const std::string& base, const std::string& name) {
    const std::string folder = base + "/" + name;
    struct stat found {};
    mkdir(folder.c_str(), 0700);
    const bool is_good = lstat(folder.c_str(), &found) == 0 && S_ISDIR(found.st_mode) && found.st_uid == geteuid() &&
                         (found.st_mode & 022) == 0;
    return is_good ? folder : "";
}

bool is_loadable(const std::string& path) {
    return path.find_first_of(" :") == std::string::npos;  // the loader splits LD_PRELOAD at both
}

}  // namespace

Result<std::string> preloadable(const std::string& library) {
    if (is_loadable(library)) {
        return library;
    }
    const char* run = std::getenv("XDG_RUNTIME_DIR");
    std::vector<std::string> folders;
    if (run != nullptr && run[0] == '/') {
        folders.push_back(own_folder(run, "ttmem"));
    }
    folders.push_back(own_folder("/tmp", "ttmem." + std::to_string(geteuid())));
    for (const std::string& folder : folders) {
        const std::string link = folder + "/" + std::to_string(std::hash<std::string>{}(library)) + ".so";
        if (folder.empty() || !is_loadable(link)) {
            continue;
        }
        const bool made = symlink(library.c_str(), link.c_str()) == 0 || errno == EEXIST;
        std::error_code error;
        if (made && std::filesystem::read_symlink(link, error) == library) {
            return link;
        }
    }
    return Error{"the path of the hooks library must not hold a space or a colon, and no link to it can be made: " +
                 library};
}

}  // namespace ttmem
