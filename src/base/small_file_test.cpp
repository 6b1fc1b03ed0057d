// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "base/small_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

namespace ttmem {
namespace {

class SmallFile : public testing::Test {
protected:
    SmallFile() {
        char name[] = "/tmp/ttmem-small-XXXXXX";
        folder_ = mkdtemp(name);
    }
    ~SmallFile() override { std::filesystem::remove_all(folder_); }
    std::string at(const char* name) const { return folder_ + "/" + name; }
    std::string folder_;
};

int why(const std::string& path) {
    const Result<std::string> answer = read_regular_file(path, 100);
    return answer ? 0 : answer.error().errno_value;
}

TEST_F(SmallFile, GivesARegularFileUpToItsBound) {
    std::ofstream(at("good")) << std::string(100, 'x');
    std::ofstream(at("long")) << std::string(101, 'x');
    std::filesystem::create_symlink(at("good"), at("link"));
    EXPECT_EQ(read_regular_file(at("good"), 100).value(), std::string(100, 'x'));
    EXPECT_EQ(why(at("link")), 0);
    EXPECT_EQ(why(at("long")), EFBIG);
    EXPECT_EQ(why("/proc/self/comm"), 0);
}

// Each of these made a tool hang or abort when it was in the place of a small file.
TEST_F(SmallFile, RefusesEverythingElse) {
    ASSERT_EQ(mkfifo(at("fifo").c_str(), 0600), 0);
    std::filesystem::create_symlink(at("loop"), at("loop"));
    EXPECT_EQ(why(at("fifo")), EINVAL);
    EXPECT_EQ(why(folder_), EISDIR);
    EXPECT_EQ(why("/dev/zero"), EINVAL);
    EXPECT_EQ(why(at("loop")), ELOOP);
    EXPECT_EQ(why(at("nothing")), ENOENT);
}

}  // namespace
}  // namespace ttmem
