// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/clash_gauge.hpp"

#include <gtest/gtest.h>

#include "analysis/model_test_support.hpp"

namespace ttmem::inventory {
namespace {

using api::BufferKind;
using testing::TestModel;

constexpr uint64_t kBase = TestModel::kL1Base;
const api::CoreSet kGrid = {{{0, 0}, {7, 7}}};
const api::CoreSet kRow = {{{0, 0}, {7, 0}}};

const api::CoreGauge& at(const api::ClashGauge& gauge, api::Core core) {
    for (const api::CoreGauge& each : gauge.cores) {
        if (each.core == core) {
            return each;
        }
    }
    throw std::runtime_error("no such core");
}

TEST(ClashGauge, TightestCoresFirst) {
    TestModel test;
    const api::AllocatorIndex allocator = test.add_allocator({0, 1});
    const api::BufferIndex buffer = test.add_buffer(allocator, BufferKind::kL1, kBase + 10'000, 64);
    test.add_buffer(allocator, BufferKind::kL1, kBase + 20'000, 64);
    const api::ProgramIndex large = test.add_program(allocator, 1, 8000, kRow);
    const api::ProgramIndex small = test.add_program(allocator, 2, 1000, kGrid);
    const api::ClashGauge gauge = clash_gauge(test.model, 1);
    EXPECT_TRUE(gauge.known);
    EXPECT_EQ(gauge.base_address, kBase);
    EXPECT_EQ(gauge.lowest_address, kBase + 10'000);
    EXPECT_EQ(gauge.lowest_buffer, buffer);
    ASSERT_EQ(gauge.cores.size(), 64u);
    EXPECT_EQ(gauge.cores[0].headroom_bytes, 2000);
    EXPECT_EQ(gauge.cores[7].core, (api::Core{7, 0}));
    EXPECT_EQ(gauge.cores[8].headroom_bytes, 9000);
    EXPECT_EQ(at(gauge, {0, 0}).current_end, kBase + 1000) << "the last launched";
    EXPECT_EQ(at(gauge, {0, 0}).current_program, small);
    EXPECT_EQ(at(gauge, {0, 0}).cached_end, kBase + 8000) << "any that lives";
    EXPECT_EQ(at(gauge, {0, 0}).cached_program, large);
    EXPECT_TRUE(gauge.ahead.empty());
}

TEST(ClashGauge, SaysBeforeWhichLaunchWillBeRefused) {
    TestModel test;
    const api::AllocatorIndex allocator = test.add_allocator({0});
    test.add_program(allocator, 1, 1000, kGrid);
    const api::ProgramIndex large = test.add_program(allocator, 2, 8000, kRow);
    const api::BufferIndex buffer = test.add_buffer(allocator, BufferKind::kL1, kBase + 5000, 64);
    const api::ClashGauge gauge = clash_gauge(test.model, 0);
    ASSERT_EQ(gauge.ahead.size(), 1u);
    const api::ClashAhead& clash = gauge.ahead[0];
    EXPECT_EQ(clash.program, large);
    EXPECT_EQ(clash.buffer, buffer);
    EXPECT_EQ(clash.end_address, kBase + 8000);
    EXPECT_EQ(clash.buffer_address, kBase + 5000);
    EXPECT_EQ(clash.missing_bytes, 3000u);
    EXPECT_EQ(clash.cores, kRow);
    EXPECT_TRUE(clash.refused);
    EXPECT_EQ(gauge.cores[0].headroom_bytes, -3000);
    // Ends where the buffer begins: goes through.
    test.model.programs[large].circular_buffers[0].bytes = 5000;
    EXPECT_TRUE(clash_gauge(test.model, 0).ahead.empty());
    EXPECT_EQ(clash_gauge(test.model, 0).cores[0].headroom_bytes, 0);
}

TEST(ClashGauge, BuffersOfAnotherAllocatorWouldBeOverwritten) {
    TestModel test;
    const api::AllocatorIndex mesh = test.add_allocator({0, 1});
    const api::AllocatorIndex submesh = test.add_allocator({1});
    test.add_program(mesh, 1, 8000, kGrid);
    test.add_buffer(submesh, BufferKind::kL1, kBase, 64);
    EXPECT_TRUE(clash_gauge(test.model, 0).ahead.empty());
    const api::ClashGauge gauge = clash_gauge(test.model, 1);
    ASSERT_EQ(gauge.ahead.size(), 1u);
    EXPECT_FALSE(gauge.ahead[0].refused) << "tt-metal asks the program's own allocator alone";
}

TEST(ClashGauge, OfBuffersOnSingleCoresThoseUnderTheCircularBuffer) {
    TestModel test;
    const api::AllocatorIndex mesh = test.add_allocator({0, 1});
    const api::AllocatorIndex own = test.add_device_allocator(mesh, 0);
    test.add_buffer(mesh, BufferKind::kL1, kBase + 50'000, 64);
    const api::BufferIndex on_two = test.add_buffer_on(own, {{{1, 0}, kBase + 9000}, {{2, 5}, kBase + 2000}}, 64);
    const api::ProgramIndex program = test.add_program(mesh, 1, 5000, kRow);
    const api::ClashGauge gauge = clash_gauge(test.model, 0);
    EXPECT_TRUE(gauge.ahead.empty()) << "the lower part lies on a core that the program does not use";
    EXPECT_EQ(gauge.lowest_address, kBase + 2000);
    EXPECT_EQ(gauge.lowest_buffer, on_two);
    EXPECT_EQ(gauge.cores[0].core, (api::Core{1, 0}));
    EXPECT_EQ(gauge.cores[0].headroom_bytes, 4000);
    EXPECT_EQ(at(gauge, {0, 0}).headroom_bytes, 45'000);

    test.model.programs[program].circular_buffers[0].bytes = 10'000;
    const api::ClashGauge tight = clash_gauge(test.model, 0);
    ASSERT_EQ(tight.ahead.size(), 1u);
    EXPECT_EQ(tight.ahead[0].buffer, on_two);
    EXPECT_EQ(tight.ahead[0].buffer_address, kBase + 9000);
    EXPECT_EQ(tight.ahead[0].missing_bytes, 1000u);
    EXPECT_EQ(tight.ahead[0].cores, (api::CoreSet{{{1, 0}, {1, 0}}}));
    EXPECT_TRUE(tight.ahead[0].refused) << "the device's own allocator is asked, too";
    EXPECT_TRUE(clash_gauge(test.model, 1).ahead.empty()) << "of the other chip nothing is in the way";

    test.model.programs[program].circular_buffers[0].dataflow = true;
    const api::ClashGauge blind = clash_gauge(test.model, 0);
    ASSERT_EQ(blind.ahead.size(), 1u);
    EXPECT_EQ(blind.ahead[0].missing_bytes, 1000u);
    EXPECT_FALSE(blind.ahead[0].refused) << "tt-metal does not hold dataflow buffers against single cores";
}

TEST(ClashGauge, ABufferAtOneAddressOnSomeCoresIsInTheWayOnAll) {
    TestModel test;
    const api::AllocatorIndex mesh = test.add_allocator({0});
    const api::BufferIndex in_the_way = test.add_buffer_at(mesh, {{{4, 4}, {5, 5}}}, kBase + 2000, 64);
    const api::ProgramIndex program = test.add_program(mesh, 1, 5000, kRow);
    for (const bool dataflow : {false, true}) {
        test.model.programs[program].circular_buffers[0].dataflow = dataflow;
        const api::ClashGauge gauge = clash_gauge(test.model, 0);
        ASSERT_EQ(gauge.ahead.size(), 1u);
        EXPECT_EQ(gauge.ahead[0].buffer, in_the_way);
        EXPECT_EQ(gauge.ahead[0].missing_bytes, 3000u);
        EXPECT_TRUE(gauge.ahead[0].refused);
        EXPECT_EQ(gauge.cores[0].headroom_bytes, -3000);
    }
}

TEST(ClashGauge, MemoryOfOthersDoesNotReachAnywhere) {
    TestModel test;
    const api::AllocatorIndex allocator = test.add_allocator({0});
    test.add_buffer(allocator, BufferKind::kL1, kBase + 100, 1000);
    test.add_buffer(allocator, BufferKind::kL1Small, kBase, 16);
    for (const auto flag :
         {&api::CircularBuffer::global, &api::CircularBuffer::borrowed, &api::CircularBuffer::alias}) {
        test.model.programs.clear();
        test.add_program(allocator, 1, 5000, kGrid);
        test.model.programs[0].circular_buffers[0].*flag = true;
        const api::ClashGauge gauge = clash_gauge(test.model, 0);
        EXPECT_TRUE(gauge.ahead.empty());
        EXPECT_EQ(gauge.cores[0].cached_end, std::nullopt);
        EXPECT_EQ(gauge.cores[0].headroom_bytes, 100) << "from the start of the banks";
    }
}

TEST(ClashGauge, WithoutBuffersTheEndOfTheBanksIsTheLimit) {
    TestModel test;
    const api::AllocatorIndex allocator = test.add_allocator({0});
    EXPECT_FALSE(clash_gauge(test.model, 0).known) << "no program was told of";
    test.add_program(allocator, 1, 1000, kGrid);
    const api::ClashGauge gauge = clash_gauge(test.model, 0);
    EXPECT_EQ(gauge.lowest_address, kBase + TestModel::kL1Bank);
    EXPECT_EQ(gauge.lowest_buffer, std::nullopt);
    test.model.programs[0].buffers_known = false;
    EXPECT_FALSE(clash_gauge(test.model, 0).known);
}

// Addresses of a hostile ledger: the distance between any two of them has a sign and can be negated.
TEST(ClashGauge, ExtremeAddressesDoNotOverflow) {
    constexpr uint64_t kHalf = uint64_t{1} << 63;
    for (const uint64_t lowest : {uint64_t{0}, kHalf - 1, kHalf, kHalf + 1, UINT64_MAX - 1}) {
        for (const uint64_t end : {uint64_t{1}, kHalf - 1, kHalf, kHalf + 1, UINT64_MAX}) {
            TestModel test;
            const api::AllocatorIndex allocator = test.add_allocator({0});
            test.model.allocators[allocator].banks[api::MemoryKind::kL1] = {0, UINT64_MAX, 64, 16};
            test.add_buffer(allocator, BufferKind::kL1, lowest, 1);
            api::CircularBuffer& buffer =
                test.model.programs[test.add_program(allocator, 1, end, kRow)].circular_buffers[0];
            buffer.address = 0;
            const api::ClashGauge gauge = clash_gauge(test.model, 0);
            const api::CoreGauge& core = at(gauge, {0, 0});
            EXPECT_EQ(core.headroom_bytes < 0, lowest < end) << lowest << ", " << end;
            EXPECT_EQ(core.headroom_bytes > 0, lowest > end) << lowest << ", " << end;
            EXPECT_GT(-core.headroom_bytes, INT64_MIN);
            EXPECT_EQ(gauge.ahead.empty(), lowest >= end);
        }
    }
}

TEST(CoreBits, RangesCoverTheSameCores) {
    CoreBits bits;
    bits.add(api::CoreSet{{{0, 0}, {7, 7}}, {{3, 8}, {3, 9}}, {{63, 63}, {63, 70}}, {{64, 0}, {70, 0}}});
    EXPECT_EQ(bits.count(), 64u + 2 + 1);
    CoreBits again;
    again.add(bits.ranges());
    EXPECT_EQ(again, bits);
    EXPECT_EQ(bits.ranges()[0], (api::CoreRange{{0, 0}, {7, 7}}));
    EXPECT_EQ(bits.ranges().size(), 3u);
}

TEST(ProgramLabel, NamesOfItsKernelsOnce) {
    api::Program program;
    program.id = 7;
    EXPECT_EQ(program_label(program), "program 7");
    program.kernels.resize(3);
    program.kernels[0].name = "reader";
    program.kernels[1].name = "reader";
    program.kernels[2].name = "compute";
    program.kernels[2].processor = api::ProcessorClass::kCompute;
    EXPECT_EQ(program_label(program), "compute, reader");
    program.operation = "ttnn.add";
    EXPECT_EQ(program_label(program), "ttnn.add");
}

}  // namespace
}  // namespace ttmem::inventory
