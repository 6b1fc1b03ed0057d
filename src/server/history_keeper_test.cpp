// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/history_keeper.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

namespace ttmem::server {
namespace {

class NoModels : public ModelSource {
public:
    void get(Want, Got) override {}
    void read_fresh(const inventory::Request&, Got) override {}
    void get_page(const inventory::BufferQuery&, IsWanted, GotPage) override {}
};

class HistoryKeeperTest : public ::testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/ttmem-keeper-test-XXXXXX";
        ASSERT_NE(mkdtemp(name), nullptr);
        folder_ = name;
        log_fd_.reset(open((folder_ + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
        ASSERT_TRUE(log_fd_.valid());
        loop_ = std::move(EventLoop::make().value());
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::string said() const {
        std::ostringstream text;
        text << std::ifstream(folder_ + "/log").rdbuf();
        return text.str();
    }

    std::string folder_;
    UniqueFd log_fd_;
    std::unique_ptr<EventLoop> loop_;
    NoModels models_;
};

// Incident: the destructor asked for notices before the recorder's thread had ended; those that came later were lost.
TEST_F(HistoryKeeperTest, WhatTheRecorderHasToSayIsSaidBeforeTheEnd) {
    std::ofstream(folder_ + "/file") << "no folder";
    history::Settings settings;
    settings.path = folder_ + "/file/history.db";
    Log log(LogLevel::kInfo, log_fd_.get());
    size_t lines = 0;
    for (int i = 0; i < 30; ++i) {
        { const HistoryKeeper keeper(*loop_, log, models_, settings); }
        const std::string text = said();
        const size_t now = static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
        ASSERT_EQ(now, lines + 1) << "round " << i << ": " << text;
        ASSERT_NE(text.find("no history is written: "), std::string::npos) << text;
        lines = now;
    }
}

}  // namespace
}  // namespace ttmem::server
