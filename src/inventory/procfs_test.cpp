// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/procfs.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace ttmem::inventory {
namespace {

TEST(HostMemory, FiguresOfAStatus) {
    const HostMemory memory = parse_host_memory(
        "Name:\tpython VmRSS: 1 kB\nVmPeak:\t  900 kB\nVmLck:\t       0 kB\nVmPin:\t      12 kB\nVmRSS:\t  123456 kB\n"
        "HugetlbPages:\t    2048 kB\n");
    EXPECT_EQ(memory.rss_bytes, 123456u * 1024);
    EXPECT_EQ(memory.locked_bytes, 0u) << "a known 0 is 0";
    EXPECT_EQ(memory.pinned_bytes, 12u * 1024);
    EXPECT_EQ(memory.huge_bytes, 2048u * 1024);
}

TEST(HostMemory, WhatIsNotThereIsUnknown) {
    const HostMemory memory = parse_host_memory(
        "State:\tZ (zombie)\nVmRSS:\tmany kB\nVmLck:\t5 MB\nVmPin:\t18446744073709551615 kB\nVmSwap: 7 kB");
    EXPECT_FALSE(memory.rss_bytes);
    EXPECT_FALSE(memory.locked_bytes);
    EXPECT_FALSE(memory.pinned_bytes) << "more bytes than a number holds";
    EXPECT_FALSE(memory.huge_bytes);
}

TEST(HostMemory, OfThisProcess) {
    const std::optional<HostMemory> memory = read_host_memory(getpid());
    ASSERT_TRUE(memory);
    EXPECT_GT(memory->rss_bytes.value_or(0), 0u);
    EXPECT_FALSE(read_host_memory(0)) << "no such process";
}

}  // namespace
}  // namespace ttmem::inventory
