// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "dry_run/kernel_stand_in.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace ttmem::dry_run {
namespace {

static_assert(std::endian::native == std::endian::little, "the image is written as it lies in memory");

constexpr uint32_t kTextAddress = 0x6000;
constexpr uint32_t kNop = 0x00000013;
constexpr uint32_t kLeastText = 256;
constexpr uint32_t kMostText = 8192;
constexpr uint32_t kMostOfOneObject = 0x3fff;

bool has(const std::vector<std::string>& words, const char* word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

// The word after `name`; empty when there is none.
std::string option(const std::vector<std::string>& words, const char* name) {
    const auto at = std::find(words.begin(), words.end(), name);
    return at == words.end() || at + 1 == words.end() ? "" : *(at + 1);
}

bool ends_with_any(const std::string& word, std::initializer_list<std::string_view> suffixes) {
    return std::any_of(suffixes.begin(), suffixes.end(),
                       [&](std::string_view suffix) { return word.ends_with(suffix); });
}

bool write_file(const std::string& path, const std::string& bytes) {
    FILE* file = std::fopen(path.c_str(), "wb");
    bool written = file != nullptr && std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
    written = file != nullptr && std::fclose(file) == 0 && written;
    if (!written) {
        std::fprintf(stderr, "%s (%s): cannot write %s\n", kCompilerName, kStandInMark, path.c_str());
    }
    return written;
}

class Image {
public:
    size_t size() const { return bytes_.size(); }
    const std::string& bytes() const { return bytes_; }
    void word16(uint16_t value) { append(&value, sizeof value); }
    void word32(uint32_t value) { append(&value, sizeof value); }
    void text(std::string_view value) { bytes_ += value; }
    void align(size_t to) { bytes_.append((to - bytes_.size() % to) % to, '\0'); }

private:
    void append(const void* from, size_t bytes) { bytes_.append(static_cast<const char*>(from), bytes); }
    std::string bytes_;
};

// An "object": the sum of its sources' sizes, which the link step turns into text.
std::string object_file(const std::vector<std::string>& words) {
    uint32_t sum = 0;
    for (const std::string& word : words) {
        struct stat found {};
        if (ends_with_any(word, {".cc", ".cpp", ".c", ".S"}) && stat(word.c_str(), &found) == 0) {
            sum += static_cast<uint32_t>(found.st_size);
        }
    }
    Image object;
    object.word32(sum);
    return object.bytes();
}

// How many bytes of text the objects give. Real objects, as the firmware's prebuilt ones, add nothing.
uint32_t text_bytes(const std::vector<std::string>& words) {
    uint64_t size = 0;
    for (const std::string& word : words) {
        FILE* file = word.ends_with(".o") ? std::fopen(word.c_str(), "rb") : nullptr;
        if (file == nullptr) {
            continue;
        }
        std::array<char, 4> head{};
        if (std::fread(head.data(), 1, head.size(), file) == head.size() && std::memcmp(head.data(),
                                                                                        "\x7f"
                                                                                        "EL",
                                                                                        3) != 0) {
            size += std::bit_cast<uint32_t>(head) & kMostOfOneObject;
        }
        std::fclose(file);
    }
    return static_cast<uint32_t>(std::clamp<uint64_t>(size, kLeastText, kMostText)) / 4 * 4;
}

struct Section {
    uint32_t name = 0, type = 0, flags = 0, address = 0, offset = 0, size = 0, link = 0, info = 0, alignment = 1,
             entry = 0;
};

void add(Image& image, const Section& s) {
    for (const uint32_t word :
         {s.name, s.type, s.flags, s.address, s.offset, s.size, s.link, s.info, s.alignment, s.entry}) {
        image.word32(word);
    }
}

// Header (52 bytes), program header (32), contents, section headers.
std::string executable(uint32_t text_size) {
    constexpr std::string_view kNames("\0.text\0.symtab\0.strtab\0.shstrtab\0.rela.text\0", 44);
    constexpr std::string_view kStrings("\0_start\0", 8);
    const auto name_at = [&](std::string_view name) { return static_cast<uint32_t>(kNames.find(name)); };
    constexpr uint32_t kContents = 96;  // the headers, rounded up to the alignment of the text

    Image body;
    body.text(std::string(kContents, '\0'));
    for (uint32_t at = 0; at < text_size; at += 4) {
        body.word32(kNop);
    }
    body.align(4);
    const auto symbols_at = static_cast<uint32_t>(body.size());
    body.text(std::string(16, '\0'));
    body.word32(1);  // _start, in .text, of global binding and no type
    body.word32(kTextAddress);
    body.word32(0);
    body.word16(0x12);
    body.word16(1);
    const auto strings_at = static_cast<uint32_t>(body.size());
    body.text(kStrings);
    body.align(4);
    const auto relocations_at = static_cast<uint32_t>(body.size());
    body.word32(kTextAddress);
    body.word32(1 << 8);  // R_RISCV_NONE against _start
    body.word32(0);
    const auto names_at = static_cast<uint32_t>(body.size());
    body.text(kNames);
    body.align(4);
    const auto sections_at = static_cast<uint32_t>(body.size());

    add(body, {});
    add(body, {name_at(".text"), 1, 6, kTextAddress, kContents, text_size, 0, 0, 4, 0});
    add(body, {name_at(".symtab"), 2, 0, 0, symbols_at, 32, 3, 1, 4, 16});
    add(body, {name_at(".strtab"), 3, 0, 0, strings_at, static_cast<uint32_t>(kStrings.size()), 0, 0, 1, 0});
    add(body, {name_at(".shstrtab"), 3, 0, 0, names_at, static_cast<uint32_t>(kNames.size()), 0, 0, 1, 0});
    add(body, {name_at(".rela.text"), 4, 0x40, 0, relocations_at, 12, 2, 1, 4, 12});

    Image head;
    head.text(
        std::string_view("\x7f"
                         "ELF\x01\x01\x01",
                         7));
    head.text(std::string(9, '\0'));
    head.word16(2);    // ET_EXEC
    head.word16(243);  // EM_RISCV
    for (const uint32_t word : {1u, kTextAddress, 52u, sections_at, 0u}) {
        head.word32(word);
    }
    for (const uint16_t word : {52, 32, 1, 40, 6, 4}) {
        head.word16(word);
    }
    for (const uint32_t word : {1u, kContents, kTextAddress, kTextAddress, text_size, text_size, 5u, 16u}) {
        head.word32(word);
    }
    return head.bytes() + body.bytes().substr(head.size());
}

}  // namespace

int kernel_stand_in(const std::vector<std::string>& words) {
    if (has(words, "--version") || has(words, "-dumpversion")) {
        std::printf("%s (%s) 15.1.0\n", kCompilerName, kStandInMark);
        return 0;
    }
    const std::string output = option(words, "-o");
    if (output.empty()) {
        return 0;
    }
    if (has(words, "-MF") || has(words, "-MMD")) {
        std::string dependencies = option(words, "-MF");
        if (dependencies.empty()) {
            const size_t folder = output.rfind('/');
            const size_t dot = output.rfind('.');
            const bool suffix = dot != std::string::npos && (folder == std::string::npos || dot > folder + 1);
            dependencies = output.substr(0, suffix ? dot : std::string::npos) + ".d";
        }
        if (!write_file(dependencies, output + ": \n")) {
            return 1;
        }
    }
    const bool compiles = has(words, "-c") || ends_with_any(output, {".o", ".gch"});
    return write_file(output, compiles ? object_file(words) : executable(text_bytes(words))) ? 0 : 1;
}

}  // namespace ttmem::dry_run
