// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/free_list.hpp"

#include <gtest/gtest.h>

namespace ttmem::analysis {
namespace {

const std::vector<api::FreeBlock> kHoles{{1000, 100}, {2000, 300}, {3000, 200}};

TEST(FreeList, FirstFitFromTheLowerEnd) {
    FreeList list(kHoles, 0, false);
    EXPECT_EQ(list.place(150), 2000u) << "the first hole is too small";
    EXPECT_EQ(list.place(150), 2150u);
    EXPECT_EQ(list.place(150), 3000u);
    EXPECT_EQ(list.place(150), std::nullopt);
    EXPECT_EQ(list.largest(), 100u);
}

TEST(FreeList, FirstFitFromTheUpperEnd) {
    FreeList list(kHoles, 0, true);
    EXPECT_EQ(list.place(150), 3050u);
    EXPECT_EQ(list.place(150), 2150u);
    EXPECT_EQ(list.place(50), 3000u);
    EXPECT_EQ(list.largest(), 150u);
}

TEST(FreeList, RoundsUpToTheAlignment) {
    FreeList list(kHoles, 32, false);
    EXPECT_EQ(list.rounded(1), 32u);
    EXPECT_EQ(list.rounded(64), 64u);
    EXPECT_EQ(list.rounded(UINT64_MAX - 1), UINT64_MAX);
    EXPECT_EQ(list.place(97), 2000u) << "128 bytes do not fit into 100";
}

TEST(FreeList, WhatIsGivenBackJoinsBothNeighbours) {
    FreeList list(kHoles, 0, false);
    list.give_back(1100, 900);
    EXPECT_EQ(list.largest(), 1300u);
    EXPECT_EQ(list.place(1300), 1000u);
    EXPECT_EQ(list.largest(), 200u);
}

}  // namespace
}  // namespace ttmem::analysis
