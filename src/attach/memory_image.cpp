// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "attach/memory_image.hpp"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <set>
#include <sstream>

#include "base/small_file.hpp"

namespace ttmem::attach {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint16_t kHiddenVersion = 0x8000;

// Bounds of /proc/PID/maps: a process with the most mappings that the kernel allows, and usual paths.
constexpr size_t kMostMapsBytes = size_t{64} << 20;
constexpr size_t kMostImages = 4096;
constexpr uint32_t kMostChain = 4096;  // symbols of one bucket

std::string maps_path(pid_t pid) {
    return "/proc/" + std::to_string(pid) + "/maps";
}

std::string file_name(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

uint32_t gnu_hash(const std::string& name) {
    uint32_t hash = 5381;
    for (const unsigned char c : name) {
        hash = hash * 33 + c;
    }
    return hash;
}

}  // namespace

std::vector<Mapping> parse_maps(const std::string& text) {
    std::vector<Mapping> mappings;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        // 7f12-7f34 r-xp 00001000 08:01 1234    /path with spaces
        Mapping mapping;
        unsigned long long begin = 0;
        unsigned long long end = 0;
        unsigned long long offset = 0;
        char access[5] = {};
        int path_at = 0;
        if (std::sscanf(line.c_str(), "%llx-%llx %4s %llx %*s %*s %n", &begin, &end, access, &offset, &path_at) < 4) {
            continue;
        }
        mapping.begin = begin;
        mapping.end = end;
        mapping.offset = offset;
        mapping.readable = access[0] == 'r';
        mapping.writable = access[1] == 'w';
        mapping.executable = access[2] == 'x';
        mapping.path =
            path_at > 0 && static_cast<size_t>(path_at) < line.size() ? line.substr(static_cast<size_t>(path_at)) : "";
        mappings.push_back(std::move(mapping));
    }
    return mappings;
}

Result<MemoryImage> MemoryImage::open(pid_t pid) {
    MemoryImage image(pid);
    const std::string path = "/proc/" + std::to_string(pid) + "/mem";
    image.memory_.reset(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (!image.memory_.valid()) {
        const int why = errno;
        return Error{std::strerror(why), why};
    }
    if (!image.refresh()) {
        const int why = errno != 0 ? errno : EACCES;
        return Error{std::strerror(why), why};
    }
    return image;
}

bool MemoryImage::refresh() {
    errno = 0;
    const Result<std::string> text = read_regular_file(maps_path(pid_), kMostMapsBytes);
    if (!text || text.value().empty()) {
        errno = text ? 0 : text.error().errno_value;
        return false;
    }
    mappings_ = parse_maps(text.value());
    return true;
}

const Mapping* MemoryImage::mapping_at(uint64_t address) const {
    const auto found = std::upper_bound(mappings_.begin(), mappings_.end(), address,
                                        [](uint64_t value, const Mapping& mapping) { return value < mapping.end; });
    return found != mappings_.end() && address >= found->begin ? &*found : nullptr;
}

bool MemoryImage::read(uint64_t address, void* to, size_t bytes) const {
    return pread(memory_.get(), to, bytes, static_cast<off_t>(address)) == static_cast<ssize_t>(bytes);
}

size_t MemoryImage::read_up_to(uint64_t address, void* to, size_t bytes) const {
    const ssize_t got = pread(memory_.get(), to, bytes, static_cast<off_t>(address));
    return got > 0 ? static_cast<size_t>(got) : 0;
}

bool MemoryImage::write(uint64_t address, const void* from, size_t bytes) const {
    return pwrite(memory_.get(), from, bytes, static_cast<off_t>(address)) == static_cast<ssize_t>(bytes);
}

std::optional<Image> MemoryImage::image_of(const std::string& path) const {
    Image image;
    image.path = path;
    for (const Mapping& mapping : mappings_) {
        if (mapping.path == path && mapping.offset == 0 && mapping.readable) {
            image.base = mapping.begin;
            break;
        }
    }
    ElfW(Ehdr) header{};
    if (image.base == 0 || !read(image.base, &header, sizeof header) ||
        std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_phentsize != sizeof(ElfW(Phdr)) ||
        header.e_phnum > 128) {
        return std::nullopt;
    }
    std::vector<ElfW(Phdr)> segments(header.e_phnum);
    if (!read(image.base + header.e_phoff, segments.data(), segments.size() * sizeof(ElfW(Phdr)))) {
        return std::nullopt;
    }
    image.bias = image.base;
    for (const auto& segment : segments) {
        if (segment.p_type == PT_LOAD && segment.p_offset == 0) {
            image.bias = image.base - segment.p_vaddr;
        }
    }
    for (const auto& segment : segments) {
        if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0 || segment.p_filesz != segment.p_memsz) {
            continue;
        }
        // Headers only claim: take the part of the segment that is mapped.
        const uint64_t begin = image.bias + segment.p_vaddr;
        const uint64_t end = begin + segment.p_memsz;
        for (const Mapping& mapping : mappings_) {
            if (!mapping.executable || mapping.path != path || mapping.end <= begin || mapping.begin >= end) {
                continue;
            }
            const uint64_t first = std::max(begin, mapping.begin);
            const uint64_t last = std::min(end, mapping.end);
            image.code.emplace_back(first, last);
            const uint64_t page_end = (last + kPage - 1) / kPage * kPage;
            if (last == end && page_end > end && page_end <= mapping.end) {
                image.room.emplace_back(end, page_end);
            }
        }
    }
    return image;
}

