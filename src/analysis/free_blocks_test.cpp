// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/free_blocks.hpp"

#include <gtest/gtest.h>

#include <random>

#include "analysis/model_test_support.hpp"

namespace ttmem::inventory {
namespace {

using api::FreeBlock;
using api::MemoryKind;
using testing::TestModel;

TEST(FreeBlocks, BetweenBuffers) {
    EXPECT_EQ(free_blocks({}, 100, 50), (std::vector<FreeBlock>{{100, 50}}));
    EXPECT_EQ(free_blocks({{140, 150, 1}, {100, 110, 1}, {120, 130, 1}}, 100, 50),
              (std::vector<FreeBlock>{{110, 10}, {130, 10}}));
    EXPECT_EQ(free_blocks({{100, 150, 1}}, 100, 50), std::vector<FreeBlock>{});
    EXPECT_EQ(free_blocks({{110, 120, 1}, {115, 130, 1}}, 100, 50), (std::vector<FreeBlock>{{100, 10}, {130, 20}}))
        << "overlapping ones";
    EXPECT_EQ(free_blocks({{90, 110, 1}}, 100, 50), std::nullopt) << "not of this range";
    EXPECT_EQ(free_blocks({{140, 151, 1}}, 100, 50), std::nullopt);
}

TEST(FreeBlocks, AgainstCountingOneByOne) {
    std::mt19937 random(11);
    for (int round = 0; round < 200; ++round) {
        std::vector<Interval> intervals;
        std::vector<bool> taken(64);
        for (uint32_t i = 0; i < 6; ++i) {
            const uint64_t begin = random() % 60;
            intervals.push_back({begin, std::min<uint64_t>(64, begin + 1 + random() % 12), 1});
            std::fill(taken.begin() + static_cast<std::ptrdiff_t>(intervals.back().begin),
                      taken.begin() + static_cast<std::ptrdiff_t>(intervals.back().end), true);
        }
        std::vector<FreeBlock> expected;
        for (uint64_t at = 0; at < 64; ++at) {
            if (!taken[at] && at > 0 && !taken[at - 1]) {
                ++expected.back().bytes;
            } else if (!taken[at]) {
                expected.push_back({at, 1});
            }
        }
        ASSERT_EQ(free_blocks(intervals, 0, 64), expected) << "round " << round;
    }
}

TEST(FreeBlocks, BuffersOnSingleCoresStandInTheWayOfLockstepOnes) {
    TestModel test;
    const api::AllocatorIndex mesh = test.add_allocator({0, 1});
    const api::AllocatorIndex own = test.add_device_allocator(mesh, 1);
    const uint64_t base = TestModel::kL1Base;
    test.add_buffer_on(own, {{{0, 0}, base}, {{1, 0}, base + 4096}}, 1024);
    for (const api::DeviceIndex device : {api::DeviceIndex(0), api::DeviceIndex(1)}) {
        const std::vector<api::FreeSpace> spaces = free_spaces(test.model, device);
        size_t of_l1 = 0;
        for (const api::FreeSpace& space : spaces) {
            if (space.kind == MemoryKind::kL1) {
                ++of_l1;
                EXPECT_EQ(space.allocator, mesh);
                EXPECT_EQ(space.blocks,
                          (std::vector<FreeBlock>{{base + 1024, 3072}, {base + 5120, TestModel::kL1Bank - 5120}}))
                    << "one address in every bank of every chip";
            }
        }
        EXPECT_EQ(of_l1, 1u);
    }
    EXPECT_EQ(free_on_core(test.model, 1, {0, 0}), (std::vector<FreeBlock>{{base + 1024, TestModel::kL1Bank - 1024}}));
    EXPECT_EQ(free_on_core(test.model, 1, {5, 5}), (std::vector<FreeBlock>{{base, TestModel::kL1Bank}}));
    EXPECT_EQ(free_on_core(test.model, 0, {0, 0}), (std::vector<FreeBlock>{{base, TestModel::kL1Bank}}));
}

TEST(FreeBlocks, ABufferAtOneAddressOnSomeCoresIsFreeOnNone) {
    TestModel test;
    const api::AllocatorIndex mesh = test.add_allocator({0, 1});
    const uint64_t base = TestModel::kL1Base;
    test.add_buffer_at(mesh, {{{4, 1}, {4, 5}}}, base + 8192, 1024);
    for (const api::Core core : {api::Core{4, 2}, api::Core{3, 2}}) {
        EXPECT_EQ(free_on_core(test.model, 0, core),
                  (std::vector<FreeBlock>{{base, 8192}, {base + 9216, TestModel::kL1Bank - 9216}}));
    }
}

// An allocator's own figures of one kind: nothing of another's.
const api::FreeSpace& space_of(const std::vector<api::FreeSpace>& spaces, api::AllocatorIndex allocator,
                               MemoryKind kind) {
    for (const api::FreeSpace& space : spaces) {
        if (space.allocator == allocator && space.kind == kind) {
            return space;
        }
    }
    throw std::runtime_error("no such space");
}

TEST(FreeSpaces, EachAllocatorKnowsItsOwnBuffersAlone) {
    TestModel test;
    const api::AllocatorIndex mesh = test.add_allocator({0, 1});
    const api::AllocatorIndex submesh = test.add_allocator({1});
    test.add_buffer(mesh, api::BufferKind::kL1, TestModel::kL1Base + 64, 64);
    test.add_buffer(submesh, api::BufferKind::kL1, TestModel::kL1Base, 128);
    const auto first = free_spaces(test.model, 0);
    EXPECT_EQ(space_of(first, mesh, MemoryKind::kL1).blocks,
              (std::vector<FreeBlock>{{TestModel::kL1Base, 64}, {TestModel::kL1Base + 128, TestModel::kL1Bank - 128}}));
    EXPECT_THROW(space_of(first, submesh, MemoryKind::kL1), std::runtime_error) << "it is not on this device";
    const auto second = free_spaces(test.model, 1);
    EXPECT_EQ(space_of(second, submesh, MemoryKind::kL1).largest_bytes_per_bank, TestModel::kL1Bank - 128);
    EXPECT_EQ(space_of(second, mesh, MemoryKind::kL1).allocated_bytes_per_bank, 64u);
    EXPECT_TRUE(space_of(second, mesh, MemoryKind::kL1).top_down);
    EXPECT_FALSE(space_of(second, mesh, MemoryKind::kDram).top_down);
}

TEST(LargestFit, WholeAlignedPages) {
    api::FreeSpace space;
    space.banks = {0, 1 << 20, 12, 64};
    space.largest_bytes_per_bank = 10'000;
    EXPECT_EQ(largest_interleaved(space, 2048), 4u * 12 * 2048);
    EXPECT_EQ(largest_interleaved(space, 100), 10'000u / 128 * 12 * 100) << "a page of 100 takes 128";
    EXPECT_EQ(largest_interleaved(space, 10'001), 0u);
    EXPECT_EQ(largest_sharded(space, 8, 2048), 4u * 8 * 2048);
    EXPECT_EQ(largest_sharded(space, 13, 2048), std::nullopt) << "more cores than banks";
    EXPECT_EQ(largest_interleaved(space, 0), std::nullopt);
}

TEST(Walls, WhatStandsBetweenTheLargestHoles) {
    TestModel test;
    const api::AllocatorIndex allocator = test.add_allocator({0});
    const uint64_t base = TestModel::kDramBase;
    // holes of 1000, 10, 2000 and the rest
    const api::BufferIndex a = test.add_buffer(allocator, api::BufferKind::kDram, base + 1000, 50);
    const api::BufferIndex b = test.add_buffer(allocator, api::BufferKind::kDram, base + 1060, 40);
    const api::BufferIndex c = test.add_buffer(allocator, api::BufferKind::kDram, base + 3100, 100);
    const auto spaces = free_spaces(test.model, 0);
    const auto found = walls(test.model, space_of(spaces, allocator, MemoryKind::kDram), 3);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(found[0].buffers, std::vector<api::BufferIndex>{c}) << "the way to the largest block";
    EXPECT_EQ(found[1].buffers, (std::vector<api::BufferIndex>{a, b})) << "a hole too small to count lies between them";
    EXPECT_EQ(found[1].bytes, 90u);
    EXPECT_EQ(found[1].below, (FreeBlock{base, 1000}));
    EXPECT_TRUE(walls(test.model, space_of(spaces, allocator, MemoryKind::kL1), 3).empty());
}

}  // namespace
}  // namespace ttmem::inventory
