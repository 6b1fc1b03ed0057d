// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/read/tick_clock.hpp"

#include <gtest/gtest.h>

namespace ttmem::ledger {
namespace {

constexpr uint64_t kEpochNs = 1'700'000'000'000'000'000;

struct Header {
    FileHeader raw{};
    Header(uint32_t kind, uint64_t ticks, uint64_t hz) {
        raw.clock_kind = kind;
        raw.clock_ticks = ticks;
        raw.clock_realtime_ns = kEpochNs;
        raw.clock_hz = hz;
    }
};

TEST(TickClock, MonotonicIsShifted) {
    const TickClock clock(Header(kClockMonotonicNs, 1000, 0).raw, {});
    EXPECT_EQ(clock.to_ns(1000), kEpochNs);
    EXPECT_EQ(clock.to_ns(86'400'000'001'000), kEpochNs + 86'400'000'000'000);
    EXPECT_EQ(clock.to_ns(400), kEpochNs - 600);
    EXPECT_TRUE(clock.rate_known());
}

TEST(TickClock, TscByTheHeadersRate) {
    const TickClock clock(Header(kClockX86Tsc, 7'000, 2'500'000'000).raw, {});
    EXPECT_EQ(clock.to_ns(7'000 + 25), kEpochNs + 10);
    const uint64_t day = clock.to_ns(7'000 + uint64_t{2'500'000'000} * 86'400);
    EXPECT_NEAR(static_cast<double>(day - kEpochNs), 86'400e9, 10);
}

// CLOCK_REALTIME was set between the ledger's beginning and now: it must not bend the rate.
TEST(TickClock, TscMeasuredAgainstTheMonotonicClock) {
    Header header(kClockX86Tsc, 1'000'000, 0);
    header.raw.clock_monotonic_ns = 50'000'000'000;
    LocalClock local{.same_boot = true, .has_ticks = true};
    local.ticks = 1'000'000 + 30'000'000'000;
    local.monotonic_ns = 60'000'000'000;
    local.realtime_ns = kEpochNs - 5'000'000'000;
    const TickClock clock(header.raw, local);
    EXPECT_TRUE(clock.rate_known());
    EXPECT_NEAR(static_cast<double>(clock.to_ns(1'000'000 + 3'000'000'000) - kEpochNs), 1e9, 1);
}

TEST(TickClock, TscMeasuredAgainstRealtimeWhereThereIsNothingBetter) {
    LocalClock local{.same_boot = true, .has_ticks = true};
    local.ticks = 2'000'000'000;
    local.realtime_ns = kEpochNs + 1'000'000'000;
    const TickClock clock(Header(kClockX86Tsc, 0, 0).raw, local);
    EXPECT_NEAR(static_cast<double>(clock.to_ns(1'000'000'000) - kEpochNs), 5e8, 1);
}

TEST(TickClock, UnknownRateGivesTheBeginning) {
    LocalClock other_boot{
        .same_boot = false, .has_ticks = true, .ticks = 5'000'000'000, .monotonic_ns = 1, .realtime_ns = 1};
    Header header(kClockX86Tsc, 1000, 0);
    header.raw.clock_monotonic_ns = 5;
    for (const TickClock& clock : {TickClock(header.raw, other_boot), TickClock(Header(77, 0, 0).raw, {}),
                                   TickClock(Header(kClockX86Tsc, 0, 1).raw, {}),  // 1 Hz
                                   TickClock(Header(kClockX86Tsc, 0, ~uint64_t{0}).raw, {})}) {
        EXPECT_FALSE(clock.rate_known());
        EXPECT_EQ(clock.to_ns(123'456'789'000), kEpochNs);
    }
}

TEST(TickClock, SaturatesInsteadOfWrapping) {
    Header header(kClockMonotonicNs, uint64_t{1} << 63, 0);
    EXPECT_EQ(TickClock(header.raw, {}).to_ns(1), 0u);
    header.raw.clock_ticks = 0;
    header.raw.clock_realtime_ns = ~uint64_t{0} - 5;
    EXPECT_EQ(TickClock(header.raw, {}).to_ns(100), ~uint64_t{0});
}

TEST(TickClock, LocalClockKnowsItsOwnBoot) {
    const uint8_t other[16] = {1, 2, 3};
    EXPECT_FALSE(read_local_clock(other).same_boot);
    EXPECT_GT(read_local_clock(other).monotonic_ns, 0u);
}

}  // namespace
}  // namespace ttmem::ledger
