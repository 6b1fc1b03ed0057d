// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/why.hpp"

#include <gtest/gtest.h>

#include <random>

#include "analysis/free_blocks.hpp"
#include "analysis/free_list.hpp"
#include "analysis/model_test_support.hpp"

namespace ttmem::analysis {
namespace {

using api::BufferKind;
using api::MemoryKind;
using inventory::testing::TestModel;

constexpr uint64_t kMiB = 1 << 20;

// An allocation that the model's first allocator refuses as it stands now.
size_t refuse(TestModel& test, MemoryKind kind, uint64_t bytes_per_bank) {
    api::Failure& failure = test.model.failures.emplace_back();
    failure.kind = kind;
    failure.devices = {0};
    failure.allocator = api::AllocatorIndex(0);
    failure.bytes_per_bank = bytes_per_bank;
    for (const api::FreeSpace& space : inventory::free_spaces(test.model, 0)) {
        if (space.allocator == 0 && space.kind == kind) {
            failure.banks = space.banks.banks;
            failure.limit_bytes = space.banks.bank_bytes;
            failure.available_bytes = space.free_bytes_per_bank;
            failure.largest_free_bytes_per_bank = space.largest_bytes_per_bank;
            failure.allocated_bytes = space.allocated_bytes_per_bank * space.banks.banks;
        }
    }
    return test.model.failures.size() - 1;
}

const Advice* find(const Why& why, Action action) {
    for (const Advice& advice : why.advice) {
        if (advice.action == action) {
            return &advice;
        }
    }
    return nullptr;
}

class WhyTest : public ::testing::Test {
protected:
    WhyTest() { test.add_allocator({0}); }
    TestModel test;
};

TEST_F(WhyTest, LargerThanTheDevice) {
    const Why why = explain(test.model, refuse(test, MemoryKind::kDram, TestModel::kDramBank + 32));
    EXPECT_EQ(why.verdict, Verdict::kLargerThanDevice);
    EXPECT_EQ(why.missing_bytes, 32u);
    EXPECT_TRUE(why.advice.empty()) << "no buffer's end would help";
}

TEST_F(WhyTest, LargerThanItsRegion) {
    const Why why = explain(test.model, refuse(test, MemoryKind::kL1Small, TestModel::kL1Small + 16));
    EXPECT_EQ(why.verdict, Verdict::kLargerThanMemoryRegion);
    const Advice* resize = find(why, Action::kResizeMemoryRegion);
    ASSERT_NE(resize, nullptr);
    EXPECT_EQ(resize->option, "l1_small_size");
    EXPECT_EQ(resize->bytes, TestModel::kL1Small + 16);
}

TEST_F(WhyTest, ARegionWithBuffersHasToHoldThemToo) {
    // L1_SMALL is filled from its upper end: what is free at its lower end counts for the request.
    const uint64_t base = TestModel::kL1Base + TestModel::kL1Bank;
    test.add_buffer(0, BufferKind::kL1Small, base + 6384, 10'000);
    const Why why = explain(test.model, refuse(test, MemoryKind::kL1Small, 8000));
    EXPECT_EQ(why.verdict, Verdict::kFull);
    const Advice* resize = find(why, Action::kResizeMemoryRegion);
    ASSERT_NE(resize, nullptr);
    EXPECT_EQ(resize->bytes, TestModel::kL1Small + 8000 - 6384);
}

TEST_F(WhyTest, FullAndTheFewestBytesToFree) {
    uint64_t at = TestModel::kDramBase;
    for (const uint64_t bytes : {512 * kMiB, 100 * kMiB, 60 * kMiB, 300 * kMiB}) {
        test.add_buffer(0, BufferKind::kDram, at, bytes);
        at += bytes;
    }
    const Why why = explain(test.model, refuse(test, MemoryKind::kDram, 110 * kMiB));
    EXPECT_EQ(why.verdict, Verdict::kFull);
    EXPECT_FALSE(why.changed);
    const Advice* free = find(why, Action::kFree);
    ASSERT_NE(free, nullptr);
    EXPECT_EQ(free->buffers, (std::vector<api::BufferIndex>{1, 2}))
        << "60 or 100 MiB alone are not enough, 300 are more";
    EXPECT_EQ(free->bytes, 160 * kMiB * 12);
    ASSERT_EQ(why.holders.size(), 1u) << "of none is known where it came from";
    EXPECT_EQ(why.holders[0].buffers, 4u);
    EXPECT_EQ(why.held_bytes, 972 * kMiB * 12);
}

TEST_F(WhyTest, OfEqualBuffersOneOfTheLineThatHoldsMostIsToBeFreed) {
    test.model.contexts.resize(2);
    uint64_t at = TestModel::kDramBase;
    for (size_t i = 0; i < 9; ++i, at += 100 * kMiB) {
        test.model.buffers[test.add_buffer(0, BufferKind::kDram, at, 100 * kMiB)].context =
            api::ContextIndex(i < 4 ? 0u : 1u);
    }
    test.add_buffer(0, BufferKind::kDram, at, TestModel::kDramBase + TestModel::kDramBank - at);
    const Why why = explain(test.model, refuse(test, MemoryKind::kDram, 100 * kMiB));
    const Advice* free = find(why, Action::kFree);
    ASSERT_NE(free, nullptr);
    EXPECT_EQ(free->buffers, std::vector<api::BufferIndex>{4}) << "of four made by one line and five by another";
}

TEST_F(WhyTest, FragmentedIsMendedByMoving) {
    uint64_t at = TestModel::kDramBase;
    test.add_buffer(0, BufferKind::kDram, at, 400 * kMiB);
    at += 500 * kMiB;
    test.add_buffer(0, BufferKind::kDram, at, 50 * kMiB);
    at += 50 * kMiB + 120 * kMiB;
    test.add_buffer(0, BufferKind::kDram, at, TestModel::kDramBase + TestModel::kDramBank - at);
    const Why why = explain(test.model, refuse(test, MemoryKind::kDram, 200 * kMiB));
    EXPECT_EQ(why.verdict, Verdict::kFragmented);
    EXPECT_EQ(why.missing_bytes, 80 * kMiB);
    const Advice* move = find(why, Action::kReallocate);
    ASSERT_NE(move, nullptr);
    EXPECT_EQ(move->buffers, std::vector<api::BufferIndex>{1});
    EXPECT_EQ(move->bytes, 220 * kMiB) << "it slides to the beginning of the hole before it";
    ASSERT_NE(find(why, Action::kFree), nullptr);
    EXPECT_EQ(find(why, Action::kFree)->buffers, std::vector<api::BufferIndex>{1});
}

TEST_F(WhyTest, WhatIsNoTensorIsNotToBeFreed) {
    const api::BufferIndex binaries = test.add_buffer(0, BufferKind::kDram, TestModel::kDramBase, TestModel::kDramBank);
    test.model.buffers[binaries].kernel_binaries = true;
    const Why why = explain(test.model, refuse(test, MemoryKind::kDram, 64));
    EXPECT_EQ(why.verdict, Verdict::kFull);
    EXPECT_EQ(find(why, Action::kFree), nullptr);
}

TEST_F(WhyTest, LockstepWaste) {
    const size_t sharded =
        test.add_buffer(0, BufferKind::kL1, TestModel::kL1Base + 200'000, TestModel::kL1Bank - 200'000);
    test.model.buffers[sharded].used_banks = 1;
    const Why why = explain(test.model, refuse(test, MemoryKind::kL1, 400'000));
    EXPECT_EQ(why.verdict, Verdict::kLockstepWaste);
    const Advice* hybrid = find(why, Action::kHybrid);
    ASSERT_NE(hybrid, nullptr);
    EXPECT_NEAR(static_cast<double>(hybrid->bytes), static_cast<double>((TestModel::kL1Bank - 200'000) * 63), 64.0);
}

TEST_F(WhyTest, ASmallerType) {
    api::Tensor& tensor = test.model.tensors.emplace_back();
    tensor.layout = "tile";
    tensor.data_type = "bfloat16";
    const uint64_t tiles = TestModel::kL1Bank / 1088 - 3;
    const size_t index = refuse(test, MemoryKind::kL1, tiles * 2048);
    test.model.failures[index].tensor = api::TensorIndex(0);
    const Why why = explain(test.model, index);
    const Advice* type = find(why, Action::kChangeTensor);
    ASSERT_NE(type, nullptr);
    EXPECT_EQ(type->option, "bfloat8_b");
    EXPECT_EQ(type->bytes, tiles * 1088);
}

TEST_F(WhyTest, AClashIsEndedByAllBuffersBelowTheEnd) {
    test.add_buffer(0, BufferKind::kL1, 500'000, 1000);
    test.add_buffer(0, BufferKind::kL1, 600'000, 1000);
    test.add_buffer(0, BufferKind::kL1, 700'000, 1000);
    api::Failure& clash = test.model.failures.emplace_back();
    clash.type = api::FailureType::kClash;
    clash.devices = {0};
    clash.allocator = api::AllocatorIndex(0);
    clash.end_address = 600'001;
    clash.buffer_address = 500'000;
    clash.allocated_bytes = 3000 * 64;
    const Why why = explain(test.model, 0);
    EXPECT_EQ(why.verdict, Verdict::kL1Clash);
    EXPECT_FALSE(why.changed);
    EXPECT_EQ(why.missing_bytes, 100'001u);
    ASSERT_NE(find(why, Action::kFree), nullptr);
    EXPECT_EQ(find(why, Action::kFree)->buffers, (std::vector<api::BufferIndex>{0, 1}));
    EXPECT_EQ(find(why, Action::kShrinkCircularBuffers)->bytes, 100'001u);
}

TEST_F(WhyTest, CircularBuffersBeyondL1) {
    api::Failure& failure = test.model.failures.emplace_back();
    failure.type = api::FailureType::kCircularBuffers;
    failure.devices = {0};
    failure.end_address = 2'299'936;
    failure.limit_bytes = TestModel::kL1Core;
    const Why why = explain(test.model, 0);
    EXPECT_EQ(why.verdict, Verdict::kCircularBuffersTooLarge);
    EXPECT_EQ(why.missing_bytes, 2'299'936 - TestModel::kL1Core);
    EXPECT_FALSE(why.living);
    ASSERT_EQ(why.advice.size(), 1u);
    EXPECT_EQ(why.advice[0].bytes, *why.missing_bytes);
}

TEST_F(WhyTest, MemoryRegionsThatAreTooSmall) {
    api::Failure ring;
    ring.type = api::FailureType::kConfigRing;
    ring.devices = {0};
    ring.allocator = api::AllocatorIndex(0);
    ring.end_address = 18'064;
    ring.limit_bytes = 13'984;
    ring.worker_ring = true;
    test.model.failures.push_back(ring);
    api::Failure trace;
    trace.type = api::FailureType::kTraceRegion;
    trace.devices = {0};
    trace.end_address = 98'304;
    trace.limit_bytes = 65'536;
    test.model.failures.push_back(trace);
    Why why = explain(test.model, 0);
    EXPECT_EQ(why.verdict, Verdict::kLargerThanMemoryRegion);
    EXPECT_EQ(why.missing_bytes, 4'080u);
    ASSERT_EQ(why.advice.size(), 1u);
    EXPECT_EQ(why.advice[0].action, Action::kLowerWorkerL1);
    const auto& banks = test.model.allocators[0].banks;
    EXPECT_EQ(why.advice[0].bytes,
              banks[MemoryKind::kL1]->bank_bytes + banks[MemoryKind::kL1Small]->bank_bytes - 4'096);
    // Of a process that ended the present size is not known, and of Ethernet cores no option changes it.
    test.model.failures[0].allocator.reset();
    EXPECT_EQ(explain(test.model, 0).advice.at(0).bytes, 0u);
    test.model.failures[0].worker_ring = false;
    EXPECT_TRUE(explain(test.model, 0).advice.empty());
    why = explain(test.model, 1);
    EXPECT_EQ(why.verdict, Verdict::kLargerThanMemoryRegion);
    EXPECT_EQ(why.kind, MemoryKind::kTrace);
    ASSERT_EQ(why.advice.size(), 1u);
    EXPECT_EQ(why.advice[0].option, "trace_region_size");
    EXPECT_EQ(why.advice[0].bytes, 98'304u);
}

TEST_F(WhyTest, OfAnEndedProcessTheArithmeticStays) {
    const size_t index = refuse(test, MemoryKind::kDram, TestModel::kDramBank + 32);
    test.model.failures[index].allocator.reset();
    const Why why = explain(test.model, index);
    EXPECT_EQ(why.verdict, Verdict::kLargerThanDevice);
    EXPECT_FALSE(why.living);
    EXPECT_TRUE(why.holders.empty());
}

// A picture: a model of the moment of the refusal is the answer to all, though nothing of it is so now.
TEST_F(WhyTest, OfTheMomentOfTheRefusal) {
    test.add_buffer(0, BufferKind::kDram, TestModel::kDramBase, TestModel::kDramBank - 64 * kMiB);
    const size_t failure = refuse(test, MemoryKind::kDram, 80 * kMiB);
    const Why why = explain(test.model, failure, Moment::kRefusal);
    EXPECT_TRUE(why.frozen);
    EXPECT_TRUE(why.holders_then);
    EXPECT_EQ(why.held_bytes, test.model.failures[failure].allocated_bytes);
    ASSERT_NE(find(why, Action::kFree), nullptr);
    // The picture shows another moment, or not all buffers: its holes are not those of the refusal.
    test.model.failures[failure].allocated_bytes += 64;
    const Why other = explain(test.model, failure, Moment::kRefusal);
    EXPECT_FALSE(other.frozen);
    EXPECT_EQ(find(other, Action::kFree), nullptr);
    EXPECT_FALSE(other.fits_now);
}

// Circular buffers that met what lies on a service core: to free L1 buffers at such addresses would not help.
TEST_F(WhyTest, AClashOnAServiceCoreIsNotEndedByFreeing) {
    test.add_buffer(0, BufferKind::kL1, TestModel::kL1Base, 4096);
    api::Failure& failure = test.model.failures.emplace_back();
    failure.type = api::FailureType::kClash;
    failure.devices = {0};
    failure.allocator = api::AllocatorIndex(0);
    failure.end_address = TestModel::kL1Base + 8192;
    failure.buffer_address = TestModel::kL1Base + 2048;
    EXPECT_NE(find(explain(test.model, 0), Action::kFree), nullptr);
    api::Region& region = test.model.regions.emplace_back();
    region.allocator = 0;
    region.l1 = true;
    region.type = api::RegionType::kServiceCore;
    region.address = TestModel::kL1Base + 2048;
    region.bytes = 1024;
    const Why why = explain(test.model, 0);
    EXPECT_EQ(find(why, Action::kFree), nullptr);
    EXPECT_FALSE(why.fits_now);
    EXPECT_NE(find(why, Action::kShrinkCircularBuffers), nullptr);
}

TEST_F(WhyTest, TheLatestOrTheFullest) {
    test.add_buffer(0, BufferKind::kL1, TestModel::kL1Base, 1000);
    test.model.devices[0].memory[MemoryKind::kL1].capacity_bytes = 64 * TestModel::kL1Bank;
    test.model.devices[0].memory[MemoryKind::kL1].allocated_bytes = 64'000;
    Why why = explain_latest(test.model);
    EXPECT_EQ(why.verdict, Verdict::kNone);
    EXPECT_EQ(why.kind, MemoryKind::kL1);
    EXPECT_EQ(why.held_bytes, 64'000u);
    refuse(test, MemoryKind::kDram, TestModel::kDramBank + 32);
    const size_t last = refuse(test, MemoryKind::kL1Small, TestModel::kL1Small + 16);
    EXPECT_EQ(explain_latest(test.model).failure, last);
    EXPECT_EQ(explain_latest(TestModel().model).verdict, Verdict::kNone);
}

// Random banks: what is advised makes room in a free list of its own, and without any one of the buffers it does not.
TEST(WhyAtRandom, AdviceHoldsAndNothingInItIsIdle) {
    std::mt19937 random(16);
    size_t freed = 0;
    size_t moved = 0;
    for (int round = 0; round < 160; ++round) {
        TestModel test;
        test.add_allocator({0});
        const bool l1 = round % 2 == 0;
        const MemoryKind kind = l1 ? MemoryKind::kL1 : MemoryKind::kDram;
        const uint64_t base = l1 ? TestModel::kL1Base : TestModel::kDramBase;
        const uint64_t size = l1 ? TestModel::kL1Bank : TestModel::kDramBank;
        const uint64_t unit = size / 4096 / 64 * 64;
        for (uint64_t at = base; at + 200 * unit < base + size;) {
            at += random() % 40 * unit;
            const uint64_t bytes = (1 + random() % 150) * unit;
            test.add_buffer(0, l1 ? BufferKind::kL1 : BufferKind::kDram, at, bytes);
            at += bytes;
        }
        const auto spaces = inventory::free_spaces(test.model, 0);
        const auto space =
            std::find_if(spaces.begin(), spaces.end(), [&](const auto& each) { return each.kind == kind; });
        const uint64_t wanted = space->largest_bytes_per_bank + (1 + random() % 300) * unit;
        const Why why = explain(test.model, refuse(test, kind, wanted));
        if (const Advice* advice = find(why, Action::kFree)) {
            ++freed;
            for (size_t without = 0; without <= advice->buffers.size(); ++without) {
                FreeList list(space->blocks, space->banks.alignment, l1);
                for (size_t i = 0; i < advice->buffers.size(); ++i) {
                    const api::Buffer& buffer = test.model.buffers[advice->buffers[i]];
                    if (i != without) {
                        list.give_back(buffer.address, buffer.bytes_per_bank);
                    }
                }
                EXPECT_EQ(list.place(wanted).has_value(), without == advice->buffers.size()) << round;
            }
        }
        if (const Advice* advice = find(why, Action::kReallocate)) {
            ++moved;
            FreeList list(space->blocks, space->banks.alignment, l1);
            for (const api::BufferIndex index : advice->buffers) {
                list.give_back(test.model.buffers[index].address, test.model.buffers[index].bytes_per_bank);
                ASSERT_TRUE(list.place(test.model.buffers[index].bytes_per_bank));
            }
            EXPECT_EQ(list.largest(), advice->bytes);
            EXPECT_GE(list.largest(), wanted);
        }
    }
    EXPECT_GT(freed, 120u);
    EXPECT_GT(moved, 8u);
}

}  // namespace
}  // namespace ttmem::analysis
