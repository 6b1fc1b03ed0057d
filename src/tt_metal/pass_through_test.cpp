// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Every stand-in passes on its arguments and returns its original's result, in each release: testing/pass_through.cpp
// with a hooks library and a recording libtt_metal.so. TTMEM_PASS_THROUGH, TTMEM_RECORDERS, TTMEM_HOOKS_LIBRARY and
// TTMEM_UNOPTIMISED (where there is one) come from the build.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <tuple>

namespace {

struct Outcome {
    std::string output;
    int status = -1;
};

Outcome run(const std::string& command) {
    Outcome outcome;
    FILE* pipe = popen((command + " 2>&1").c_str(), "r");
    char chunk[4096];
    while (const size_t got = fread(chunk, 1, sizeof chunk, pipe)) {
        outcome.output.append(chunk, got);
    }
    outcome.status = pclose(pipe);
    return outcome;
}

class PassThrough : public ::testing::TestWithParam<std::tuple<int, const char*>> {};

// The switch is off: with it on, hooks look into their arguments, which the end-to-end tests and fake_tt_metal_test see
// to.
TEST_P(PassThrough, EveryArgumentAndResultArrives) {
    const auto& [release, hooks] = GetParam();
    const Outcome outcome = run(std::string("TT_ALLOC_TRACKING_ENABLED=0 '") + TTMEM_PASS_THROUGH + "' '" + hooks +
                                "' '" + TTMEM_RECORDERS + "/" + std::to_string(release) + "/libtt_metal.so'");
    EXPECT_EQ(outcome.status, 0) << outcome.output;
    EXPECT_GE(std::atoi(outcome.output.c_str()), 33) << "functions passed: " << outcome.output;
}

INSTANTIATE_TEST_SUITE_P(AsShipped, PassThrough,
                         ::testing::Combine(::testing::Values(65, 66, 72, 78, 80, 81),
                                            ::testing::Values(TTMEM_HOOKS_LIBRARY)),
                         [](const auto& instance) { return "Release" + std::to_string(std::get<0>(instance.param)); });
#ifdef TTMEM_UNOPTIMISED
// Built without optimisation, a stand-in clobbers every register that its signature does not mention.
INSTANTIATE_TEST_SUITE_P(Unoptimised, PassThrough,
                         ::testing::Combine(::testing::Values(65, 66, 72, 78, 80, 81),
                                            ::testing::Values(TTMEM_UNOPTIMISED)),
                         [](const auto& instance) { return "Release" + std::to_string(std::get<0>(instance.param)); });
#endif

}  // namespace
