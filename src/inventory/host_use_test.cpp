// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/host_use.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace ttmem::inventory {
namespace {

TEST(HostUse, FiguresOfAProcess) {
    const api::HostUse use = parse_host_use(
        "Name:\tpython VmSize: 1 kB\nVmPeak:\t  900 kB\nVmSize:\t  800 kB\nVmSwap:\t       0 kB\nThreads:\t7\n",
        "77 (a) S 1 2) S 1 2 3 4 5 6 7 8 9 10 150 50 13 14 15 16 17 18 123456 20 21");
    EXPECT_EQ(use.virtual_bytes, 800u * 1024);
    EXPECT_EQ(use.swap_bytes, 0u) << "a known 0 is 0";
    EXPECT_EQ(use.threads, 7u);
    EXPECT_DOUBLE_EQ(use.processor_seconds.value_or(0), 200.0 / static_cast<double>(sysconf(_SC_CLK_TCK)));
}

TEST(HostUse, WhatIsNotThereIsUnknown) {
    EXPECT_EQ(parse_host_use("State:\tZ (zombie)\nVmSize:\tmany kB\nVmSwap: 5 MB\nThreads:\tsome",
                             "77 (a) S 1 2 3 4 5 6 7 8 9 10 -1 0 13"),
              api::HostUse());
    EXPECT_EQ(parse_host_use("VmSize:\t18446744073709551615 kB\nVmSwap:", "77 (a) S 1 2 3"), api::HostUse());
    EXPECT_EQ(parse_host_use("", ""), api::HostUse());
}

TEST(HostUse, OfThisProcess) {
    const api::HostUse use = read_host_use(getpid());
    EXPECT_GT(use.virtual_bytes.value_or(0), 1u << 20);
    EXPECT_TRUE(use.swap_bytes);
    EXPECT_GE(use.threads.value_or(0), 1u);
    EXPECT_TRUE(use.processor_seconds);
    EXPECT_EQ(read_host_use(0), api::HostUse()) << "no such process";
}

}  // namespace
}  // namespace ttmem::inventory