std::optional<Image> MemoryImage::find(const std::string& prefix) const {
    for (const Mapping& mapping : mappings_) {
        if (mapping.executable && file_name(mapping.path).rfind(prefix, 0) == 0) {
            if (std::optional<Image> image = image_of(mapping.path)) {
                return image;
            }
        }
    }
    return std::nullopt;
}

std::vector<Image> MemoryImage::images() const {
    std::vector<Image> found;
    std::set<std::string> seen;
    for (const Mapping& mapping : mappings_) {
        if (found.size() == kMostImages) {
            break;
        }
        if (mapping.executable && !mapping.path.empty() && mapping.path[0] == '/' && seen.insert(mapping.path).second) {
            if (std::optional<Image> image = image_of(mapping.path)) {
                found.push_back(std::move(*image));
            }
        }
    }
    return found;
}

uint64_t MemoryImage::function(const Image& image, const std::string& name) const {
    ElfW(Ehdr) header{};
    if (!read(image.base, &header, sizeof header) || header.e_phnum > 128) {
        return 0;
    }
    uint64_t symbols = 0;
    uint64_t strings = 0;
    uint64_t hash = 0;
    uint64_t versions = 0;
    for (unsigned i = 0; i < header.e_phnum; ++i) {
        ElfW(Phdr) segment{};
        if (!read(image.base + header.e_phoff + i * sizeof segment, &segment, sizeof segment)) {
            return 0;
        }
        if (segment.p_type != PT_DYNAMIC) {
            continue;
        }
        std::vector<ElfW(Dyn)> entries(std::min<size_t>(segment.p_memsz / sizeof(ElfW(Dyn)), 512));
        if (!read(image.bias + segment.p_vaddr, entries.data(), entries.size() * sizeof(ElfW(Dyn)))) {
            return 0;
        }
        for (const auto& entry : entries) {
            if (entry.d_tag == DT_NULL) {
                break;
            }
            // The loader has added the bias to these already, but for objects whose dynamic section is read-only.
            const uint64_t value = entry.d_un.d_ptr;
            const uint64_t address = value < image.base ? value + image.bias : value;
            symbols = entry.d_tag == DT_SYMTAB ? address : symbols;
            strings = entry.d_tag == DT_STRTAB ? address : strings;
            hash = entry.d_tag == DT_GNU_HASH ? address : hash;
            versions = entry.d_tag == DT_VERSYM ? address : versions;
        }
    }
    uint32_t head[4] = {};
    if (symbols == 0 || strings == 0 || hash == 0 || !read(hash, head, sizeof head) || head[0] == 0) {
        return 0;
    }
    const uint64_t buckets = hash + sizeof head + uint64_t{head[2]} * sizeof(uint64_t);
    const uint64_t chains = buckets + uint64_t{head[0]} * sizeof(uint32_t);
    const uint32_t wanted = gnu_hash(name);
    uint32_t number = 0;
    if (!read(buckets + wanted % head[0] * sizeof number, &number, sizeof number) || number < head[1]) {
        return 0;
    }
    for (uint32_t steps = 0; steps < kMostChain; ++steps, ++number) {
        uint32_t link = 0;
        ElfW(Sym) symbol{};
        if (!read(chains + uint64_t{number - head[1]} * sizeof link, &link, sizeof link) ||
            !read(symbols + uint64_t{number} * sizeof symbol, &symbol, sizeof symbol)) {
            return 0;
        }
        if ((link | 1) == (wanted | 1) && symbol.st_shndx != SHN_UNDEF && ELF64_ST_TYPE(symbol.st_info) == STT_FUNC) {
            std::string found(name.size() + 1, '\0');
            uint16_t version = 0;
            const bool named = read(strings + symbol.st_name, found.data(), found.size()) &&
                               std::strcmp(found.c_str(), name.c_str()) == 0;
            const bool hidden = versions != 0 &&
                                read(versions + uint64_t{number} * sizeof version, &version, sizeof version) &&
                                (version & kHiddenVersion) != 0;
            if (named && !hidden) {
                return image.bias + symbol.st_value;
            }
        }
        if ((link & 1) != 0) {
            return 0;
        }
    }
    return 0;
}

}  // namespace ttmem::attach
