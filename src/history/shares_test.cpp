// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "history/shares.hpp"

#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "history/test_history.hpp"

namespace ttmem::history {
namespace {

using testing::Folder;
using testing::kSecond;
using testing::model_at;

constexpr uint64_t kBegin = 1'800'000'000;
constexpr uint32_t kHonest = 1000;
constexpr uint32_t kFlooder = 1234;

std::unique_ptr<Store> open_small(const Folder& folder) {
    Settings settings = folder.settings();
    settings.max_bytes = kLeastMaxBytes;
    settings.keep_seconds_s = 1'000'000;
    std::vector<std::string> notices;
    auto opened = Store::open(settings, notices);
    EXPECT_TRUE(opened.ok());
    return std::move(opened.value());
}

// Adds a process of that user that claims to hold memory of `count` devices, others at each moment.
void add_flood(api::Model& model, uint32_t user, uint64_t moment, size_t count) {
    api::Process process = model_at(1, 1, static_cast<int>(5000 + user)).processes[0];
    process.uid = user;
    process.devices.clear();
    for (size_t i = 0; i < count; ++i) {
        api::Device device;
        device.id = static_cast<int>(i) - 4000;
        device.unique_id = user * (uint64_t{1} << 40) + moment * 1000 + i;
        device.arch = "wormhole_b0";
        device.memory[api::MemoryKind::kDram].allocated_bytes = moment + i;
        model.devices.push_back(device);
        api::ProcessDevice use;
        use.device = api::DeviceIndex(model.devices.size() - 1);
        use.bytes[api::MemoryKind::kDram] = moment + i;
        process.devices.push_back(use);
    }
    model.processes.push_back(process);
}

TEST(Shares, TheLevelLeavesTheSmallOnesWhole) {
    EXPECT_EQ(level_of_shares({}, 10), UINT64_MAX);
    EXPECT_EQ(level_of_shares({1, 2, 3}, 6), UINT64_MAX);
    EXPECT_EQ(level_of_shares({100}, 90), 90u);
    EXPECT_EQ(level_of_shares({5, 1000, 7}, 112), 100u);
    EXPECT_EQ(level_of_shares({1000, 5, 1000, 7}, 212), 100u);
    EXPECT_EQ(level_of_shares({UINT64_MAX / 2, 0}, 100), 100u);
}

// Incident: a user who made up devices pushed the rows of honest users out of a history that was over its size.
TEST(Shares, AFloodOfMadeUpDevicesLeavesOtherUsersTheirRows) {
    const Folder folder;
    auto store = open_small(folder);
    constexpr uint64_t kMoments = 250;
    uint64_t refused = 0;
    for (uint64_t moment = 0; moment < kMoments; ++moment) {
        api::Model model = model_at(kBegin + moment, 77);
        if (moment >= 50) {
            add_flood(model, kFlooder, moment, 64);
        }
        refused += store->record(model) ? 0 : 1;
        ASSERT_FALSE(store->damaged()) << store->error();
    }
    EXPECT_LE(refused, 5u);
    EXPECT_LE(store->bytes(), kLeastMaxBytes / 4 * 5);
    Question question;
    question.tier = Tier::kSecond;
    const Answer answer = folder.ask(question);
    size_t of_process = 0;
    size_t of_chip = 0;
    for (const Series& series : answer.series) {
        const bool is_honest_process = series.process && answer.processes.at(*series.process).uid == kHonest;
        const bool is_honest_chip =
            !series.process && answer.devices.at(series.device).unique_id == 0xffff'0000'1234'5678;
        (is_honest_process ? of_process : of_chip) += is_honest_process || is_honest_chip ? series.points.size() : 0;
    }
    EXPECT_GE(of_process, kMoments - 5) << "the honest user's points, from the first on";
    EXPECT_GE(of_chip, kMoments - 5) << "its chip's points, from the first on";
    EXPECT_LT(answer.devices.size(), 128u * 60) << "made-up devices of which no point is left go";
}

// Two users who make up the same devices have no more room than their two shares.
TEST(Shares, DevicesOfSeveralUsersCountForOneOfThem) {
    const Folder folder;
    auto store = open_small(folder);
    for (uint64_t moment = 0; moment < 150; ++moment) {
        api::Model model = model_at(kBegin + moment, 77);
        if (moment >= 30) {
            add_flood(model, kFlooder, moment, 100);
            api::Process accomplice = model.processes.back();
            accomplice.uid = kFlooder + 1;
            accomplice.ledger += ".2";
            model.processes.push_back(accomplice);
        }
        store->record(model);
        ASSERT_FALSE(store->damaged()) << store->error();
    }
    Question question;
    question.tier = Tier::kSecond;
    question.unique_id = 0xffff'0000'1234'5678;
    size_t points = 0;
    for (const Series& series : folder.ask(question).series) {
        points += series.points.size();
    }
    EXPECT_GE(points, 2u * (150 - 5));
}

// The record of what a process held on devices that it does not list any more does not stay for as long as the process lives.
TEST(Shares, ALedgerThatChangesItsDevicesKeepsNoRowsOfThem) {
    const Folder folder;
    std::vector<std::string> notices;
    auto store = std::move(Store::open(folder.settings(), notices).value());
    for (uint64_t moment = 0; moment < 20; ++moment) {
        api::Model model = model_at(kBegin + moment, 77);
        add_flood(model, kFlooder, moment, 10);
        ASSERT_TRUE(store->record(model)) << store->error();
    }
    size_t held = 0;
    for (const KnownProcess& process : folder.ask().processes) {
        held += process.uid == kFlooder ? process.held.size() : 0;
    }
    EXPECT_GE(held, 10u);
    EXPECT_LE(held, 20u) << "of 200 devices in all";
}

// Incident: on a small disk the write-ahead log took all the room, could not be folded into the file any more, and ended
// the history for good.
TEST(Shares, TheLogDoesNotFillTheDisk) {
    if (geteuid() != 0) {
        GTEST_SKIP() << "needs root, to mount a small disk";
    }
    const Folder folder;
    const std::string disk = std::filesystem::path(folder.path()).parent_path().string();
    const pid_t child = fork();
    if (child == 0) {
        if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            mount("none", disk.c_str(), "tmpfs", 0, "size=700k") != 0) {
            _exit(100);
        }
        std::vector<std::string> notices;
        auto store = Store::open(folder.settings(), notices);
        int refused = 0;
        for (uint64_t moment = 0; store && moment < 400; ++moment) {
            refused += store.value()->record(model_at(kBegin + moment, moment)) ? 0 : 1;
        }
        _exit(store ? std::min(refused, 99) : 101);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == 100) {
        GTEST_SKIP() << "mount namespaces are not permitted here";
    }
    EXPECT_EQ(WEXITSTATUS(status), 0) << "moments that were refused, of 400";
}

}  // namespace
}  // namespace ttmem::history
