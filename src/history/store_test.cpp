// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "history/store.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "history/query.hpp"
#include "history/schema.hpp"
#include "history/test_history.hpp"
#include "sqlite/sqlite.hpp"

namespace ttmem::history {
namespace {

using api::MemoryKind;
using testing::Folder;
using testing::kSecond;
using testing::model_at;

std::unique_ptr<Store> open(const Settings& settings) {
    std::vector<std::string> notices;
    auto store = Store::open(settings, notices);
    EXPECT_TRUE(store.ok()) << store.error().message;
    return store ? std::move(store.value()) : nullptr;
}

const Series& series_of(Answer&& answer, bool process) = delete;  // it would be gone
const Series& series_of(const Answer& answer, bool process) {
    for (const Series& series : answer.series) {
        if (series.process.has_value() == process) {
            return series;
        }
    }
    throw std::runtime_error("no such series");
}

TEST(Store, GivesBackWhatItWasGiven) {
    const Folder folder;
    {
        auto store = open(folder.settings());
        ASSERT_TRUE(store->record(model_at(1000, 500))) << store->error();
        ASSERT_TRUE(store->record(model_at(1001, 700)));
    }
    const Answer answer = folder.ask();
    EXPECT_EQ(answer.tier, Tier::kSecond);
    ASSERT_EQ(answer.devices.size(), 1u);
    EXPECT_EQ(answer.devices[0].id, 0);
    EXPECT_EQ(answer.devices[0].unique_id, 0xffff'0000'1234'5678u);
    ASSERT_EQ(answer.processes.size(), 1u);
    EXPECT_EQ(answer.processes[0].command, "python") << "command lines are for their owner";
    EXPECT_EQ(answer.processes[0].state, "live");
    EXPECT_EQ(answer.processes[0].held.at(0).bytes[MemoryKind::kDram], 700u);
    ASSERT_EQ(answer.series.size(), 2u);
    for (const Series& series : answer.series) {
        ASSERT_EQ(series.points.size(), 2u);
        EXPECT_EQ(series.points[0].time_ns, 1000 * kSecond);
        EXPECT_EQ(series.points[0].bytes[MemoryKind::kDram], 500u);
        EXPECT_EQ(series.points[1].bytes[MemoryKind::kDram], 700u);
        EXPECT_FALSE(series.points[1].bytes[MemoryKind::kL1]) << "unknown, not 0";
    }
    ASSERT_EQ(answer.events.size(), 1u);
    EXPECT_EQ(answer.events[0].type, "start");
    EXPECT_EQ(answer.events[0].time_ns, 900 * kSecond);
}

TEST(Store, APeakBetweenTwoMomentsIsTheSecondsMost) {
    const Folder folder;
    auto store = open(folder.settings());
    ASSERT_TRUE(store->record(model_at(1000, 500)));
    api::Model model = model_at(1001, 100);
    model.processes[0].devices[0].peak_bytes[MemoryKind::kDram] = 9000;
    ASSERT_TRUE(store->record(model));
    model.time_ns += kSecond;
    ASSERT_TRUE(store->record(model));
    const Answer answer = folder.ask();
    const Series& series = series_of(answer, true);
    EXPECT_EQ(series.points[1].max_bytes[MemoryKind::kDram], 9000u);
    EXPECT_EQ(series.points[2].max_bytes[MemoryKind::kDram], 100u) << "it was reached a second earlier";
}

TEST(Store, CoarserTiersAreMadeFromFinerOnesAlsoAfterARestart) {
    const Folder folder;
    auto store = open(folder.settings());
    for (uint64_t s = 1'200'000; s < 1'200'065; ++s) {
        ASSERT_TRUE(store->record(model_at(s, s % 10 == 3 ? 1100 : 100)));
    }
    store.reset();
    store = open(folder.settings());
    ASSERT_TRUE(store->record(model_at(1'200'200, 50))) << "what was unfinished is finished now";
    Question question;
    question.tier = Tier::kTenSeconds;
    Answer answer = folder.ask(question);
    const Series ten = series_of(answer, true);
    ASSERT_EQ(ten.points.size(), 7u);
    EXPECT_EQ(ten.points[2].time_ns, 1'200'020 * kSecond);
    EXPECT_EQ(ten.points[2].bytes[MemoryKind::kDram], 200u) << "the mean";
    EXPECT_EQ(ten.points[2].max_bytes[MemoryKind::kDram], 1100u);
    question.tier = Tier::kMinute;
    answer = folder.ask(question);
    const Series minutes = series_of(answer, false);
    ASSERT_EQ(minutes.points.size(), 2u);
    EXPECT_EQ(minutes.points[0].bytes[MemoryKind::kDram], 200u);
    EXPECT_EQ(minutes.points[0].max_bytes[MemoryKind::kDram], 1100u);
}

api::Model with_card(uint64_t time_s, std::optional<double> temperature, const char* state = "known") {
    api::Model model = model_at(time_s, 100);
    api::Telemetry& card = model.devices[0].telemetry.emplace();
    card.sensors.push_back({"asic_temperature", "C", state, temperature, {}, {}, {}, {}, {}});
    card.sensors.push_back({"power", "W", "known", 30.5, {}, {}, {}, {}, {}});
    return model;
}

TEST(Store, KeepsWhatCardsSaidAndNothingThatTheyDidNot) {
    const Folder folder;
    auto store = open(folder.settings());
    for (uint64_t s = 1'200'000; s < 1'200'012; ++s) {
        ASSERT_TRUE(store->record(with_card(s, s == 1'200'004 ? 70 : 40))) << store->error();
    }
    ASSERT_TRUE(store->record(with_card(1'200'012, 255, "stale")));
    Question question;
    question.tier = Tier::kSecond;
    Answer answer = folder.ask(question);
    ASSERT_EQ(answer.cards.size(), 1u);
    ASSERT_EQ(answer.cards[0].readings.size(), 13u);
    EXPECT_EQ(answer.cards[0].readings[3].temperature_c, 40);
    EXPECT_EQ(answer.cards[0].readings[3].power_w, 30.5);
    EXPECT_FALSE(answer.cards[0].readings[3].clock_mhz) << "unknown, not 0";
    EXPECT_FALSE(answer.cards[0].readings[12].temperature_c) << "an old value is none of that second";
    question.tier = Tier::kTenSeconds;
    answer = folder.ask(question);
    ASSERT_EQ(answer.cards.size(), 1u);
    ASSERT_EQ(answer.cards[0].readings.size(), 1u);
    EXPECT_DOUBLE_EQ(*answer.cards[0].readings[0].temperature_c, 43) << "the mean";
    EXPECT_EQ(answer.cards[0].readings[0].max_temperature_c, 70);
    EXPECT_FALSE(answer.cards[0].readings[0].max_clock_mhz);
    question.pid = 77;
    EXPECT_TRUE(folder.ask(question).cards.empty()) << "a card is no process's";
}

TEST(Store, AFileOfTheFirstVersionIsReadAndGoneOnWith) {
    const Folder folder;
    {
        auto made = Connection::open(folder.path(), Connection::Use::kWrite);
        ASSERT_TRUE(made) << made.error().message;
        ASSERT_TRUE(made.value()->run(kSchema));
        ASSERT_EQ(made.value()->number("PRAGMA user_version"), 1);
        ASSERT_TRUE(
            made.value()->run("INSERT INTO device VALUES(1, 'unique 0xffff000012345678', 0, "
                              "'0xffff000012345678', '', 'wormhole_b0', '', 0, 1000, 999000000000);"
                              "INSERT INTO sample(tier, time_s, device, process, dram) "
                              "VALUES(1, 999, 1, 0, 5)"));
    }
    EXPECT_EQ(folder.ask().series.at(0).points.size(), 1u) << "as it is, by who only asks";
    EXPECT_TRUE(folder.ask().cards.empty());
    auto store = open(folder.settings());
    ASSERT_TRUE(store->record(with_card(1000, 41))) << store->error();
    const Answer answer = folder.ask();
    EXPECT_EQ(answer.devices.size(), 1u) << "the same chip";
    EXPECT_EQ(series_of(answer, false).points.size(), 2u);
    EXPECT_EQ(answer.cards.at(0).readings.at(0).temperature_c, 41);
}

TEST(Store, WhoAsksWhileTheFileIsMadeFindsAllOrNone) {
    size_t none = 0;
    for (int round = 0; round < 20; ++round) {
        const Folder folder;
        std::atomic<bool> made = false;
        std::thread maker([&] {
            const auto store = open(folder.settings());
            made = true;
        });
        for (bool over = false; !over;) {
            over = made;  // once more after the end
            auto history = History::open(folder.path());
            if (history) {
                EXPECT_TRUE(history.value().ask({})) << "a table is missing";
            } else {
                EXPECT_NE(history.error().message.find("there is no history"), std::string::npos)
                    << history.error().message;
                ++none;
                EXPECT_FALSE(over) << "it is there";
            }
        }
        maker.join();
    }
    EXPECT_GT(none, 0u) << "nobody asked too early";
}

TEST(Store, AFileWithoutTablesIsNoHistoryYetAndAnotherProgramsIsNamed) {
    const Folder folder;
    std::ofstream(folder.path()).close();
    EXPECT_NE(History::open(folder.path()).error().message.find("there is no history"), std::string::npos);
    auto made = Connection::open(folder.path(), Connection::Use::kWrite);
    ASSERT_TRUE(made && made.value()->run("CREATE TABLE other(x); PRAGMA user_version=9"));
    EXPECT_NE(History::open(folder.path()).error().message.find("no history of this version (9)"), std::string::npos);
}

TEST(Store, EndsAndFailuresAreEventsOnce) {
    const Folder folder;
    auto store = open(folder.settings());
    ASSERT_TRUE(store->record(model_at(1000, 500)));
    api::Model model = model_at(1001, 500);
    api::Failure failure;
    failure.number = 0;
    failure.time_ns = 1000 * kSecond + 5;
    failure.kind = MemoryKind::kDram;
    failure.requested_bytes = 1 << 30;
    failure.devices = {0};
    model.failures = {failure};
    failure.number = 1;
    failure.type = api::FailureType::kClash;
    failure.kind = MemoryKind::kL1;
    model.failures.push_back(failure);
    failure.number = 2;
    failure.type = api::FailureType::kCircularBuffers;
    failure.end_address = 1'500'000;
    failure.limit_bytes = 1'499'136;
    model.failures.push_back(failure);
    model.processes[0].state = api::ProcessState::kDied;
    ASSERT_TRUE(store->record(model)) << store->error();
    model.time_ns += kSecond;
    ASSERT_TRUE(store->record(model));
    store.reset();
    store = open(folder.settings());
    model.time_ns += kSecond;
    ASSERT_TRUE(store->record(model)) << "the same ledger, seen by the next server";

    const Answer answer = folder.ask();
    std::vector<std::string> types;
    for (const Happening& event : answer.events) {
        types.push_back(event.type);
    }
    std::sort(types.begin(), types.end());
    EXPECT_EQ(types, (std::vector<std::string>{"clash", "death", "failure", "failure", "start"}));
    EXPECT_EQ(std::count_if(
                  answer.events.begin(), answer.events.end(),
                  [](const Happening& event) { return event.text == "circular buffers are 864 bytes larger than L1"; }),
              1);
    ASSERT_EQ(answer.processes.size(), 1u);
    EXPECT_EQ(answer.processes[0].state, "died");
    EXPECT_EQ(answer.processes[0].ended_ns, 1001 * kSecond);
    EXPECT_EQ(answer.processes[0].held.at(0).bytes[MemoryKind::kDram], 500u) << "what it held stays for accounting";
    EXPECT_EQ(series_of(answer, true).points.size(), 1u) << "the dead hold nothing";
}

TEST(Store, AProcessThatLeavesNoLedgerEndsWhenItIsGoneAndMayComeBack) {
    const Folder folder;
    auto store = open(folder.settings());
    api::Model model = model_at(1000, 5);
    model.processes[0].ledger.clear();
    model.processes[0].source = api::Source::kSocket;
    ASSERT_TRUE(store->record(model));
    api::Model without = model;
    without.time_ns += kSecond;
    without.processes.clear();
    ASSERT_TRUE(store->record(without));
    EXPECT_EQ(folder.ask().processes.at(0).state, "ended");
    model.time_ns += 2 * kSecond;
    ASSERT_TRUE(store->record(model)) << store->error();
    const Answer answer = folder.ask();
    ASSERT_EQ(answer.processes.size(), 1u);
    EXPECT_EQ(answer.processes[0].state, "live");
    EXPECT_FALSE(answer.processes[0].ended_ns);
}

TEST(Store, QuestionsNarrowDown) {
    const Folder folder;
    auto store = open(folder.settings());
    for (uint64_t s = 1000; s < 1010; ++s) {
        api::Model model = model_at(s, 5, 70);
        model.processes.push_back(model_at(s, 6, 71).processes[0]);
        model.devices.push_back(model.devices[0]);
        model.devices[1].id = 1;
        model.devices[1].unique_id = 0x99;
        ASSERT_TRUE(store->record(model));
    }
    Question question;
    question.pid = 71;
    question.since_ns = 1004 * kSecond;
    question.until_ns = 1006 * kSecond;
    Answer answer = folder.ask(question);
    ASSERT_EQ(answer.series.size(), 1u) << "not what the device holds in all";
    EXPECT_EQ(answer.series[0].points.size(), 3u);
    EXPECT_EQ(answer.series[0].points[0].bytes[MemoryKind::kDram], 6u);
    question = {};
    question.unique_id = 0x99;
    answer = folder.ask(question);
    ASSERT_EQ(answer.series.size(), 1u);
    EXPECT_EQ(answer.devices.size(), 1u);
    question = {};
    question.device = 7;
    EXPECT_TRUE(folder.ask(question).series.empty());
    question = {};
    question.most_points = 2;
    EXPECT_EQ(folder.ask(question).tier, Tier::kSecond) << "there is no coarser one yet";
}

TEST(Store, WhatIsTooOldGoes) {
    const Folder folder;
    Settings settings = folder.settings();
    settings.keep_seconds_s = 30;
    auto store = open(settings);
    for (uint64_t s = 1000; s < 1200; ++s) {
        ASSERT_TRUE(store->record(model_at(s, 5)));
    }
    Question question;
    question.tier = Tier::kSecond;
    EXPECT_GE(folder.ask(question).series.at(0).points.front().time_ns, (1199 - 30 - 60) * kSecond);
    question.tier = Tier::kTenSeconds;
    EXPECT_EQ(folder.ask(question).series.at(0).points.front().time_ns, 1000 * kSecond);
}

TEST(Store, StaysWithinItsSize) {
    const Folder folder;
    Settings settings = folder.settings();
    settings.max_bytes = kLeastMaxBytes;
    settings.keep_seconds_s = 1'000'000;
    auto store = open(settings);
    api::Model model = model_at(1000, 5);
    for (int pid = 0; pid < 100; ++pid) {
        model.processes.push_back(model_at(1000, 5, pid).processes[0]);
    }
    uint64_t refused = 0;
    for (int i = 0; i < 600; ++i) {
        model.time_ns += kSecond;
        refused += store->record(model) ? 0 : 1;
        ASSERT_FALSE(store->damaged()) << store->error();
        ASSERT_LE(store->bytes(), settings.max_bytes / 4 * 5);
    }
    EXPECT_LT(refused, 60u) << "100 rows a second into 1 MiB: most moments still find room";
    EXPECT_TRUE(store->record(model)) << store->error();
    EXPECT_GT(folder.ask().series.at(0).points.back().time_ns, 1590 * kSecond) << "the newest are there";
    EXPECT_LT(std::filesystem::file_size(folder.path() + "-wal"), uint64_t{16} << 20);
}

// All users share the size of the file: one with ever more processes adds no more than the bound to it.
TEST(Store, AUserHasABoundedShareOfAMoment) {
    const Folder folder;
    auto store = open(folder.settings());
    api::Model model = model_at(1000, 5);
    for (int pid = 1001; pid <= 1400; ++pid) {
        model.processes.push_back(model_at(1000, 5, pid).processes[0]);
        model.processes.back().uid = pid <= 1300 ? 1234 : 0;
    }
    ASSERT_TRUE(store->record(model)) << store->error();
    size_t roots = 0;
    size_t others = 0;
    const Answer answer = folder.ask();
    for (const Series& series : answer.series) {
        if (series.process) {
            (answer.processes.at(*series.process).uid == 1234u ? others : roots) += series.points.size();
        }
    }
    EXPECT_EQ(others, 256u);
    EXPECT_GE(roots, 100u);
    EXPECT_GE(answer.processes.size(), 400u) << "all are known, with what they held";
}

TEST(Store, ADamagedFileIsSetAsideAndSaid) {
    const Folder folder;
    {
        auto store = open(folder.settings());
        for (uint64_t s = 1000; s < 1300; ++s) {
            ASSERT_TRUE(store->record(model_at(s, 5)));
        }
    }
    std::string bytes(std::filesystem::file_size(folder.path()), '\0');
    std::ifstream(folder.path(), std::ios::binary).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    for (const size_t from : {size_t{0}, size_t{100}, size_t{8192}, bytes.size() / 2}) {
        std::string damaged = bytes;
        std::fill(damaged.begin() + static_cast<std::ptrdiff_t>(from), damaged.end(), '\x5a');
        std::ofstream(folder.path(), std::ios::binary | std::ios::trunc) << damaged;
        std::vector<std::string> notices;
        auto store = Store::open(folder.settings(), notices);
        ASSERT_TRUE(store.ok()) << from << ": " << store.error().message;
        ASSERT_EQ(notices.size(), 1u) << from;
        EXPECT_NE(notices[0].find("set aside"), std::string::npos) << notices[0];
        EXPECT_EQ(std::filesystem::file_size(folder.path() + ".damaged"), bytes.size());
        EXPECT_TRUE(store.value()->record(model_at(5000, 5)));
        EXPECT_EQ(folder.ask().series.at(0).points.size(), 1u);
    }
}

TEST(Store, AnotherProgramsDatabaseIsLeftAlone) {
    const Folder folder;
    {
        auto other = std::move(Connection::open(folder.path(), Connection::Use::kWrite).value());
        ASSERT_TRUE(other->run("CREATE TABLE mine(a)"));
    }
    std::vector<std::string> notices;
    EXPECT_FALSE(Store::open(folder.settings(), notices).ok());
    EXPECT_FALSE(std::filesystem::exists(folder.path() + ".damaged"));
    EXPECT_FALSE(History::open(folder.path()).ok());
}

// A server that is killed while it writes: what was written stays, at most the moment being written is lost.
TEST(Store, SurvivesAKillAtAnyMoment) {
    const Folder folder;
    for (int round = 0; round < 10; ++round) {
        int told[2];
        ASSERT_EQ(pipe(told), 0);
        const uint64_t begin = 10'000 + static_cast<uint64_t>(round) * 10'000;
        const pid_t child = fork();
        if (child == 0) {
            std::vector<std::string> notices;
            auto store = Store::open(folder.settings(), notices);
            for (uint64_t s = begin; store && notices.empty(); ++s) {
                if (!store.value()->record(model_at(s, s)) || write(told[1], &s, sizeof s) != sizeof s) {
                    break;
                }
            }
            _exit(1);
        }
        close(told[1]);
        uint64_t last = 0;
        for (int i = 0; i < 3 + round * 7; ++i) {
            ASSERT_EQ(read(told[0], &last, sizeof last), static_cast<ssize_t>(sizeof last));
        }
        kill(child, SIGKILL);
        while (read(told[0], &last, sizeof last) == static_cast<ssize_t>(sizeof last)) {
        }
        close(told[0]);
        waitpid(child, nullptr, 0);
        Question question;
        question.tier = Tier::kSecond;
        question.since_ns = begin * kSecond;
        const Answer answer = folder.ask(question);
        const std::vector<Point>& points = series_of(answer, true).points;
        ASSERT_GE(points.back().time_ns, last * kSecond);
        EXPECT_EQ(points.size(), points.back().time_ns / kSecond - begin + 1) << "without a gap";
        EXPECT_EQ(points.back().bytes[MemoryKind::kDram], points.back().time_ns / kSecond);
    }
    EXPECT_NE(open(folder.settings()), nullptr);
}

TEST(Store, AFolderThatCannotBeMadeIsNamed) {
    const Folder folder;
    std::ofstream(folder.path()) << "a file";
    Settings settings = folder.settings();
    settings.path += "/more/history.db";
    std::vector<std::string> notices;
    const auto store = Store::open(settings, notices);
    ASSERT_FALSE(store.ok());
    EXPECT_NE(store.error().message.find(folder.path() + "/more: Not a directory"), std::string::npos)
        << store.error().message;
}

TEST(Store, TwoServersDoNotWriteOneFile) {
    const Folder folder;
    auto first = open(folder.settings());
    std::vector<std::string> notices;
    auto second = Store::open(folder.settings(), notices);
    ASSERT_FALSE(second.ok());
    EXPECT_NE(second.error().message.find("another server"), std::string::npos);
    EXPECT_TRUE(first->record(model_at(1000, 1)));
}

uint64_t steady_now = 0;

Settings with_steady_clock(const Folder& folder) {
    Settings settings = folder.settings();
    settings.steady_ns = [] { return steady_now; };
    return settings;
}

// A server's moments, one a second, whose wall clock is ahead of the steady one by `offset_s`.
void record_seconds(Store& store, uint64_t seconds, uint64_t offset_s) {
    for (uint64_t i = 0; i < seconds; ++i) {
        steady_now += kSecond;
        ASSERT_TRUE(store.record(model_at(offset_s + steady_now / kSecond, 500))) << store.error();
    }
}

// Incident: a clock that was wrong for three seconds removed everything and kept the coarse tiers from being made for a
// century.
TEST(Store, AClockThatIsWrongForSecondsChangesNothing) {
    const Folder folder;
    constexpr uint64_t kNow = 1'800'000'000;
    constexpr uint64_t kCentury = uint64_t{100} * 365 * 86'400;
    steady_now = kSecond;
    auto store = open(with_steady_clock(folder));
    record_seconds(*store, 100, kNow);
    record_seconds(*store, 3, kNow + kCentury);
    record_seconds(*store, 100, kNow);
    Question question;
    question.tier = Tier::kSecond;
    question.most_points = 10'000;
    const Answer answer = folder.ask(question);
    const Series& seconds = series_of(answer, false);
    EXPECT_GE(seconds.points.size(), 199u);
    EXPECT_LT(seconds.points.back().time_ns, (kNow + kCentury) * kSecond) << "a moment was dated by the wrong clock";
    question.tier = Tier::kTenSeconds;
    const Answer coarse = folder.ask(question);
    EXPECT_GE(series_of(coarse, false).points.size(), 18u) << "coarse points are made on";
}

TEST(Store, AClockThatWasSetIsBelievedAfterAWhile) {
    const Folder folder;
    constexpr uint64_t kNow = 1'800'000'000;
    steady_now = kSecond;
    auto store = open(with_steady_clock(folder));
    record_seconds(*store, 10, kNow);
    record_seconds(*store, 60, kNow + 7200);  // an hour off its zone, say
    const Answer answer = folder.ask();
    const Series& seconds = series_of(answer, false);
    EXPECT_GE(seconds.points.back().time_ns, (kNow + 7200) * kSecond);
}

TEST(Store, DevicesOfLongAgoGo) {
    const Folder folder;
    Settings settings = folder.settings();
    settings.keep_minutes_s = 1000;
    auto store = open(settings);
    api::Model model = model_at(1000, 500, 88);
    model.devices[0].unique_id = 1;
    ASSERT_TRUE(store->record(model));
    ASSERT_TRUE(store->record(model_at(100'000, 500)));
    ASSERT_TRUE(store->record(model_at(200'000, 500)));
    EXPECT_EQ(folder.ask().devices.size(), 1u);
}

}  // namespace
}  // namespace ttmem::history
