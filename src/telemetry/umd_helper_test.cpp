// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The helper's protocol and its bad days, with stand-ins that say what the real one says
// (tests/support/umd-recorded.json follows its form; values of an N300 with its remote chip) or do what a bad one does.
#include "telemetry/umd_helper.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <iterator>
#include <thread>

namespace ttmem::telemetry {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPatience{60'000};
const std::string kRecorded = std::string(TTMEM_SUPPORT_DIR) + "/umd-recorded.json";

std::string recorded() {
    std::ifstream in(kRecorded);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

UmdOptions shell(const std::string& script) {
    UmdOptions options;
    options.command = {"/bin/sh", "-c", script};
    options.first_restart = milliseconds(10);
    options.last_restart = milliseconds(40);
    return options;
}

const UmdSensor* find(const UmdChip& chip, const std::string& name) {
    for (const UmdSensor& sensor : chip.sensors) {
        if (sensor.name == name) {
            return &sensor;
        }
    }
    return nullptr;
}

TEST(UmdLine, GivesChipsAndTheirSensors) {
    const auto answer = parse_umd_line(recorded(), 5);
    ASSERT_TRUE(answer) << answer.error().message;
    const std::vector<UmdChip>& chips = answer.value();
    ASSERT_EQ(chips.size(), 2u);
    EXPECT_EQ(chips[0].pci, "0000:41:00.0");
    EXPECT_FALSE(chips[0].remote);
    EXPECT_EQ(chips[1].unique_id, 0x21418313032799eu);
    EXPECT_TRUE(chips[1].remote);
    EXPECT_EQ(chips[1].board, "n300");
    EXPECT_EQ(find(chips[1], "asic_temperature")->reading.value, 47.25);
    EXPECT_EQ(find(chips[0], "gddr0_temperature_top")->reading.value, 44);
    EXPECT_EQ(find(chips[0], "board_power_limit")->unit, "W");
    EXPECT_EQ(find(chips[0], "gddr0_temperature_top")->reading.read_at_ns, 5u);
}

TEST(UmdLine, WhatNoCardCanBeIsImplausible) {
    const auto answer = parse_umd_line(
        R"({"schema":1,"chips":[{"sensors":{"a":{"unit":"C","value":65535},"b":{"unit":"W","value":4294967295},)"
        R"("c":{"unit":"C","value":null},"d":{"unit":"count","value":0},"Bad Name":{"unit":"C","value":1}}}]})",
        1);
    ASSERT_TRUE(answer);
    const UmdChip& chip = answer.value()[0];
    ASSERT_EQ(chip.sensors.size(), 4u);
    EXPECT_EQ(find(chip, "a")->reading.state, State::kImplausible);
    EXPECT_EQ(find(chip, "b")->reading.state, State::kImplausible);
    EXPECT_EQ(find(chip, "c")->reading.state, State::kUnknown);
    EXPECT_EQ(find(chip, "d")->reading.value, 0);
}

TEST(UmdLine, WhatIsNoAnswerIsSaid) {
    for (const char* line : {"", "{", "[]", "7", "{\"schema\":2,\"chips\":[]}", "{\"schema\":1}",
                             "{\"schema\":1,\"chips\":{}}", "{\"schema\":1,\"chips\":[{\"remote\":\"yes\"}]}"}) {
        EXPECT_FALSE(parse_umd_line(line, 1)) << line;
    }
    EXPECT_EQ(parse_umd_line(R"({"schema":1,"error":"no device"})", 1).error().message, "no device");
}

TEST(UmdHelper, SpeaksAndIsHeard) {
    UmdHelper helper(shell("cat '" + kRecorded + "'; cat > /dev/null"));
    helper.wait_for_answer(kPatience);
    ASSERT_EQ(helper.chips().size(), 2u);
    EXPECT_EQ(helper.trouble(), "");
}

TEST(UmdHelper, EndsWithUs) {
    pid_t pid = 0;
    {
        UmdHelper helper(shell("echo '{\"schema\":1,\"chips\":[]}'; sleep 100"));
        helper.wait_for_answer(kPatience);
        pid = helper.pid();
        ASSERT_GT(pid, 0);
    }
    // On a busy machine a killed helper may end after the call, and is then left for the test to reap.
    while (waitpid(pid, nullptr, 0) == -1 && errno == EINTR) {
    }
    EXPECT_EQ(kill(pid, 0), -1);
}

TEST(UmdHelper, OneThatHangsIsKilledAndItsValuesGrowOld) {
    std::uint64_t now = 1'000'000'000;
    UmdOptions options = shell("cat '" + kRecorded + "'; sleep 100");
    options.now_ns = [&now] { return now; };
    UmdHelper helper(options);
    helper.wait_for_answer(kPatience);
    ASSERT_EQ(helper.chips().size(), 2u);
    now += 11'000'000'000;
    helper.poll();
    EXPECT_GT(helper.pid(), 0);
    EXPECT_EQ(helper.chips()[0].sensors[0].reading.state, State::kStale);
    now += 11'000'000'000;
    helper.poll();
    EXPECT_LT(helper.pid(), 0);
    EXPECT_EQ(helper.trouble(), "the helper is silent");
    EXPECT_EQ(helper.chips().size(), 2u) << "what it said is still there, as old as it is";
}

TEST(UmdHelper, OneThatDiesIsStartedAgainEverLater) {
    std::uint64_t now = 1'000'000'000;
    UmdOptions options = shell("exit 1");
    options.now_ns = [&now] { return now; };
    UmdHelper helper(options);
    for (const unsigned pause_ms : {10u, 20u, 40u, 40u}) {
        const unsigned starts = helper.starts();
        for (int i = 0; i < 2000 && helper.starts() == starts; ++i) {
            helper.poll();
        }
        EXPECT_EQ(helper.starts(), starts + 1);
        const auto limit = std::chrono::steady_clock::now() + kPatience;
        while (helper.pid() > 0 && std::chrono::steady_clock::now() < limit) {
            helper.poll();
            std::this_thread::sleep_for(milliseconds(1));
        }
        EXPECT_EQ(helper.trouble(), "the helper ended");
        now += (pause_ms - 1) * 1'000'000ull;
        helper.poll();
        EXPECT_EQ(helper.starts(), starts + 1) << "too early";
        now += 1'000'000;
    }
}

TEST(UmdHelper, SaysWhatIsWrongAndTakesNoEndlessLine) {
    UmdHelper missing(shell("echo '{\"schema\":1,\"error\":\"no package tt-umd\"}'; exit 3"));
    missing.wait_for_answer(kPatience);
    EXPECT_EQ(missing.trouble(), "no package tt-umd");
    UmdHelper endless(shell("yes | tr -d '\\n'"));
    endless.wait_for_answer(kPatience);
    EXPECT_EQ(endless.trouble(), "the helper's answer has no end");
    UmdOptions nowhere;
    nowhere.command = {"/nowhere/python", "x"};
    UmdHelper none(nowhere);
    none.wait_for_answer(kPatience);
    EXPECT_EQ(none.trouble(), "the helper ended");
}

TEST(UmdHelper, IsOffUnlessAskedFor) {
    unsetenv("TT_ALLOC_UMD");
    EXPECT_FALSE(umd_options_from_environment());
    setenv("TT_ALLOC_UMD", "1", 1);
    setenv("TT_ALLOC_UMD_HELPER", "/x/helper", 1);
    setenv("TT_ALLOC_UMD_PYTHON", "/x/python", 1);
    EXPECT_EQ(umd_options_from_environment()->command, (std::vector<std::string>{"/x/python", "/x/helper"}));
    for (const char* name : {"TT_ALLOC_UMD", "TT_ALLOC_UMD_HELPER", "TT_ALLOC_UMD_PYTHON"}) {
        unsetenv(name);
    }
}

}  // namespace
}  // namespace ttmem::telemetry
