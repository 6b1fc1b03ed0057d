// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/compare.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "analysis/model_test_support.hpp"

namespace ttmem::analysis {
namespace {

using api::BufferKind;
using inventory::GroupBy;
using inventory::testing::TestModel;

const Takes kAll = [](const api::Model&, const api::Buffer&) { return true; };

uint64_t bytes(const Comparison& all, Part part) {
    return all.sums[static_cast<size_t>(part)].bytes;
}

// A model of these buffers: id -> when it was allocated.
api::Model model_of(const std::map<uint64_t, uint64_t>& buffers) {
    TestModel test;
    const api::AllocatorIndex allocator = test.add_allocator({0});
    for (const auto& [id, time] : buffers) {
        const api::BufferIndex at = test.add_buffer(allocator, BufferKind::kDram, id * 4096, 32 + id % 5 * 32);
        test.model.buffers[at].id = id;
        test.model.buffers[at].allocated_at_ns = time;
        test.model.buffers[at].region =
            "part" + std::to_string(id % 3) + "/ttnn.add (m.py:" + std::to_string(id % 4) + ")";
    }
    return test.model;
}

// Against sets: in one run a buffer is the same when its number and its time are.
TEST(Compare, OneRunIsByAllocation) {
    std::mt19937_64 rng(3);
    for (int round = 0; round < 50; ++round) {
        std::map<uint64_t, uint64_t> before, after;
        for (uint64_t id = 0; id < 40; ++id) {
            const uint64_t fate = rng() % 4;
            if (fate != 0) {
                before[id] = 1000 + id;
            }
            if (fate != 1) {
                after[id] = fate == 2 ? 2000 + id : 1000 + id;  // freed, and its number given again
            }
        }
        const api::Model first = model_of(before), second = model_of(after);
        const Comparison all = compare(first, second, Same::kOneRun, GroupBy::kLine, kAll);
        std::map<Part, uint64_t> wanted;
        for (const api::Buffer& buffer : first.buffers) {
            const auto other = after.find(buffer.id);
            wanted[other != after.end() && other->second == buffer.allocated_at_ns ? Part::kBoth : Part::kFirst] +=
                buffer.allocated_bytes;
        }
        for (const api::Buffer& buffer : second.buffers) {
            const auto other = before.find(buffer.id);
            wanted[Part::kSecond] +=
                other != before.end() && other->second == buffer.allocated_at_ns ? 0 : buffer.allocated_bytes;
        }
        PartSums of_groups{};
        for (const ComparedGroup& group : all.groups) {
            ASSERT_TRUE(group.name && group.name->starts_with("m.py:"));
            for (const Part part : kAllParts) {
                of_groups[static_cast<size_t>(part)].bytes += group.sums[static_cast<size_t>(part)].bytes;
                of_groups[static_cast<size_t>(part)].buffers += group.sums[static_cast<size_t>(part)].buffers;
            }
        }
        EXPECT_EQ(of_groups, all.sums);
        for (const Part part : kAllParts) {
            EXPECT_EQ(bytes(all, part), wanted[part]) << to_string(part);
            EXPECT_EQ(all.buffers[static_cast<size_t>(part)].size(), all.sums[static_cast<size_t>(part)].buffers);
        }
    }
}

TEST(Compare, TwoRunsMatchWhatIsAlikeOneForOne) {
    // Numbers and times are others in another run; 1, 61 and 121 are alike in all that counts.
    const api::Model first = model_of({{1, 5}, {61, 6}, {2, 7}});
    const api::Model second = model_of({{121, 900}, {3, 901}});
    const Comparison all = compare(first, second, Same::kTwoRuns, GroupBy::kOperation, kAll);
    EXPECT_EQ(all.sums[0].buffers, 2u);
    EXPECT_EQ(all.sums[1].buffers, 1u);
    EXPECT_EQ(all.sums[2].buffers, 1u);
    EXPECT_EQ(second.buffers[all.buffers[2][0]].id, 3u);
    ASSERT_EQ(all.groups.size(), 1u);
    EXPECT_EQ(all.groups[0].name, "ttnn.add");
}

TEST(Compare, ViewsAndWhatIsNotAskedForAreLeftOut) {
    api::Model first = model_of({{1, 5}, {2, 7}});
    first.buffers[0].kind = BufferKind::kView;
    const Comparison all = compare(first, model_of({}), Same::kOneRun, GroupBy::kKind, kAll);
    EXPECT_EQ(all.sums[0].buffers, 1u);
    const Comparison none = compare(first, model_of({}), Same::kOneRun, GroupBy::kKind,
                                    [](const api::Model&, const api::Buffer& buffer) { return buffer.id == 1; });
    EXPECT_EQ(none.sums[0].buffers, 0u);
    EXPECT_TRUE(none.groups.empty());
}

}  // namespace
}  // namespace ttmem::analysis
