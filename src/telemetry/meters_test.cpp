// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/meters.hpp"

#include <gtest/gtest.h>

namespace ttmem::telemetry {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr double kGen4x16 = 32e9;
// Places in RawCounters: kind * 2 + NOC.
constexpr std::size_t kSlaveRead = 4;     // to the device
constexpr std::size_t kMasterPosted = 6;  // to the device
constexpr std::size_t kMasterRead = 10;   // to the host

TEST(TrafficMeter, StartsAtNothingWhateverTheCountersSay) {
    TrafficMeter meter(32);
    RawCounters raw{};
    raw.fill(123456);
    const auto totals = meter.update(raw, kSecond, kGen4x16, false);
    EXPECT_EQ(totals.host_to_device_bytes, 0u);
    EXPECT_FALSE(totals.host_to_device_per_second);
    EXPECT_FALSE(totals.lower_bound);
}

TEST(TrafficMeter, CountsAWrapOnce) {
    TrafficMeter meter(32);
    RawCounters raw{};
    raw.fill(1000);
    raw[kMasterPosted] = 0xFFFFF000u;
    meter.update(raw, kSecond, kGen4x16, false);
    raw[kMasterPosted] = 0x1000;
    const auto totals = meter.update(raw, 2 * kSecond, kGen4x16, false);
    EXPECT_EQ(totals.host_to_device_bytes, 0x2000u * 32);
    EXPECT_EQ(totals.device_to_host_bytes, 0u);
    EXPECT_DOUBLE_EQ(*totals.host_to_device_per_second, 0x2000 * 32.0);
    EXPECT_FALSE(totals.lower_bound);
    EXPECT_FALSE(totals.reset_seen);
}

TEST(TrafficMeter, GoesPast32Bits) {
    TrafficMeter meter(32);
    RawCounters raw{};
    raw.fill(1);
    meter.update(raw, kSecond, kGen4x16, false);
    for (std::uint64_t i = 1; i <= 8; ++i) {
        raw[kMasterPosted] += 0x30000000u;  // 24 GiB each second
        meter.update(raw, (i + 1) * kSecond, kGen4x16, false);
    }
    const auto totals = meter.update(raw, 10 * kSecond, kGen4x16, false);
    EXPECT_EQ(totals.host_to_device_bytes, 8ull * 0x30000000u * 32);
    EXPECT_FALSE(totals.lower_bound);
}

TEST(TrafficMeter, TheTwoNocsAreTwoCountersAndNotHalvesOfOne) {
    TrafficMeter meter(32);
    RawCounters raw{};
    meter.update(raw, kSecond, kGen4x16, false);
    raw[kMasterRead] = 10;
    raw[kMasterRead + 1] = 7;  // joined as a high half this would be 30 GB
    raw[kSlaveRead] = 5;
    raw[kSlaveRead + 1] = 1;
    const auto totals = meter.update(raw, 2 * kSecond, kGen4x16, false);
    EXPECT_EQ(totals.device_to_host_bytes, 17u * 32);
    EXPECT_EQ(totals.host_to_device_bytes, 6u * 32);
}

TEST(TrafficMeter, EveryKindCountsInItsDirection) {
    for (std::size_t kind = 0; kind < kCounterKinds; ++kind) {
        TrafficMeter meter(64);
        RawCounters raw{};
        meter.update(raw, kSecond, kGen4x16, false);
        raw[kind * 2] = 3;
        const auto totals = meter.update(raw, 2 * kSecond, kGen4x16, false);
        EXPECT_EQ(totals.host_to_device_bytes, kCounterTable[kind].to_device ? 192u : 0u) << kCounterTable[kind].file;
        EXPECT_EQ(totals.device_to_host_bytes, kCounterTable[kind].to_device ? 0u : 192u) << kCounterTable[kind].file;
    }
}

TEST(TrafficMeter, AResetZeroesAllAndIsNoWrap) {
    TrafficMeter meter(32);
    RawCounters raw{};
    raw.fill(0xF0000000u);  // close to the top, where a wrap would look cheap
    meter.update(raw, kSecond, kGen4x16, false);
    raw.fill(0);
    raw[kMasterRead] = 4;
    const auto totals = meter.update(raw, 2 * kSecond, kGen4x16, false);
    EXPECT_TRUE(totals.reset_seen);
    EXPECT_TRUE(totals.lower_bound);
    EXPECT_EQ(totals.device_to_host_bytes, 4u * 32);
    EXPECT_EQ(totals.host_to_device_bytes, 0u);
    EXPECT_FALSE(totals.device_to_host_per_second);
}

TEST(TrafficMeter, AFallThatWouldNotFitThroughTheLinkIsAReset) {
    TrafficMeter meter(32);
    RawCounters raw{};
    raw[kMasterRead] = 5000;  // the only counter that ever moved
    meter.update(raw, kSecond, kGen4x16, false);
    raw[kMasterRead] = 10;  // a wrap would be 137 GB in a second
    const auto totals = meter.update(raw, 2 * kSecond, kGen4x16, false);
    EXPECT_TRUE(totals.reset_seen);
    EXPECT_EQ(totals.device_to_host_bytes, 10u * 32);
}

TEST(TrafficMeter, AFirmwareRestartWithAFallIsAReset) {
    TrafficMeter meter(32);
    RawCounters raw{};
    raw[kMasterRead] = 0xFFFFFF00u;
    meter.update(raw, kSecond, kGen4x16, false);
    raw[kMasterRead] = 10;
    const auto totals = meter.update(raw, 2 * kSecond, kGen4x16, true);
    EXPECT_TRUE(totals.reset_seen);
    EXPECT_EQ(totals.device_to_host_bytes, 10u * 32);
}

TEST(TrafficMeter, NothingIsInventedOverAGap) {
    TrafficMeter meter(32);
    RawCounters raw{};
    raw.fill(100);
    meter.update(raw, kSecond, kGen4x16, false);
    raw.fill(200);
    const auto before = meter.update(raw, 2 * kSecond, kGen4x16, false);
    meter.gap();
    raw.fill(7);
    const auto after = meter.update(raw, 3 * kSecond, kGen4x16, false);
    EXPECT_EQ(after.host_to_device_bytes, before.host_to_device_bytes);
    EXPECT_TRUE(after.lower_bound);
    EXPECT_FALSE(before.lower_bound);
}

TEST(TrafficMeter, AWaitInWhichACounterCouldGoRoundMakesALowerBound) {
    TrafficMeter meter(32);
    RawCounters raw{};
    raw.fill(100);
    meter.update(raw, kSecond, kGen4x16, false);
    raw.fill(200);
    EXPECT_FALSE(meter.update(raw, 3 * kSecond, kGen4x16, false).lower_bound);
    raw.fill(300);
    EXPECT_TRUE(meter.update(raw, 13 * kSecond, kGen4x16, false).lower_bound);
}

TEST(HeartbeatMeter, GivesTheRateOfTheLastSeconds) {
    HeartbeatMeter meter;
    EXPECT_FALSE(meter.update(1000, kSecond).per_second);
    EXPECT_DOUBLE_EQ(*meter.update(1010, 2 * kSecond).per_second, 10.0);
    for (std::uint64_t i = 3; i < 20; ++i) {
        meter.update(1010 + 12 * static_cast<std::uint32_t>(i - 2), i * kSecond);
    }
    EXPECT_DOUBLE_EQ(*meter.update(1010 + 12 * 18, 20 * kSecond).per_second, 12.0);
}

TEST(HeartbeatMeter, AFirmwareThatHangsHasARateOfZero) {
    HeartbeatMeter meter;
    meter.update(500, kSecond);
    for (std::uint64_t i = 2; i < 12; ++i) {
        EXPECT_DOUBLE_EQ(*meter.update(500, i * kSecond).per_second, 0.0);
    }
}

TEST(HeartbeatMeter, AFallIsARestart) {
    HeartbeatMeter meter;
    meter.update(500, kSecond);
    const auto answer = meter.update(3, 2 * kSecond);
    EXPECT_TRUE(answer.restarted);
    EXPECT_FALSE(answer.per_second);
    EXPECT_FALSE(meter.update(13, 3 * kSecond).restarted);
}

TEST(HeartbeatMeter, OverAGapThereIsNoRate) {
    HeartbeatMeter meter;
    meter.update(500, kSecond);
    meter.gap();
    const auto answer = meter.update(3, 2 * kSecond);
    EXPECT_FALSE(answer.restarted);
    EXPECT_FALSE(answer.per_second);
}

}  // namespace
}  // namespace ttmem::telemetry
