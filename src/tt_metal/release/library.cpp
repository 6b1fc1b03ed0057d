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

// How many symbols a table with this hash section has: the highest index of a chain. The section is DT_GNU_HASH's: four
// words, a filter of 8-byte words, the buckets, and a word for each symbol from the first hashed one on, whose lowest bit
// ends a chain.
size_t symbols_of_gnu_hash(const uint32_t* section) noexcept {
    const uint32_t buckets = section[0];
    const uint32_t first = section[1];
    const uint32_t* bucket = section + 4 + size_t{section[2]} * 2;
    const uint32_t* chain = bucket + buckets;
    uint32_t last = 0;
    for (uint32_t i = 0; i < buckets; ++i) {
        last = bucket[i] > last ? bucket[i] : last;
    }
    if (last < first) {
        return first;
    }
    while ((chain[last - first] & 1) == 0) {
        ++last;
    }
    return size_t{last} + 1;
}

struct Extent {
    uintptr_t base;
    uintptr_t begin;
    uintptr_t end;
};

int find_extent(dl_phdr_info* info, size_t, void* data) {
    auto* extent = static_cast<Extent*>(data);
    if (info->dlpi_addr != extent->base) {
        return 0;
    }
    for (int i = 0; i < info->dlpi_phnum; ++i) {
        const ElfW(Phdr)& segment = info->dlpi_phdr[i];
        if (segment.p_type == PT_LOAD) {
            const uintptr_t begin = extent->base + segment.p_vaddr;
            extent->begin = extent->end == 0 || begin < extent->begin ? begin : extent->begin;
            extent->end = begin + segment.p_memsz > extent->end ? begin + segment.p_memsz : extent->end;
        }
    }
    return 1;
}

}  // namespace

const char* ExportedFunctions::name_at(uintptr_t address) const noexcept {
    const auto* symbols = static_cast<const ElfW(Sym)*>(symbols_);
    for (size_t i = 0; covers(address) && i < count_; ++i) {
        const ElfW(Sym)& symbol = symbols[i];
        if (ELF64_ST_TYPE(symbol.st_info) == STT_FUNC && symbol.st_shndx != SHN_UNDEF &&
            address - base_ >= symbol.st_value && address - base_ - symbol.st_value < symbol.st_size) {
            return names_ + symbol.st_name;
        }
    }
    return nullptr;
}

ExportedFunctions Library::exported_functions() const noexcept {
    ExportedFunctions found;
    link_map* map = nullptr;
    if (handle_ == nullptr || dlinfo(handle_, RTLD_DI_LINKMAP, &map) != 0 || map == nullptr || map->l_ld == nullptr) {
        return found;
    }
    const uint32_t* hash = nullptr;
    for (const ElfW(Dyn)* entry = map->l_ld; entry->d_tag != DT_NULL; ++entry) {
        const auto* at = reinterpret_cast<const void*>(entry->d_un.d_ptr);  // glibc has relocated it
        switch (entry->d_tag) {
            case DT_STRTAB:
                found.names_ = static_cast<const char*>(at);
                break;
            case DT_SYMTAB:
                found.symbols_ = at;
                break;
            case DT_GNU_HASH:
                hash = static_cast<const uint32_t*>(at);
                break;
            default:
                break;
        }
    }
    Extent extent{map->l_addr, 0, 0};
    if (hash == nullptr || found.names_ == nullptr || found.symbols_ == nullptr ||
        dl_iterate_phdr(find_extent, &extent) == 0) {
        return {};
    }
    found.count_ = symbols_of_gnu_hash(hash);
    found.base_ = extent.base;
    found.begin_ = extent.begin;
    found.end_ = extent.end;
    return found;
}

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
