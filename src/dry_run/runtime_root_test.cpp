// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "dry_run/runtime_root.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "dry_run/kernel_stand_in.hpp"
#include "dry_run/ttnn_of_command.hpp"

namespace ttmem::dry_run {
namespace {

namespace fs = std::filesystem;

class RuntimeRoot : public ::testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/ttmem-root-XXXXXX";
        ASSERT_NE(mkdtemp(name), nullptr);
        folder_ = name;
        fs::create_directories(folder_ / "cache");
        fs::create_directories(folder_ / "ttnn/tt_metal");
        fs::create_directories(folder_ / "ttnn/runtime/hw");
        std::ofstream(folder_ / "ttnn/runtime/hw/linker.ld") << "a linker script";
    }
    void TearDown() override { fs::remove_all(folder_); }

    void put_compiler(const std::string& version) const {
        const fs::path bin = folder_ / "ttnn/runtime/sfpi/compiler/bin";
        fs::create_directories(bin);
        std::ofstream(bin / kCompilerName) << "#!/bin/sh\necho '" << version << "'\n";
        fs::permissions(bin / kCompilerName, fs::perms::owner_all);
    }
    Result<Compiler> prepare() const {
        return prepare_compiler((folder_ / "ttnn").string(), (folder_ / "cache").string(), "/bin/true");
    }

    fs::path folder_;
};

TEST_F(RuntimeRoot, LinksToThePackageAndLeavesItAsItIs) {
    if (fs::exists("/opt/tenstorrent/sfpi")) {
        GTEST_SKIP() << "a RISC-V toolchain is installed in /opt/tenstorrent/sfpi, so there is no need for a stand-in";
    }
    const Result<Compiler> made = prepare();
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_TRUE(made.value().stand_in);
    const fs::path root = made.value().runtime_root;
    EXPECT_TRUE(fs::is_directory(root / "tt_metal"));
    EXPECT_TRUE(fs::is_regular_file(root / "runtime/hw/linker.ld"));
    EXPECT_EQ(fs::read_symlink(root / "runtime/sfpi/compiler/bin" / kCompilerName), "/bin/true");
    EXPECT_FALSE(fs::exists(folder_ / "ttnn/runtime/sfpi"));

    // The folder is used again, and made again where it is damaged.
    EXPECT_EQ(prepare().value().runtime_root, root.string());
    fs::remove(root / "tt_metal");
    EXPECT_EQ(prepare().value().runtime_root, root.string());
    EXPECT_TRUE(fs::is_directory(root / "tt_metal"));
    EXPECT_EQ(std::distance(fs::directory_iterator(folder_ / "cache"), {}), 1) << "nothing is left of making it";
}

TEST_F(RuntimeRoot, ARealCompilerIsUsedWhereItIs) {
    put_compiler("riscv-tt-elf-g++ (GCC) 15.1.0");
    const Result<Compiler> made = prepare();
    ASSERT_TRUE(made);
    EXPECT_FALSE(made.value().stand_in);
    EXPECT_EQ(made.value().version, "riscv-tt-elf-g++ (GCC) 15.1.0");
    EXPECT_EQ(made.value().runtime_root, "");
}

TEST_F(RuntimeRoot, AStandInThatSomebodyInstalledIsNoCompiler) {
    if (fs::exists("/opt/tenstorrent/sfpi")) {
        GTEST_SKIP() << "a RISC-V toolchain is installed in /opt/tenstorrent/sfpi, so there is no need for a stand-in";
    }
    put_compiler(std::string("riscv-tt-elf-g++ (") + kStandInMark + ") 15.1.0");
    EXPECT_TRUE(prepare().value().stand_in);
}

TEST_F(RuntimeRoot, SaysWhatIsMissing) {
    EXPECT_FALSE(prepare_compiler((folder_ / "absent").string(), (folder_ / "cache").string(), "/bin/true"));
}

TEST_F(RuntimeRoot, FindsTheInterpreterOfACommand) {
    const auto script = [&](const std::string& name, const std::string& text) {
        std::ofstream(folder_ / name) << text;
        fs::permissions(folder_ / name, fs::perms::owner_all);
        return (folder_ / name).string();
    };
    const std::string python = script("python3.12", "#!/bin/sh\n");
    const std::string plain = script("plain", "#!" + python + "\n");
    const std::string pip = script("pip's own", "#!/bin/sh\n'''exec' \"" + python + "\" \"$0\" \"$@\"\n' '''\n");
    EXPECT_EQ(interpreter_of({python, "model.py"}), python);
    EXPECT_EQ(interpreter_of({"env", "A=1", python, "-m", "pytest"}), python);
    EXPECT_EQ(interpreter_of({plain}), python);
    EXPECT_EQ(interpreter_of({pip, "x"}), python);
    setenv("PATH", folder_.c_str(), 1);
    EXPECT_EQ(interpreter_of({"plain"}), python);
    EXPECT_EQ(interpreter_of({"a-program-that-is-nowhere"}), "");
}

TEST_F(RuntimeRoot, KnowsTheTtnnOfAVirtualEnvironmentWithoutAskingItsPython) {
    const fs::path environment = folder_ / "venv";
    const fs::path package = environment / "lib/python3.12/site-packages/ttnn";
    const std::string python = (environment / "bin/python").string();
    fs::create_directories(package);
    std::ofstream(package / "__init__.py") << "";
    unsetenv("PYTHONPATH");
    unsetenv("PYTHONHOME");
    EXPECT_EQ(ttnn_of_environment(python), "") << "it is no virtual environment";
    std::ofstream(environment / "pyvenv.cfg") << "";
    EXPECT_EQ(ttnn_of_environment(python), package.string());

    setenv("PYTHONPATH", "/somewhere", 1);
    EXPECT_EQ(ttnn_of_environment(python), "") << "another ttnn may come first";
    unsetenv("PYTHONPATH");
    const fs::path here = fs::current_path();
    fs::current_path(folder_);
    fs::create_directory("ttnn");
    EXPECT_EQ(ttnn_of_environment(python), "") << "the working folder comes first";
    fs::current_path(here);
    fs::create_directories(environment / "lib/python3.13/site-packages");
    EXPECT_EQ(ttnn_of_environment(python), "") << "of two Pythons";
}

}  // namespace
}  // namespace ttmem::dry_run
