// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/watch.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>

#include "inventory/inventory.hpp"
#include "inventory/test_support.hpp"

namespace ttmem::inventory {
namespace {

using testing::Child;
using testing::LedgerBase;
using testing::TestWriter;
using testing::write_file;

constexpr int kPatienceMs = 60'000;

std::unique_ptr<Watch> watch(const LedgerBase& base) {
    return std::move(Watch::make({base.path()}, base.path()).value());
}

// Waits for the kernel's word; false when none comes.
Watch::Changes wait_for_news(Watch& watch, int patience_ms = kPatienceMs) {
    for (;;) {
        pollfd ready{watch.fd(), POLLIN, 0};
        if (poll(&ready, 1, patience_ms) != 1) {
            return {};
        }
        if (const Watch::Changes changes = watch.take_changes()) {
            return changes;
        }
    }
}

bool is_quiet(Watch& watch) {
    return !wait_for_news(watch, 0);
}

TEST(Watch, TellsOfANewLedgerInANewDirectoryAndInAnOldOne) {
    const LedgerBase base;
    const auto told = watch(base);
    EXPECT_TRUE(is_quiet(*told));
    const Child first([] { static TestWriter writer(1); });
    EXPECT_TRUE(wait_for_news(*told).files);
    Inventory inventory({base.path(), TelemetryUse::kOff});
    told->follow(*inventory.refresh());
    while (!is_quiet(*told)) {
    }
    const Child second([] { static TestWriter writer(1); });
    EXPECT_TRUE(wait_for_news(*told).files);
}

TEST(Watch, TellsOfADeathByThePidAndByTheLedger) {
    const LedgerBase base;
    Child child([] { static TestWriter writer(1); });
    const auto told = watch(base);
    Inventory inventory({base.path(), TelemetryUse::kOff});
    EXPECT_TRUE(told->follow(*inventory.refresh())) << "one that is new";
    EXPECT_FALSE(told->follow(*inventory.refresh()));
    EXPECT_EQ(told->processes(), 1u);
    while (!is_quiet(*told)) {
    }
    const int pid = child.pid();
    child.kill_and_wait();
    Watch::Changes all;
    while (all.ended.empty() || !all.files) {
        const Watch::Changes changes = wait_for_news(*told);
        ASSERT_TRUE(changes) << "the kernel tells twice: the process ended, and its ledger lost its writer";
        all.ended.insert(all.ended.end(), changes.ended.begin(), changes.ended.end());
        all.files = all.files || changes.files;
    }
    EXPECT_EQ(all.ended, std::vector{pid});
    const auto model = inventory.refresh();
    EXPECT_EQ(model->processes.at(0).state, api::ProcessState::kDied);
    told->follow(*model);
    EXPECT_EQ(told->processes(), 0u);
}

TEST(Watch, OtherFilesAndReadersAreNoNews) {
    const LedgerBase base;
    const Child child([] { static TestWriter writer(1); });
    const auto told = watch(base);
    Inventory inventory({base.path(), TelemetryUse::kOff});
    told->follow(*inventory.refresh());
    while (!is_quiet(*told)) {
    }
    write_file(base.path() + "/other", "x");
    write_file(base.own() + "/other", "x");
    for (int i = 0; i < 3; ++i) {
        inventory.refresh();
    }
    EXPECT_TRUE(is_quiet(*told)) << "who reads must not wake himself";
}

TEST(Watch, TellsOfRegions) {
    const LedgerBase base;
    const auto told = watch(base);
    write_file(base.path() + "/tt_device_5_memory", "x", 0600);
    EXPECT_TRUE(wait_for_news(*told).files);
}

TEST(Watch, AFolderThatComesLaterIsFound) {
    const LedgerBase base;
    const std::string later = base.path() + "/later";
    const auto told = std::move(Watch::make({later}, later).value());
    mkdir(later.c_str(), 0755);
    told->follow({});
    mkdir((later + "/tt_alloc." + std::to_string(geteuid())).c_str(), 0755);
    EXPECT_TRUE(wait_for_news(*told).files);
}

TEST(Watch, AnOverflowLosesNothing) {
    const LedgerBase base;
    const auto told = watch(base);
    // More than the kernel keeps for us (fs.inotify.max_queued_events), all of one kind that matters.
    const std::string max = testing::read_file("/proc/sys/fs/inotify/max_queued_events");
    const int events = max.empty() ? 20'000 : std::stoi(max) + 100;
    for (int i = 0; i < events; i += 2) {
        const std::string path = base.path() + "/tt_device_" + std::to_string(i % 4) + "_memory";
        write_file(path, "x", 0600);
        unlink(path.c_str());
    }
    EXPECT_TRUE(wait_for_news(*told).files);
    while (!is_quiet(*told)) {
    }
    const Child child([] { static TestWriter writer(1); });
    EXPECT_TRUE(wait_for_news(*told).files);
}

}  // namespace
}  // namespace ttmem::inventory
