// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The injected library in any process: its exports, and its behaviour where there is no tt-metal.
// TTMEM_HOOKS_LIBRARY, TTMEM_PRELOADED (the same, after a sanitizer's runtime) and TTMEM_HOOKS_MAP come from the
// build.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace {

// The standard output, standard error and exit status of a shell command.
struct Ran {
    std::string output;
    int status = -1;
};

Ran run(const std::string& command) {
    Ran ran;
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(("(" + command + ") 2>&1").c_str(), "r"),
                                                     [](FILE*) { return 0; });
    std::array<char, 4096> chunk{};
    while (const size_t got = fread(chunk.data(), 1, chunk.size(), pipe.get())) {
        ran.output.append(chunk.data(), got);
    }
    ran.status = pclose(pipe.get());
    return ran;
}

std::vector<std::string> names_in_map() {
    std::vector<std::string> names;
    std::ifstream map(TTMEM_HOOKS_MAP);
    for (std::string line; std::getline(map, line);) {
        const size_t begin = line.find_first_not_of(' ');
        const size_t end = line.find(';');
        if (begin != std::string::npos && end != std::string::npos && line.find_first_of("*{}#") == std::string::npos) {
            names.push_back(line.substr(begin, end - begin));
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

class Preloaded : public ::testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/ttmem-hooks-test-XXXXXX";
        ASSERT_NE(mkdtemp(name), nullptr);
        folder_ = name;
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    // Runs the command with the hooks preloaded and tracking asked for.
    Ran run_preloaded(const std::string& command) const {
        return run("export TT_ALLOC_LEDGER_DIR=" + folder_ +
                   " TT_ALLOC_TRACKING_ENABLED=1 LD_PRELOAD=" TTMEM_PRELOADED "; exec " + command);
    }

    std::string folder_;
};

TEST(Exports, AreTheStandInsAndNothingElse) {
    const Ran nm = run("nm -D --defined-only " TTMEM_HOOKS_LIBRARY);
    ASSERT_EQ(nm.status, 0) << nm.output;
    std::vector<std::string> exported;
    std::istringstream lines(nm.output);
    for (std::string address, kind, name; lines >> address >> kind >> name;) {
        exported.push_back(name);
    }
    std::sort(exported.begin(), exported.end());
    EXPECT_FALSE(exported.empty());
    EXPECT_EQ(exported, names_in_map());
}

TEST(Exports, LibraryIsNeverUnloaded) {
    const Ran dynamic = run("readelf -d " TTMEM_HOOKS_LIBRARY);
    ASSERT_EQ(dynamic.status, 0) << dynamic.output;
    EXPECT_NE(dynamic.output.find("NODELETE"), std::string::npos) << dynamic.output;
}

TEST_F(Preloaded, CommandsWithoutTtMetalRunAsEver) {
    for (const char* command : {"/bin/true", "/bin/echo hello", "/bin/sh -c 'echo hello | cat'"}) {
        const Ran plain = run(command);
        const Ran tracked = run_preloaded(command);
        EXPECT_EQ(tracked.status, plain.status) << command;
        EXPECT_EQ(tracked.output, plain.output) << command;
    }
    EXPECT_TRUE(std::filesystem::is_empty(folder_)) << "a ledger was made for a process without a device";
}

TEST_F(Preloaded, LooksNothingUpWithoutTtMetal) {
    const Ran bindings =
        run("export LD_DEBUG=symbols LD_BIND_NOW=1 TT_ALLOC_TRACKING_ENABLED=1 LD_PRELOAD=" TTMEM_PRELOADED
            "; exec /bin/true");
    ASSERT_EQ(bindings.status, 0);
    EXPECT_EQ(bindings.output.find("symbol=_ZN2tt8tt_metal"), std::string::npos);
    EXPECT_EQ(bindings.output.find("symbol=_ZNK2tt8tt_metal"), std::string::npos);
}

}  // namespace
