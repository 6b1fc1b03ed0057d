// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "plain_path.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <vector>

namespace ttmem {
namespace {

// Makes a folder, or finds it as this user's own. 0, or why not (errno).
int own_folder(const std::string& path) {
    if (mkdir(path.c_str(), 0700) == 0) {
        return 0;
    }
    if (errno != EEXIST) {
        return errno;
    }
    struct stat status {};
    if (lstat(path.c_str(), &status) != 0) {
        return errno;
    }
    const bool ours = S_ISDIR(status.st_mode) && status.st_uid == geteuid() && (status.st_mode & 022) == 0;
    return ours ? 0 : EPERM;
}

// A number for a path, so that each library has a link of its own (FNV-1a).
std::string number_of(const std::string& path) {
    uint64_t hash = 0xcbf29ce484222325;
    for (const char c : path) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    }
    char text[17];
    std::snprintf(text, sizeof text, "%016" PRIx64, hash);
    return text;
}

// 0, or why there is no such link (errno).
int link_to(const std::string& target, const std::string& link) {
    if (symlink(target.c_str(), link.c_str()) == 0) {
        return 0;
    }
    if (errno != EEXIST) {
        return errno;
    }
    std::error_code error;
    return std::filesystem::read_symlink(link, error) == target ? 0 : EEXIST;
}

int make_link(const std::string& base, const std::string& path, std::string& link) {
    std::string folder = base;
    for (const char* name : {"", "/preload"}) {
        folder += name;
        if (const int why = own_folder(folder)) {
            return why;
        }
    }
    folder += "/" + number_of(path);
    if (const int why = own_folder(folder)) {
        return why;
    }
    link = folder + "/" + std::filesystem::path(path).filename().string();
    return link_to(path, link);
}

}  // namespace

bool is_plain_path(const std::string& path) {
    return path.find_first_of(" :") == std::string::npos;
}

Result<std::string> plain_path(const std::string& path) {
    if (is_plain_path(path)) {
        return path;
    }
    std::vector<std::string> bases;
    if (const char* runtime = std::getenv("XDG_RUNTIME_DIR"); runtime != nullptr && *runtime == '/') {
        bases.push_back(std::string(runtime) + "/ttmem");
    }
    bases.push_back("/tmp/ttmem-" + std::to_string(geteuid()));
    std::string why = "its name holds a space or a colon, too";
    for (const std::string& base : bases) {
        std::string link;
        const int failure = is_plain_path(base) ? make_link(base, path, link) : 0;
        if (failure == 0 && !link.empty() && is_plain_path(link)) {
            return link;
        }
        why = failure != 0 ? "no link in " + base + ": " + std::strerror(failure) : why;
    }
    return Error{"the loader cannot be given " + path + ", whose path holds a space or a colon (" + why + ")"};
}

}  // namespace ttmem
