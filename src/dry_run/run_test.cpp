// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// How a command is run, with commands that open no device. What a run on a board finds is in tests/e2e.
#include "dry_run/run.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "base/dry_run_record.hpp"
#include "dry_run/boards.hpp"

namespace ttmem::dry_run {
namespace {

namespace fs = std::filesystem;

class Run : public ::testing::Test {
protected:
    void SetUp() override {
        char name[] = "/tmp/ttmem-run-XXXXXX";
        ASSERT_NE(mkdtemp(name), nullptr);
        folder_ = name;
        setenv("TT_ALLOC_LEDGER_DIR", folder_.c_str(), 1);
    }
    void TearDown() override {
        unsetenv("TT_ALLOC_LEDGER_DIR");
        EXPECT_EQ(left_overs(), 0) << "the folder of a run is removed";
        fs::remove_all(folder_);
    }
    int left_overs() const {
        int found = 0;
        for (const auto& entry : fs::directory_iterator(folder_)) {
            found += entry.path().filename().string().starts_with("ttmem-dry-run.") ? 1 : 0;
        }
        return found;
    }
    RunRequest request(const std::string& script) const {
        RunRequest request;
        request.command = {"/bin/sh", "-c", script};
        request.description = "arch: {}";
        request.cache = folder_ + "/cache";
        request.compiler.runtime_root = "/some/root";
        return request;
    }
    std::string read(const std::string& name) const {
        std::ifstream file(folder_ + "/" + name);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    std::string folder_;
};

TEST_F(Run, SaysThatNothingStoodInWhereTtnnDoesNotKnowAMock) {
    const size_t at = sizeof(uint64_t) * (1 + static_cast<size_t>(DryRunFigure::kChipsNotAsked));
    const Result<RunResult> ran = run_on_board(
        request("printf '\\001' | dd of=$TT_ALLOC_DRY_RUN bs=1 conv=notrunc seek=" + std::to_string(at) + " 2>&1"));
    ASSERT_TRUE(ran) << ran.error().message;
    ASSERT_EQ(ran.value().notes.size(), 1u);
    EXPECT_NE(ran.value().notes[0].find("0.72.0"), std::string::npos) << ran.value().notes[0];
}

TEST_F(Run, GivesTheCommandItsBoardAndFindsHowItEnded) {
    const Result<RunResult> ran = run_on_board(request("cat $TT_METAL_MOCK_CLUSTER_DESC_PATH > " + folder_ +
                                                       "/seen; echo $TT_METAL_CACHE $TT_METAL_RUNTIME_ROOT "
                                                       "$TT_ALLOC_TRACKING_ENABLED > " +
                                                       folder_ + "/told; exit 7"));
    ASSERT_TRUE(ran) << ran.error().message;
    EXPECT_EQ(ran.value().ending.exit_code, 7);
    EXPECT_FALSE(ran.value().ending.timed_out);
    EXPECT_TRUE(ran.value().ledgers.empty());
    EXPECT_EQ(read("seen"), "arch: {}");
    EXPECT_EQ(read("told"), folder_ + "/cache/kernels-stand-in /some/root 1\n");
}

TEST_F(Run, AKernelCacheOfTheStandInIsNotThatOfACompiler) {
    RunRequest with_compiler = request("echo $TT_METAL_CACHE > " + folder_ + "/told");
    with_compiler.compiler.stand_in = false;
    ASSERT_TRUE(run_on_board(with_compiler));
    EXPECT_EQ(read("told"), folder_ + "/cache/kernels\n");
}

TEST_F(Run, EndsWhatTakesTooLongWithAllThatItStarted) {
    RunRequest late = request("trap '' TERM; sleep 1000 & echo $! > " + folder_ + "/child; wait");
    late.timeout_ms = 500;
    const Result<RunResult> ran = run_on_board(late);
    ASSERT_TRUE(ran);
    EXPECT_TRUE(ran.value().ending.timed_out);
    const int child = std::stoi(read("child"));
    for (int i = 0; i < 1000 && kill(child, 0) == 0; ++i) {
        usleep(10'000);  // killed, and waits for init to take note
        if (fs::exists("/proc/" + std::to_string(child) + "/exe") == false) {
            break;
        }
    }
    std::error_code error;
    EXPECT_FALSE(fs::exists(fs::read_symlink("/proc/" + std::to_string(child) + "/exe", error)) && !error);
}

TEST_F(Run, SaysThatThereIsNoSuchCommand) {
    RunRequest wrong = request("");
    wrong.command = {"/no/such/program"};
    const Result<RunResult> ran = run_on_board(wrong);
    ASSERT_TRUE(ran);
    EXPECT_EQ(ran.value().ending.exit_code, 127);
}

TEST_F(Run, RemovesWhatAKilledDryRunLeft) {
    fs::create_directory(folder_ + "/ttmem-dry-run.999999999.abcdef");  // above the kernel's highest pid
    ASSERT_TRUE(run_on_board(request("exit 0")));
    EXPECT_EQ(left_overs(), 0);
}

TEST(Boards, HaveNamesOfTheirOwnAndADescription) {
    for (const Board& board : boards()) {
        EXPECT_EQ(find_board(board.name), &board);
        EXPECT_EQ(board.chips, board.rows * board.columns) << board.name;
        EXPECT_NE(board.description.find("arch:"), std::string_view::npos) << board.name;
        EXPECT_FALSE(board.source.empty()) << board.name;
        size_t chips = 0;
        for (size_t at = board.description.find(board.arch); at != std::string_view::npos;
             at = board.description.find(board.arch, at + 1)) {
            ++chips;
        }
        EXPECT_GE(chips, board.chips) << board.name;
    }
    EXPECT_EQ(find_board("n151"), nullptr);
    EXPECT_NE(board_names().find("t3000"), std::string::npos);
}

}  // namespace
}  // namespace ttmem::dry_run
