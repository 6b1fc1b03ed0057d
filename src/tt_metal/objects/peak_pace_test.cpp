// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "tt_metal/objects/peak_pace.hpp"

#include <gtest/gtest.h>

namespace ttmem::tt_metal {
namespace {

TEST(PeakPace, AsksAtEveryRiseOfFewBuffers) {
    PeakPace pace;
    for (uint64_t buffers = 1; buffers < PeakPace::kBuffersARise; ++buffers) {
        ASSERT_TRUE(pace.rises()) << buffers;
        pace.asked(buffers);
        EXPECT_FALSE(pace.is_passed_over());
        EXPECT_FALSE(pace.ends());
    }
}

TEST(PeakPace, ABlockIsWalkedOverSoOftenOnly) {
    PeakPace pace;
    uint64_t walked = 0;
    uint64_t passed_over = 0;
    constexpr uint64_t kRises = 100'000;
    for (uint64_t buffers = 1; buffers <= kRises; ++buffers) {
        if (pace.rises()) {
            walked += buffers;
            pace.asked(buffers);
            passed_over = 0;
        } else {
            ++passed_over;
        }
        ASSERT_LE(passed_over, buffers / PeakPace::kBuffersARise);
    }
    EXPECT_LE(walked, kRises * PeakPace::kBuffersARise);
}

TEST(PeakPace, AsksAfterThePeakWhatWasPassedOver) {
    PeakPace pace;
    ASSERT_TRUE(pace.rises());
    pace.asked(10 * PeakPace::kBuffersARise);
    EXPECT_FALSE(pace.ends());  // nothing was passed over
    EXPECT_FALSE(pace.rises());
    EXPECT_TRUE(pace.is_passed_over());
    int frees = 1;
    while (!pace.ends()) {
        ASSERT_LT(++frees, 20);
    }
    EXPECT_EQ(frees, 10);  // with the rise ten turns, then it is asked
    pace.asked(1);
    EXPECT_FALSE(pace.is_passed_over());
    EXPECT_FALSE(pace.ends());
}

TEST(PeakPace, HugeCountsOfBuffersAreHeld) {
    PeakPace pace;
    pace.asked(UINT64_MAX);
    EXPECT_FALSE(pace.rises());
}

}  // namespace
}  // namespace ttmem::tt_metal
