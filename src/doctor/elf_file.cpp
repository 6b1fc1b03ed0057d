// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "doctor/elf_file.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/unique_fd.hpp"

namespace ttmem::doctor {
namespace {

constexpr uint64_t kMostTable = uint64_t{256} << 20;  // of symbols or their names
constexpr uint16_t kMachine =
#if defined(__aarch64__)
    EM_AARCH64;
#else
    EM_X86_64;
#endif

bool copy(int fd, uint64_t offset, void* to, uint64_t bytes) {
    auto* out = static_cast<char*>(to);
    while (bytes > 0) {
        const ssize_t got = pread(fd, out, bytes, static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return false;
        }
        out += got;
        offset += static_cast<uint64_t>(got);
        bytes -= static_cast<uint64_t>(got);
    }
    return true;
}

template <typename Record>
bool copy_table(int fd, const Elf64_Shdr& section, uint64_t file_bytes, std::vector<Record>& to) {
    if (section.sh_size > kMostTable || section.sh_offset > file_bytes ||
        section.sh_size > file_bytes - section.sh_offset) {
        return false;
    }
    to.resize(section.sh_size / sizeof(Record));
    return copy(fd, section.sh_offset, to.data(), to.size() * sizeof(Record));
}

// The terminated text at an offset of a string table; empty when there is none.
std::string_view text_at(std::string_view strings, uint64_t offset) {
    if (offset >= strings.size()) {
        return {};
    }
    const size_t end = strings.find('\0', offset);
    return end == std::string_view::npos ? std::string_view() : strings.substr(offset, end - offset);
}

}  // namespace

Result<ElfFile> ElfFile::read(const std::string& path) {
    const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status {};
    if (!fd.valid() || fstat(fd.get(), &status) != 0) {
        return Error{std::strerror(errno), errno};
    }
    const auto bytes = static_cast<uint64_t>(status.st_size);
    Elf64_Ehdr header{};
    if (!S_ISREG(status.st_mode) || !copy(fd.get(), 0, &header, sizeof header) ||
        std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
        return Error{"it is no shared object"};
    }
    if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
        header.e_machine != kMachine) {
        return Error{"it is a shared object for another kind of machine"};
    }
    std::vector<Elf64_Shdr> sections;
    const Elf64_Shdr table{0, 0, 0, 0, header.e_shoff, uint64_t{header.e_shnum} * sizeof(Elf64_Shdr), 0, 0, 0, 0};
    if (header.e_shentsize != sizeof(Elf64_Shdr) || !copy_table(fd.get(), table, bytes, sections)) {
        return Error{"its section headers cannot be read"};
    }
    ElfFile file;
    for (const Elf64_Shdr& section : sections) {
        if (section.sh_type != SHT_DYNSYM && section.sh_type != SHT_DYNAMIC) {
            continue;
        }
        std::vector<char> strings;
        if (section.sh_link >= sections.size() || !copy_table(fd.get(), sections[section.sh_link], bytes, strings)) {
            return Error{"its string table cannot be read"};
        }
        if (section.sh_type == SHT_DYNAMIC) {
            std::vector<Elf64_Dyn> entries;
            if (!copy_table(fd.get(), section, bytes, entries)) {
                return Error{"its dynamic section cannot be read"};
            }
            for (const Elf64_Dyn& entry : entries) {
                if (entry.d_tag == DT_NEEDED) {
                    file.needed_.emplace_back(text_at({strings.data(), strings.size()}, entry.d_un.d_val));
                }
            }
            continue;
        }
        std::vector<Elf64_Sym> symbols;
        if (!copy_table(fd.get(), section, bytes, symbols)) {
            return Error{"its symbols cannot be read"};
        }
        file.strings_.assign(strings.begin(), strings.end());
        for (const Elf64_Sym& symbol : symbols) {
            if (symbol.st_shndx != SHN_UNDEF) {
                file.symbols_.insert(text_at(file.strings_, symbol.st_name));
            }
        }
    }
    if (file.symbols_.empty()) {
        return Error{"it exports nothing"};
    }
    return file;
}

}  // namespace ttmem::doctor
