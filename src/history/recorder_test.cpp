// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "history/recorder.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include "history/query.hpp"
#include "history/test_history.hpp"

namespace ttmem::history {
namespace {

using testing::Folder;
using testing::model_at;

TEST(Recorder, WritesOnItsOwnThreadAndAllBeforeItEnds) {
    const Folder folder;
    {
        Recorder recorder(folder.settings());
        for (uint64_t i = 0; i < Recorder::kMostWaiting; ++i) {
            recorder.record(std::make_shared<const api::Model>(model_at(1000 + i, 100 * i)));
        }
    }
    const Answer answer = folder.ask();
    ASSERT_FALSE(answer.series.empty());
    EXPECT_EQ(answer.series[0].points.size(), Recorder::kMostWaiting);
    ASSERT_GE(answer.events.size(), 2u);
    EXPECT_EQ(answer.events.back().type, "server_stop");
}

TEST(Recorder, AWriterThatIsHeldUpCostsMomentsAndNoWaiting) {
    const Folder folder;
    auto blocker = std::move(Connection::open(folder.path(), Connection::Use::kWrite).value());
    {
        Recorder recorder(folder.settings());
        recorder.record(std::make_shared<const api::Model>(model_at(1000, 1)));
        while (recorder.counters().written == 0) {
            usleep(1000);
        }
        ASSERT_TRUE(blocker->run("BEGIN IMMEDIATE"));
        for (uint64_t i = 0; i < 3 * Recorder::kMostWaiting; ++i) {
            // Within the seconds that the wall clock may differ from the steady one.
            auto model = std::make_shared<api::Model>(model_at(1001, 1));
            model->time_ns += i * testing::kSecond / 8;
            recorder.record(std::move(model));
        }
        EXPECT_GE(recorder.counters().left_out, Recorder::kMostWaiting) << "the oldest were left out";
        ASSERT_TRUE(blocker->run("COMMIT"));
    }
    const Answer answer = folder.ask();
    EXPECT_EQ(answer.series.at(0).points.back().time_ns,
              (1001 + (3 * Recorder::kMostWaiting - 1) / 8) * testing::kSecond)
        << "the latest is there";
}

TEST(Recorder, SaysOnceThatAnotherServerWrites) {
    const Folder folder;
    Recorder first(folder.settings());
    first.record(std::make_shared<const api::Model>(model_at(1000, 1)));
    while (first.counters().written == 0) {
        usleep(1000);
    }
    Recorder second(folder.settings());
    for (uint64_t i = 0; i < 3; ++i) {
        second.record(std::make_shared<const api::Model>(model_at(1001 + i, 1)));
    }
    while (second.counters().failed < 3) {
        usleep(1000);
    }
    const std::vector<std::string> notices = second.take_notices();
    ASSERT_EQ(notices.size(), 1u);
    EXPECT_NE(notices[0].find("another server"), std::string::npos) << notices[0];
}

}  // namespace
}  // namespace ttmem::history
