// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/release/library.hpp"

#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <link.h>

#include <cstdio>
#include <cstring>

namespace ttmem::tt_metal {
namespace {

struct Search {
    const char* prefix;
    std::string path;
};

const char* file_name(const char* path) noexcept {
    const char* slash = std::strrchr(path, '/');
    return slash != nullptr ? slash + 1 : path;
}

int match(dl_phdr_info* info, size_t, void* data) {
    auto* search = static_cast<Search*>(data);
    if (info->dlpi_name == nullptr ||
        std::strncmp(file_name(info->dlpi_name), search->prefix, std::strlen(search->prefix)) != 0) {
        return 0;
    }
    search->path = info->dlpi_name;
    return 1;
}

}  // namespace

Library Library::loaded(const char* prefix) noexcept {
    Library found;
    try {
        Search search{prefix, {}};
        if (dl_iterate_phdr(match, &search) != 0) {
            found.handle_ = dlopen(search.path.c_str(), RTLD_LAZY | RTLD_NOLOAD);
            found.path_ = search.path;
        }
    } catch (...) {
        found.handle_ = nullptr;
    }
    return found;
}

void* Library::symbol(const char* name) const noexcept {
    return handle_ != nullptr ? dlsym(handle_, name) : nullptr;
}

bool Library::needs(const char* prefix) const noexcept {
    link_map* map = nullptr;
    if (handle_ == nullptr || dlinfo(handle_, RTLD_DI_LINKMAP, &map) != 0 || map == nullptr || map->l_ld == nullptr) {
        return false;
    }
    const char* strings = nullptr;
    for (const ElfW(Dyn)* entry = map->l_ld; entry->d_tag != DT_NULL; ++entry) {
        if (entry->d_tag == DT_STRTAB) {
            strings = reinterpret_cast<const char*>(entry->d_un.d_ptr);  // glibc has relocated it
        }
    }
    if (strings == nullptr) {
        return false;
    }
    for (const ElfW(Dyn)* entry = map->l_ld; entry->d_tag != DT_NULL; ++entry) {
        if (entry->d_tag == DT_NEEDED && std::strncmp(strings + entry->d_un.d_val, prefix, std::strlen(prefix)) == 0) {
            return true;
        }
    }
    return false;
}

void Library::wheel_release(char (&release)[32]) const noexcept {
    static constexpr char kPrefix[] = "ttnn-";
    static constexpr char kSuffix[] = ".dist-info";
    release[0] = '\0';
    const size_t package = path_.rfind("/ttnn/build/lib/");
    if (package == std::string::npos || package >= PATH_MAX) {
        return;
    }
    char folder[PATH_MAX];
    std::memcpy(folder, path_.data(), package);
    folder[package] = '\0';
    DIR* packages = opendir(folder);
    if (packages == nullptr) {
        return;
    }
    while (const dirent* entry = readdir(packages)) {
        const char* name = entry->d_name;
        const char* end = std::strstr(name, kSuffix);
        if (std::strncmp(name, kPrefix, sizeof kPrefix - 1) == 0 && end != nullptr) {
            const char* begin = name + sizeof kPrefix - 1;
            snprintf(release, sizeof release, "%.*s", static_cast<int>(end - begin), begin);
            break;
        }
    }
    closedir(packages);
}

}  // namespace ttmem::tt_metal
