// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The stand-in for the kernel compiler gives what tests/support/stand-in-riscv-gpp gives, byte for byte: tt-metal
// loaded that one's images in all releases before this one was written.
#include "dry_run/kernel_stand_in.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace ttmem::dry_run {
namespace {

namespace fs = std::filesystem;

class KernelStandIn : public ::testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/ttmem-stand-in-XXXXXX";
        ASSERT_NE(mkdtemp(name), nullptr);
        folder_ = name;
    }
    void TearDown() override { fs::remove_all(folder_); }

    std::string path(const std::string& name) const { return folder_ + "/" + name; }
    void write(const std::string& name, const std::string& text) const {
        std::ofstream(path(name), std::ios::binary) << text;
    }
    std::string read(const std::string& name) const {
        std::ifstream file(path(name), std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    // The same call by both; `%` in a word is the folder's prefix of each.
    void call_both(const std::vector<std::string>& words) {
        std::string line = TTMEM_SUPPORT_DIR "/stand-in-riscv-gpp";
        std::vector<std::string> ours;
        for (const std::string& word : words) {
            const size_t mark = word.find('%');
            ours.push_back(mark == std::string::npos ? word : path("ours-" + word.substr(mark + 1)));
            line += " '" + (mark == std::string::npos ? word : path("theirs-" + word.substr(mark + 1))) + "'";
        }
        EXPECT_EQ(kernel_stand_in(ours), 0);
        EXPECT_EQ(system(line.c_str()), 0);
    }

    std::string folder_;
};

TEST_F(KernelStandIn, MakesTheSameObjectsAndImages) {
    for (const size_t size : {size_t{1}, size_t{700}, size_t{16'000}, size_t{90'000}}) {
        write("ours-k.cc", std::string(size, 'x'));
        write("theirs-k.cc", std::string(size, 'x'));
        call_both({"-O2", "-c", "-o", "%k.o", "%k.cc"});
        EXPECT_EQ(read("ours-k.o"), read("theirs-k.o"));
        write("ours-real.o",
              "\x7f"
              "ELF is a prebuilt object");
        write("theirs-real.o",
              "\x7f"
              "ELF is a prebuilt object");
        call_both({"%k.o", "%real.o", "-o", "%k.elf"});
        EXPECT_EQ(read("ours-k.elf"), read("theirs-k.elf"));
        EXPECT_EQ(read("ours-k.elf").substr(0, 4),
                  "\x7f"
                  "ELF");
    }
}

TEST_F(KernelStandIn, WritesTheDependencyFileWhereTheCompilerWould) {
    write("k.cc", "void kernel() {}");
    EXPECT_EQ(kernel_stand_in({"-MMD", "-c", "-o", path("a.b/k.o"), path("k.cc")}), 1);  // there is no such folder
    fs::create_directory(path("a.b"));
    EXPECT_EQ(kernel_stand_in({"-MMD", "-c", "-o", path("a.b/k.o"), path("k.cc")}), 0);
    EXPECT_EQ(read("a.b/k.d"), path("a.b/k.o") + ": \n");
    EXPECT_EQ(kernel_stand_in({"-MF", path("other"), "-c", "-o", path("k.o"), path("k.cc")}), 0);
    EXPECT_EQ(read("other"), path("k.o") + ": \n");
}

TEST_F(KernelStandIn, DoesNothingWithoutAnOutput) {
    EXPECT_EQ(kernel_stand_in({"-E", path("missing.cc")}), 0);
    EXPECT_TRUE(fs::is_empty(folder_));
}

}  // namespace
}  // namespace ttmem::dry_run
