// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/parse.hpp"

#include <gtest/gtest.h>

namespace ttmem::telemetry {
namespace {

TEST(Parse, ScalesWhatACardCanBe) {
    EXPECT_DOUBLE_EQ(*parse_scaled("33750\n", kMilliCelsius).value, 33.75);
    EXPECT_DOUBLE_EQ(*parse_scaled("-5000", kMilliCelsius).value, -5.0);
    EXPECT_DOUBLE_EQ(*parse_scaled("22000000\n", kMicroWatts).value, 22.0);
    EXPECT_DOUBLE_EQ(*parse_scaled("850", kMilliVolts).value, 0.85);
    EXPECT_DOUBLE_EQ(*parse_scaled("25000", kMilliAmperes).value, 25.0);
    EXPECT_DOUBLE_EQ(*parse_scaled("0\n", kRpm).value, 0.0);  // a measured zero is a value
    EXPECT_DOUBLE_EQ(*parse_scaled("1350", kMegahertz).value, 1350.0);
}

TEST(Parse, RefusesTheJunkThatRealCardsGave) {
    // tt-kmd issue 213: tags that had moved.
    EXPECT_EQ(parse_scaled("3211313", kMilliVolts).state, State::kImplausible);
    EXPECT_EQ(parse_scaled("3342387000", kMilliAmperes).state, State::kImplausible);
    EXPECT_EQ(parse_scaled("2744786", kRpm).state, State::kImplausible);
    // All ones through each of the driver's conversions.
    EXPECT_EQ(parse_scaled("4294967295", kRpm).state, State::kImplausible);
    EXPECT_EQ(parse_scaled("4294967295", kMegahertz).state, State::kImplausible);
    EXPECT_EQ(parse_scaled("65535999", kMilliCelsius).state, State::kImplausible);
    EXPECT_EQ(parse_scaled("4293967296", kMicroWatts).state, State::kImplausible);
    EXPECT_EQ(parse_scaled("4294966296", kMilliAmperes).state, State::kImplausible);
    EXPECT_EQ(parse_counter("4294967295\n").state, State::kImplausible);
    EXPECT_EQ(parse_id("FFFFFFFFFFFFFFFF").state, State::kImplausible);
    EXPECT_EQ(parse_firmware_version("255.255.255.255").state, State::kImplausible);
    EXPECT_EQ(parse_firmware_version("255.15.4095").state, State::kImplausible);
    EXPECT_EQ(parse_link_width("63").state, State::kImplausible);
    // A limit of nothing is no limit.
    EXPECT_EQ(parse_scaled("0", kMicroWattsLimit).state, State::kImplausible);
}

TEST(Parse, RefusesTextThatIsNoNumber) {
    for (const char* text : {"x", "12x", "1 2", "0x10", "1e3", "-", "99999999999999999999999"}) {
        EXPECT_EQ(parse_scaled(text, kRpm).state, State::kImplausible) << text;
        EXPECT_EQ(parse_counter(text).state, State::kImplausible) << text;
    }
    EXPECT_EQ(parse_counter("-1").state, State::kImplausible);
    EXPECT_EQ(parse_counter("4294967296").state, State::kImplausible);
    EXPECT_EQ(parse_counter("4294967294").value, 4294967294u);
}

TEST(Parse, BoundsAreInclusive) {
    EXPECT_TRUE(parse_scaled("150000", kMilliCelsius).value);
    EXPECT_FALSE(parse_scaled("150001", kMilliCelsius).value);
    EXPECT_TRUE(parse_scaled("-40000", kMilliCelsius).value);
    EXPECT_FALSE(parse_scaled("-40001", kMilliCelsius).value);
    EXPECT_TRUE(parse_scaled("1000000000", kMicroWatts).value);
    EXPECT_FALSE(parse_scaled("1000000001", kMicroWatts).value);
    // A thousand times too small, it was shown as 0 W and nothing was wrong.
    EXPECT_EQ(parse_scaled("22000", kMicroWatts).state, State::kImplausible);
    EXPECT_EQ(parse_scaled("0", kMicroWatts).state, State::kImplausible);
    EXPECT_TRUE(parse_scaled("1000000", kMicroWatts).value);
    EXPECT_TRUE(parse_scaled("2000", kMilliVolts).value);
    EXPECT_FALSE(parse_scaled("2001", kMilliVolts).value);
    EXPECT_TRUE(parse_scaled("20000", kRpm).value);
    EXPECT_FALSE(parse_scaled("20001", kRpm).value);
}

TEST(Parse, ReadsIdentities) {
    EXPECT_EQ(parse_id("0214183130325C11\n").value, 0x0214183130325C11u);
    EXPECT_FALSE(parse_id("0000000000000000").value);
    EXPECT_FALSE(parse_id("214183130325C11").value);
    EXPECT_FALSE(parse_id("0214183130325C1G").value);
    EXPECT_EQ(*parse_card_type("galaxy-wormhole\n").value, "galaxy-wormhole");
    EXPECT_EQ(parse_card_type("unknown\n").state, State::kUnknown);
    EXPECT_EQ(parse_card_type("n150\x1b[2J").state, State::kImplausible);
}

TEST(Parse, ReadsFirmwareVersions) {
    EXPECT_EQ(*parse_firmware_version("18.12.0.0\n").value, "18.12.0.0");
    EXPECT_EQ(*parse_firmware_version("7.2.0\n").value, "7.2.0");
    for (const char* text : {"0.0.0.0", "1.2", "1.2.3.4.5", "1..2.3", "a.b.c", "5000.1.1.1"}) {
        EXPECT_EQ(parse_firmware_version(text).state, State::kImplausible) << text;
    }
}

TEST(Parse, ReadsTheLink) {
    EXPECT_DOUBLE_EQ(*parse_link_speed("16.0 GT/s PCIe\n").value, 16.0);
    EXPECT_DOUBLE_EQ(*parse_link_speed("2.5 GT/s PCIe\n").value, 2.5);
    EXPECT_DOUBLE_EQ(*parse_link_speed("8 GT/s\n").value, 8.0);
    EXPECT_EQ(parse_link_speed("Unknown\n").state, State::kUnknown);
    EXPECT_EQ(parse_link_speed("17.0 GT/s PCIe").state, State::kImplausible);
    EXPECT_EQ(parse_link_speed("16.0").state, State::kImplausible);
    EXPECT_DOUBLE_EQ(*parse_link_width("16\n").value, 16.0);
    EXPECT_EQ(parse_link_width("0").state, State::kUnknown);
}

TEST(Parse, CountsAProcessOnceAndHidesPidZero) {
    const auto list = parse_pids("4242\n5151\n4242\n0\n0\n");
    ASSERT_TRUE(list.value);
    EXPECT_EQ(list.value->pids, (std::vector<int>{4242, 5151}));
    EXPECT_EQ(list.value->hidden, 2u);
    EXPECT_EQ(parse_pids("12\nbash\n").state, State::kImplausible);
    EXPECT_EQ(parse_pids("-7\n").state, State::kImplausible);
}

TEST(Parse, ReadsDriverVersions) {
    EXPECT_EQ(parse_driver_version("2.10.0\n"), (std::array<int, 3>{2, 10, 0}));
    EXPECT_EQ(parse_driver_version("2.7.0-rc1\n"), (std::array<int, 3>{2, 7, 0}));
    EXPECT_FALSE(parse_driver_version("two"));
    EXPECT_FALSE(parse_driver_version("2.7"));
}

}  // namespace
}  // namespace ttmem::telemetry
