// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "doctor/elf_file.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace ttmem::doctor {
namespace {

std::string bytes_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

TEST(ElfFile, TellsWhatALibraryExportsAndNeeds) {
    const Result<ElfFile> file = ElfFile::read(TTMEM_CLIENT_LIBRARY);
    ASSERT_TRUE(file) << file.error().message;
    EXPECT_TRUE(file.value().exports("tt_alloc_report_allocation_"));
    EXPECT_FALSE(file.value().exports("malloc")) << "needed, not exported";
    EXPECT_FALSE(file.value().exports(""));
    const auto& needed = file.value().needed();
    EXPECT_TRUE(
        std::any_of(needed.begin(), needed.end(), [](const std::string& name) { return name.starts_with("libc.so"); }));
}

TEST(ElfFile, RefusesWhatItIsNot) {
    EXPECT_EQ(ElfFile::read("/nowhere/lib.so").error().errno_value, ENOENT);
    EXPECT_FALSE(ElfFile::read("/dev/null"));
    EXPECT_FALSE(ElfFile::read("/proc/self/stat"));
    EXPECT_FALSE(ElfFile::read("/tmp"));
}

// Whatever stands in its headers, the answer is a value or an error.
TEST(ElfFile, IsNotHarmedByADamagedFile) {
    char folder[] = "/tmp/ttmem-elf-XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    const std::string path = std::string(folder) + "/lib.so";
    const std::string whole = bytes_of(TTMEM_CLIENT_LIBRARY);
    ASSERT_GT(whole.size(), 4096u);
    uint64_t random = 1;
    for (int i = 0; i < 300; ++i) {
        std::string damaged = whole;
        random = random * 6364136223846793005u + 1442695040888963407u;
        // The file's header, and the section headers at its end.
        const size_t at = i % 2 == 0 ? 16 + (random >> 33) % 48 : whole.size() - 1 - (random >> 33) % 2048;
        damaged[at] = static_cast<char>(random >> 24);
        if (i % 10 == 9) {
            damaged.resize((random >> 33) % damaged.size());
        }
        std::ofstream(path, std::ios::binary) << damaged;
        const Result<ElfFile> file = ElfFile::read(path);
        EXPECT_TRUE(file || !file.error().message.empty());
    }
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace ttmem::doctor
