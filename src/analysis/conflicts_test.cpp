// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A parent mesh and its submesh held the same bytes, and views looked into memory that was freed and given to another
// buffer; no text said so.
#include "analysis/conflicts.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "analysis/model_test_support.hpp"

namespace ttmem::inventory {
namespace {

using api::BufferKind;
using api::ConflictType;
using api::MemoryKind;
using testing::TestModel;

TEST(Conflicts, OfAParentMeshAndItsSubmesh) {
    TestModel test;
    const api::AllocatorIndex parent = test.add_allocator({0, 1});
    const api::AllocatorIndex submesh = test.add_allocator({1});
    const api::BufferIndex a = test.add_buffer(parent, BufferKind::kDram, 1000, 100);
    test.add_buffer(parent, BufferKind::kDram, 1100, 100);
    const api::BufferIndex b = test.add_buffer(submesh, BufferKind::kDram, 1050, 40);
    test.model.buffers[b].region = "decode";
    find_conflicts(test.model);
    ASSERT_EQ(test.model.conflicts.size(), 1u);
    EXPECT_EQ(test.model.conflict_count, 1u);
    const api::Conflict& conflict = test.model.conflicts[0];
    EXPECT_EQ(conflict.type, ConflictType::kTwoAllocators);
    EXPECT_EQ(conflict.kind, MemoryKind::kDram);
    EXPECT_EQ(conflict.devices, std::vector<api::DeviceIndex>{1});
    EXPECT_EQ(conflict.address, 1050u);
    EXPECT_EQ(conflict.bytes_per_bank, 40u);
    EXPECT_EQ(conflict.first.id, test.model.buffers[a].id);
    EXPECT_EQ(conflict.first.mesh, test.model.buffers[a].mesh);
    EXPECT_EQ(conflict.second.id, test.model.buffers[b].id);
    EXPECT_EQ(conflict.second.region, "decode");
}

TEST(Conflicts, NoneWhereAllocatorsHaveChipsOfTheirOwn) {
    TestModel test;
    const api::AllocatorIndex one = test.add_allocator({0});
    const api::AllocatorIndex other = test.add_allocator({1});
    for (const api::AllocatorIndex allocator : {one, other}) {
        test.add_buffer(allocator, BufferKind::kDram, 1000, 100);
        test.add_buffer(allocator, BufferKind::kL1, 1000, 100);
    }
    // Another kind at the same address, another process on the same chip, and a neighbour.
    test.add_buffer(one, BufferKind::kDram, 1100, 100);
    find_conflicts(test.model);
    EXPECT_EQ(test.model.conflict_count, 0u);
}

TEST(Conflicts, ANewBufferWhereADanglingViewLooks) {
    TestModel test;
    const api::AllocatorIndex allocator = test.add_allocator({0, 1});
    const api::BufferIndex view = test.add_buffer(allocator, BufferKind::kDanglingView, 5000, 64);
    test.model.buffers[view].view_of = MemoryKind::kL1;
    test.add_buffer(allocator, BufferKind::kDram, 5000, 64);
    find_conflicts(test.model);
    EXPECT_EQ(test.model.conflict_count, 0u) << "nothing lies there in L1";

    const api::BufferIndex fresh = test.add_buffer(allocator, BufferKind::kL1, 5032, 64);
    const api::BufferIndex second_view = test.add_buffer(allocator, BufferKind::kDanglingView, 5000, 64);
    test.model.buffers[second_view].view_of = MemoryKind::kL1;
    test.model.buffers[second_view].devices = {1};
    find_conflicts(test.model);
    ASSERT_EQ(test.model.conflicts.size(), 2u) << "views among themselves are none";
    for (const api::Conflict& conflict : test.model.conflicts) {
        EXPECT_EQ(conflict.type, ConflictType::kDanglingView);
        EXPECT_EQ(conflict.first.kind, BufferKind::kDanglingView);
        EXPECT_EQ(conflict.second.id, test.model.buffers[fresh].id);
        EXPECT_EQ(conflict.address, 5032u);
        EXPECT_EQ(conflict.bytes_per_bank, 32u);
    }
    EXPECT_EQ(test.model.conflicts[0].devices, (std::vector<api::DeviceIndex>{0, 1}));
    EXPECT_EQ(test.model.conflicts[1].devices, std::vector<api::DeviceIndex>{1});
}

TEST(Conflicts, AddressesAtTheEndOfTheAddressSpace) {
    TestModel test;
    const api::AllocatorIndex parent = test.add_allocator({0, 1});
    const api::AllocatorIndex submesh = test.add_allocator({1});
    test.add_buffer(parent, BufferKind::kDram, UINT64_MAX - 10, 100);
    test.add_buffer(submesh, BufferKind::kDram, UINT64_MAX - 5, 100);
    find_conflicts(test.model);
    ASSERT_EQ(test.model.conflicts.size(), 1u);
    EXPECT_EQ(test.model.conflicts[0].bytes_per_bank, 5u);
}

TEST(Conflicts, AgainstLookingAtEveryPair) {
    std::mt19937 random(5);
    for (int round = 0; round < 100; ++round) {
        TestModel test;
        const api::AllocatorIndex allocators[] = {test.add_allocator({0, 1}), test.add_allocator({1}),
                                                  test.add_allocator({0})};
        for (int i = 0; i < 12; ++i) {
            const api::AllocatorIndex allocator = allocators[random() % 3];
            const api::BufferIndex made =
                test.add_buffer(allocator, random() % 4 == 0 ? BufferKind::kL1 : BufferKind::kDram,
                                1000 + random() % 60, 1 + random() % 20);
            if (random() % 5 == 0) {
                test.model.buffers[made].kind = BufferKind::kDanglingView;
                test.model.buffers[made].view_of = MemoryKind::kDram;
            }
        }
        std::set<std::pair<uint64_t, uint64_t>> expected;
        const auto& buffers = test.model.buffers;
        const auto kind = [](const api::Buffer& buffer) {
            return buffer.view_of ? buffer.view_of : api::memory_kind(buffer.kind);
        };
        for (size_t i = 0; i < buffers.size(); ++i) {
            for (size_t j = i + 1; j < buffers.size(); ++j) {
                const auto &a = buffers[i], &b = buffers[j];
                const bool chips = std::find_first_of(a.devices.begin(), a.devices.end(), b.devices.begin(),
                                                      b.devices.end()) != a.devices.end();
                const bool meet = a.address < b.address + b.bytes_per_bank && b.address < a.address + a.bytes_per_bank;
                const bool mixed = a.view_of.has_value() != b.view_of.has_value();
                const bool alive = !a.view_of && !b.view_of && a.allocator != b.allocator;
                if (chips && meet && kind(a) == kind(b) && (mixed || alive)) {
                    expected.insert({std::min(a.id, b.id), std::max(a.id, b.id)});
                }
            }
        }
        find_conflicts(test.model);
        std::set<std::pair<uint64_t, uint64_t>> found;
        for (const api::Conflict& conflict : test.model.conflicts) {
            found.insert(
                {std::min(conflict.first.id, conflict.second.id), std::max(conflict.first.id, conflict.second.id)});
        }
        ASSERT_EQ(found, expected) << "round " << round;
        ASSERT_EQ(test.model.conflict_count, expected.size());
    }
}

TEST(Conflicts, AreBounded) {
    TestModel test;
    const api::AllocatorIndex parent = test.add_allocator({0, 1});
    const api::AllocatorIndex submesh = test.add_allocator({1});
    for (uint64_t i = 0; i < 200; ++i) {
        test.add_buffer(parent, BufferKind::kDram, 1000 + 100 * i, 100);
        test.add_buffer(submesh, BufferKind::kDram, 1000 + 100 * i, 100);
    }
    find_conflicts(test.model);
    EXPECT_EQ(test.model.conflict_count, 200u);
    EXPECT_EQ(test.model.conflicts.size(), kMostConflicts);
}

}  // namespace
}  // namespace ttmem::inventory
