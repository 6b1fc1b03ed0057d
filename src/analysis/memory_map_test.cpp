// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/memory_map.hpp"

#include <gtest/gtest.h>

#include <random>
#include <utility>
#include <vector>

#include "analysis/model_test_support.hpp"

namespace ttmem::inventory {
namespace {

using api::BufferKind;
using api::Layout;
using api::MemoryKind;
using api::RegionType;
using api::StretchType;
using testing::TestModel;

// The invariants of any layout.
void expect_whole(const Layout& layout) {
    uint64_t at = 0;
    for (const api::Stretch& stretch : layout.stretches) {
        ASSERT_EQ(stretch.address, at);
        ASSERT_GT(stretch.bytes, 0u);
        at = stretch.end();
    }
    EXPECT_EQ(at, layout.physical_bytes);
    const api::LayoutSums& sums = layout.sums;
    EXPECT_EQ(sums.region_bytes + sums.buffer_bytes + sums.free_bytes + sums.unexplained_bytes, layout.physical_bytes);
}

std::string picture(const Layout& layout) {
    std::string text;
    for (const api::Stretch& stretch : layout.stretches) {
        text += text.empty() ? "" : " ";
        text += stretch.type == StretchType::kRegion ? to_string(stretch.region) : to_string(stretch.type);
        if (stretch.type == StretchType::kFree || stretch.type == StretchType::kBuffer) {
            text += ":" + std::string(to_string(stretch.kind));
        }
        text += "=" + std::to_string(stretch.bytes);
    }
    return text;
}

TEST(MemoryMap, ACoreFromZeroToItsEnd) {
    TestModel test;
    const api::AllocatorIndex allocator = test.add_allocator({0, 1});
    test.add_regions(allocator);
    const uint64_t end = TestModel::kL1Base + TestModel::kL1Bank;
    const api::BufferIndex buffer = test.add_buffer(allocator, BufferKind::kL1, end - 4096, 4096);
    test.add_buffer(allocator, BufferKind::kL1Small, end + 64, 32);
    test.add_buffer(allocator, BufferKind::kView, end - 4096, 64);
    const auto layout = l1_layout(test.model, 1);
    ASSERT_TRUE(layout);
    expect_whole(*layout);
    EXPECT_EQ(picture(*layout),
              "firmware=35168 config_ring=70656 free:l1=1372832 buffer:l1=4096 free:l1_small=64 buffer:l1_small=32 "
              "free:l1_small=16288");
    EXPECT_EQ(layout->sums, (api::LayoutSums{105'824, 4128, 1'372'832 + 64 + 16'288, 0, 0}));
    EXPECT_EQ(layout->stretches[3].buffer, buffer);
    for (const api::Stretch& stretch : layout->stretches) {
        EXPECT_FALSE(stretch.source.empty()) << "each has a source of its own";
    }
}

TEST(MemoryMap, ADramBankWithItsTraceRegion) {
    TestModel test;
    const api::AllocatorIndex allocator = test.add_allocator({0});
    test.add_regions(allocator);
    test.add_buffer(allocator, BufferKind::kDram, TestModel::kDramBase, 64);
    test.add_buffer(allocator, BufferKind::kTrace, TestModel::kDramBase + TestModel::kDramBank, 1024);
    const auto layout = dram_layout(test.model, 0);
    ASSERT_TRUE(layout);
    expect_whole(*layout);
    EXPECT_EQ(picture(*layout),
              "firmware=1048640 buffer:dram=64 free:dram=1072603008 buffer:trace=1024 free:trace=89088");
    EXPECT_EQ(layout->sums.unexplained_bytes, 0u);
}

TEST(MemoryMap, WhatNobodyTellsOfIsNotMadeUp) {
    TestModel test;
    test.add_allocator({0});
    const auto layout = l1_layout(test.model, 0);
    ASSERT_TRUE(layout);
    expect_whole(*layout);
    EXPECT_EQ(picture(*layout), "unexplained=105824 free:l1=1376928 free:l1_small=16384");
    EXPECT_EQ(layout->sums.unexplained_bytes, TestModel::kL1Base);
    EXPECT_FALSE(l1_layout(test.model, 1)) << "nobody has it open";
}

TEST(MemoryMap, ACoreInNoBank) {
    TestModel test;
    const api::AllocatorIndex allocator = test.add_allocator({0});
    test.add_regions(allocator);
    test.add_buffer(allocator, BufferKind::kL1, TestModel::kL1Base, 4096);
    const auto dispatch = l1_layout(test.model, 0, api::Core{3, 8});
    ASSERT_TRUE(dispatch);
    expect_whole(*dispatch);
    EXPECT_FALSE(dispatch->in_bank);
    EXPECT_EQ(picture(*dispatch), "dispatch=1499136");
    const auto worker = l1_layout(test.model, 0, api::Core{3, 7});
    EXPECT_TRUE(worker->in_bank);
    EXPECT_EQ(worker->sums.buffer_bytes, 4096u);
    EXPECT_EQ(worker->sums.contested_bytes, 0u);
    EXPECT_EQ(known_core_set(test.model, 0), (api::CoreSet{{{0, 0}, {7, 8}}}))
        << "eight in row 8 of 72: the whole grid";
    test.model.devices[0].l1_cores = 73;
    EXPECT_EQ(known_core_set(test.model, 0), (api::CoreSet{{{0, 8}, {7, 8}}})) << "those that the region names";
    test.model.devices[1].l1_columns = 8;
    EXPECT_EQ(known_core_set(test.model, 1), (api::CoreSet{{{0, 0}, {7, 8}}})) << "told, and named by nothing";
}

TEST(MemoryMap, EveryCoreHasAReason) {
    // N150 with dispatch on ethernet cores: the last row is in no bank, and no dispatch runs there either.
    TestModel test;
    const api::AllocatorIndex allocator = test.add_allocator({0});
    test.add_region(allocator, true, RegionType::kUnused, 0, TestModel::kL1Core, {{{0, 8}, {6, 8}}});
    test.add_region(allocator, true, RegionType::kDispatch, 0, TestModel::kL1Core, {{{7, 8}, {7, 8}}});
    test.add_buffer(allocator, BufferKind::kL1, TestModel::kL1Base, 4096);
    EXPECT_EQ(core_without_bank(test.model, 0, {3, 7}), std::nullopt);
    EXPECT_EQ(core_without_bank(test.model, 0, {3, 8}), RegionType::kUnused);
    EXPECT_EQ(core_without_bank(test.model, 0, {7, 8}), RegionType::kDispatch);
    EXPECT_EQ(l1_layout(test.model, 0, api::Core{3, 8})->sums.buffer_bytes, 0u);
    EXPECT_EQ(picture(*l1_layout(test.model, 0, api::Core{3, 8})), "unused=1499136");
}

TEST(MemoryMap, BuffersOnSingleCoresLieOnThese) {
    TestModel test;
    const api::AllocatorIndex mesh = test.add_allocator({0});
    const api::AllocatorIndex own = test.add_device_allocator(mesh, 0);
    test.add_regions(mesh);
    test.add_buffer(mesh, BufferKind::kL1, TestModel::kL1Base + 9000, 64);
    test.add_buffer_on(own, {{{1, 0}, TestModel::kL1Base}, {{2, 0}, TestModel::kL1Base + 4096}}, 1024);
    EXPECT_EQ(l1_layout(test.model, 0)->sums.buffer_bytes, 64u) << "what lies on all cores";
    EXPECT_EQ(l1_layout(test.model, 0, api::Core{0, 0})->sums.buffer_bytes, 64u);
    for (const auto& [core, address] :
         {std::pair(api::Core{1, 0}, TestModel::kL1Base), std::pair(api::Core{2, 0}, TestModel::kL1Base + 4096)}) {
        const auto layout = l1_layout(test.model, 0, core);
        expect_whole(*layout);
        EXPECT_EQ(layout->sums.buffer_bytes, 1024u + 64);
        EXPECT_EQ(layout->sums.contested_bytes, 0u);
        const auto found = std::find_if(layout->stretches.begin(), layout->stretches.end(),
                                        [](const api::Stretch& stretch) { return stretch.bytes == 1024; });
        ASSERT_NE(found, layout->stretches.end());
        EXPECT_EQ(found->address, address);
    }
}

TEST(MemoryMap, TheArenaIsTakenFromTheBank) {
    TestModel test;
    const api::AllocatorIndex allocator = test.add_allocator({0});
    test.add_regions(allocator);
    test.add_region(allocator, true, RegionType::kArena, TestModel::kL1Base, 2048, {{{0, 0}, {1, 0}}});
    const auto with = l1_layout(test.model, 0, api::Core{1, 0});
    expect_whole(*with);
    EXPECT_EQ(with->sums.region_bytes, TestModel::kL1Base + 2048);
    EXPECT_EQ(with->sums.contested_bytes, 0u);
    EXPECT_EQ(l1_layout(test.model, 0, api::Core{2, 0})->sums.region_bytes, TestModel::kL1Base);
}

TEST(MemoryMap, OverlappingAllocatorsCountAnAddressOnce) {
    TestModel test;
    const api::AllocatorIndex mesh = test.add_allocator({0, 1});
    const api::AllocatorIndex submesh = test.add_allocator({1});
    test.add_regions(mesh);
    test.add_regions(submesh);
    const api::BufferIndex first = test.add_buffer(mesh, BufferKind::kL1, TestModel::kL1Base, 100);
    test.add_buffer(submesh, BufferKind::kL1, TestModel::kL1Base + 50, 100);
    const auto layout = l1_layout(test.model, 1);
    expect_whole(*layout);
    EXPECT_EQ(layout->sums.buffer_bytes, 150u);
    EXPECT_EQ(layout->sums.contested_bytes, 0u);
    EXPECT_EQ(layout->stretches[3].bytes, 50u);
    EXPECT_EQ(layout->stretches[3].buffer, first);
    EXPECT_EQ(layout->stretches[3].more_buffers, 1u);
}

TEST(MemoryMap, ContradictionsAreCounted) {
    TestModel test;
    const api::AllocatorIndex allocator = test.add_allocator({0});
    test.add_regions(allocator);
    test.add_region(allocator, true, RegionType::kConfigRing, TestModel::kL1Base, 100);
    EXPECT_EQ(l1_layout(test.model, 0)->sums.contested_bytes, 100u) << "a region in a bank";
    test.model.regions.pop_back();
    test.add_buffer(allocator, BufferKind::kL1, TestModel::kL1Base - 10, 20);
    const auto layout = l1_layout(test.model, 0);
    expect_whole(*layout);
    EXPECT_EQ(layout->sums.contested_bytes, 10u) << "a buffer outside of its bank";
    test.model.buffers.clear();
    test.model.regions[0].bytes += 10;
    EXPECT_EQ(l1_layout(test.model, 0)->sums.contested_bytes, 10u) << "two regions";
    test.model.regions[0].bytes -= 30;
    EXPECT_EQ(l1_layout(test.model, 0)->sums.unexplained_bytes, 20u);
}

TEST(MemoryMap, BeyondTheEndOfMemory) {
    TestModel test;
    const api::AllocatorIndex allocator = test.add_allocator({0});
    test.add_region(allocator, true, RegionType::kFirmware, UINT64_MAX - 5, 100);
    test.add_buffer(allocator, BufferKind::kL1, TestModel::kL1Core - 10, UINT64_MAX);
    expect_whole(*l1_layout(test.model, 0));
}

TEST(MemoryMap, SummariesOfAMeshAreAlike) {
    TestModel test;
    const api::AllocatorIndex allocator = test.add_allocator({0, 1});
    test.add_regions(allocator);
    test.add_buffer(allocator, BufferKind::kL1, TestModel::kL1Base, 4096);
    summarise_l1(test.model);
    ASSERT_TRUE(test.model.devices[0].l1 && test.model.devices[1].l1);
    EXPECT_EQ(test.model.devices[0].l1->l1, test.model.devices[1].l1->l1);
    EXPECT_EQ(test.model.devices[1].l1->l1.buffer_bytes, 4096u);
    EXPECT_EQ(test.model.devices[1].l1->spaces.size(), 4u);
    // A buffer on one of the two alone.
    test.model.buffers[0].devices = {1};
    summarise_l1(test.model);
    EXPECT_EQ(test.model.devices[0].l1->l1.buffer_bytes, 0u);
    EXPECT_EQ(test.model.devices[1].l1->l1.buffer_bytes, 4096u);
}

// A model of buffers, and the same with what they cover in their place.
struct Both {
    TestModel rows;
    api::Model spans_model;
    std::vector<std::vector<Interval>> kept;
    SpansOf spans;
};

// Buffers of two allocators of a mesh of two and one of a single chip, here and there; those of one allocator do not
// overlap.
void fill_at_random(std::mt19937& random, Both& both) {
    const auto below = [&](uint64_t most) { return std::uniform_int_distribution<uint64_t>(0, most - 1)(random); };
    TestModel& test = both.rows;
    test.model.processes.emplace_back().pid = 43;
    const api::AllocatorIndex mesh = test.add_allocator({0, 1});
    const api::AllocatorIndex other = test.add_allocator({api::DeviceIndex(below(2))});
    test.model.allocators[other].process = 1;
    test.add_regions(mesh);
    if (below(4) == 0) {  // an account that differs: a region in the middle of the banks
        test.add_region(mesh, true, RegionType::kArena, TestModel::kL1Base + 4096 * below(100), 8192);
    }
    for (const api::AllocatorIndex allocator : {mesh, other}) {
        for (const auto& [kind, base] : {std::pair(BufferKind::kL1, TestModel::kL1Base),
                                         std::pair(BufferKind::kL1Small, TestModel::kL1Base + TestModel::kL1Bank),
                                         std::pair(BufferKind::kDram, TestModel::kDramBase),
                                         std::pair(BufferKind::kTrace, TestModel::kDramBase + TestModel::kDramBank)}) {
            uint64_t at = base + 32 * below(3);
            for (uint64_t i = below(12); i > 0; --i) {
                const uint64_t bytes = 32 * (1 + below(20));
                test.add_buffer(allocator, kind, at, bytes);
                at += bytes + 32 * below(2) * below(9);
            }
        }
    }
    test.add_program(mesh, 1, 4096 * below(5) + 32, {{{0, 0}, {3, 3}}});
}

void put_spans_in_place(Both& both) {
    const api::Model& model = both.rows.model;
    both.spans_model = model;
    both.spans_model.buffers.clear();
    both.kept.reserve(model.allocators.size() * api::kMemoryKinds);
    for (api::AllocatorIndex allocator{0}; allocator < model.allocators.size(); ++allocator) {
        const api::Buffer* lowest = nullptr;
        for (const MemoryKind kind : api::kAllMemoryKinds) {
            std::vector<Interval> taken;
            for (const api::Buffer& buffer : model.buffers) {
                if (buffer.allocator == allocator && memory_kind(buffer.kind) == kind) {
                    taken.push_back(make_interval(buffer.address, buffer.bytes_per_bank, buffer.banks));
                    const bool lower =
                        buffer.kind == BufferKind::kL1 && (lowest == nullptr || buffer.address < lowest->address);
                    lowest = lower ? &buffer : lowest;
                }
            }
            both.kept.push_back(flattened(std::move(taken)));
            both.spans[allocator].taken[kind] = &both.kept.back();
        }
        if (lowest != nullptr) {
            both.spans_model.buffers.push_back(*lowest);
        }
    }
}

TEST(MemoryMap, SummariesFromSpansAreThoseFromTheBuffers) {
    std::mt19937 random(20);
    for (int round = 0; round < 300; ++round) {
        Both both;
        fill_at_random(random, both);
        put_spans_in_place(both);
        summarise_l1(both.rows.model);
        summarise_l1(both.spans_model, both.spans);
        for (api::DeviceIndex device{0}; device < both.rows.model.devices.size(); ++device) {
            const api::L1Summary& rows = *both.rows.model.devices[device].l1;
            const api::L1Summary& spans = *both.spans_model.devices[device].l1;
            // Against the layout, which looks at each buffer.
            EXPECT_EQ(rows.l1, l1_layout(both.rows.model, device)->sums) << "round " << round;
            EXPECT_EQ(rows.dram, dram_layout(both.rows.model, device)->sums) << "round " << round;
            EXPECT_EQ(spans.l1, rows.l1) << "round " << round;
            EXPECT_EQ(spans.dram, rows.dram) << "round " << round;
            EXPECT_EQ(spans.gauge.lowest_address, rows.gauge.lowest_address);
            ASSERT_EQ(spans.gauge.ahead.size(), rows.gauge.ahead.size());
            ASSERT_EQ(spans.spaces.size(), rows.spaces.size());
            for (size_t i = 0; i < rows.spaces.size(); ++i) {
                EXPECT_EQ(spans.spaces[i].free_bytes_per_bank, rows.spaces[i].free_bytes_per_bank);
                EXPECT_EQ(spans.spaces[i].largest_bytes_per_bank, rows.spaces[i].largest_bytes_per_bank);
                EXPECT_EQ(spans.spaces[i].block_count, rows.spaces[i].block_count);
            }
        }
    }
}

}  // namespace
}  // namespace ttmem::inventory
