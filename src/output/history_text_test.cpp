// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/history_text.hpp"

#include <gtest/gtest.h>

namespace ttmem::history {
namespace {

constexpr uint64_t kNow = 1'800'000'000'000'000'000;
constexpr uint64_t kSecond = 1'000'000'000;

TEST(HistoryText, TimesAreReadInEveryForm) {
    EXPECT_EQ(parse_time("90s", kNow), kNow - 90 * kSecond);
    EXPECT_EQ(parse_time("10m", kNow), kNow - 600 * kSecond);
    EXPECT_EQ(parse_time("2h", kNow), kNow - 7200 * kSecond);
    EXPECT_EQ(parse_time("7d", kNow), kNow - 604'800 * kSecond);
    EXPECT_EQ(parse_time("99999d", kNow), 0u) << "before 1970";
    EXPECT_EQ(parse_time("1795413600", kNow), 1'795'413'600 * kSecond);
    EXPECT_EQ(parse_time("2026-11-23", kNow), 1'795'392'000 * kSecond);
    EXPECT_EQ(parse_time("2026-11-23T06:00", kNow), 1'795'413'600 * kSecond);
    EXPECT_EQ(parse_time("2026-11-23T06:00:01Z", kNow), 1'795'413'601 * kSecond);
    for (const char* nonsense : {"", "h", "-5m", "5 m", "1.5h", "yesterday", "2026-13-01", "18446744073709551615",
                                 "99999999999999999999d", "5mm"}) {
        EXPECT_FALSE(parse_time(nonsense, kNow)) << nonsense;
    }
}

TEST(HistoryText, TimesAreWrittenInUtc) {
    EXPECT_EQ(utc_time(1'795'413'601 * kSecond), "2026-11-23T06:00:01Z");
    EXPECT_EQ(parse_time(utc_time(kNow), 0), kNow);
}

Answer small_answer() {
    Answer answer;
    answer.tier = Tier::kTenSeconds;
    answer.devices.resize(1);
    answer.devices[0].id = 3;
    answer.devices[0].unique_id = 0xabc;
    answer.processes.resize(1);
    answer.processes[0].pid = 77;
    answer.processes[0].command = "a,\"b\"";
    Point point;
    point.time_ns = 1'795'413'600 * kSecond;
    point.bytes[api::MemoryKind::kDram] = 100;
    point.max_bytes[api::MemoryKind::kDram] = 120;
    point.kernel_bytes = 0;
    answer.series = {{0, std::nullopt, {point}}, {0, 0, {point}}};
    Reading reading;
    reading.temperature_c = 40.5;
    answer.cards = {{0, {reading}}};
    answer.events.resize(1);
    answer.events[0].type = "death";
    answer.events[0].process = 0;
    return answer;
}

TEST(HistoryText, UnknownIsNullInJsonAndEmptyInCsv) {
    const auto json = to_json(small_answer());
    EXPECT_EQ(json["seconds_per_point"], 10);
    const auto& points = json["series"][1]["points"];
    ASSERT_EQ(points[0].size(), json["columns"].size());
    EXPECT_EQ(points[0][1], 100);
    EXPECT_TRUE(points[0][2].is_null()) << "L1 is not known, and not 0";
    EXPECT_EQ(points[0][6], 0) << "kernels are known to be none";
    EXPECT_EQ(points[0][7], 120);
    EXPECT_EQ(json["series"][1]["pid"], 77);
    EXPECT_TRUE(json["series"][0]["pid"].is_null());
    EXPECT_EQ(json["devices"][0]["unique_id"], "0xabc");
    EXPECT_EQ(json["events"][0]["type"], "death");
    const auto& reading = json["cards"][0]["points"][0];
    ASSERT_EQ(reading.size(), json["card_columns"].size());
    EXPECT_EQ(reading[1], 40.5);
    EXPECT_TRUE(reading[2].is_null()) << "no clock was read";
    EXPECT_EQ(json["cards"][0]["device"], 3);

    const std::string csv = to_csv(small_answer());
    EXPECT_EQ(csv.substr(csv.find('\n') + 1),
              "2026-11-23T06:00:00Z,10,3,0xabc,,,100,,,,,0,120,,,\n"
              "2026-11-23T06:00:00Z,10,3,0xabc,77,\"a,\"\"b\"\"\",100,,,,,0,120,,,\n");
}

}  // namespace
}  // namespace ttmem::history
