// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/program_use.hpp"

#include <gtest/gtest.h>

namespace ttmem::inventory {
namespace {

using ledger::CircularBuffer;
using ledger::CoreRange;
using ledger::Kernel;
using ledger::Program;
using ledger::Snapshot;

constexpr uint64_t kBase = 0x19d60;
const std::vector<CoreRange> kGrid = {{0, 0, 7, 7}};  // 64 cores
const std::vector<CoreRange> kHalf = {{0, 0, 7, 3}};  // 32 cores

Program program(uint64_t launch, const std::vector<CircularBuffer>& buffers, const std::vector<CoreRange>& cores) {
    Program made;
    made.last_launch = launch;
    made.devices = {0};
    made.circular_buffers = buffers;
    Kernel kernel;
    kernel.packed_bytes = 100;
    kernel.cores = cores;
    made.kernels = {kernel};
    return made;
}

Snapshot snapshot_of(std::vector<Program> programs) {
    Snapshot snapshot;
    snapshot.devices.resize(1);
    snapshot.programs = std::move(programs);
    snapshot.programs_told = true;
    return snapshot;
}

ProgramUse use_of(std::vector<Program> programs) {
    return program_uses(snapshot_of(std::move(programs)), {L1Edges{kBase, kBase + 1'000'000}})[0];
}

TEST(ProgramUse, ThreeFigures) {
    // As ttnn's matmul and softmax on an N150: both lie from the same base.
    const Program matmul = program(
        1, {{0, kBase, 65536, 0, kGrid}, {1, kBase + 65536, 65536, 0, kGrid}, {2, kBase + 131072, 32768, 0, kGrid}},
        kGrid);
    const Program softmax = program(2, {{0, kBase, 65536, 0, kHalf}, {1, kBase + 65536, 96256, 0, kHalf}}, kHalf);
    const api::CircularBufferUse use = use_of({matmul, softmax}).circular_buffers;
    EXPECT_EQ(use.current_bytes, 161792u * 32 + 163840u * 32) << "softmax on its cores, matmul on the others";
    EXPECT_EQ(use.cached_union_bytes, 163840u * 64);
    EXPECT_EQ(use.programs_sum_bytes, 163840u * 64 + 161792u * 32);
    EXPECT_EQ(use.high_water_bytes_per_core, 163840u);
    EXPECT_EQ(use.headroom_bytes_per_core, 1'000'000u - 163840);
}

TEST(ProgramUse, MemoryOfOthersAddsNothing) {
    const api::CircularBufferUse use = use_of({program(1,
                                                       {{0, kBase, 4096, 0, kGrid},
                                                        {1, kBase, 4096, ledger::kCircularBufferAlias, kGrid},
                                                        {2, 0x166000, 32768, ledger::kCircularBufferGlobal, kGrid},
                                                        {3, 0x15e000, 32768, ledger::kCircularBufferBorrowed, kGrid}},
                                                       kGrid)})
                                           .circular_buffers;
    EXPECT_EQ(use.current_bytes, 4096u * 64);
    EXPECT_EQ(use.programs_sum_bytes, 4096u * 64);
    EXPECT_EQ(use.high_water_bytes_per_core, 4096u);
}

TEST(ProgramUse, ScratchpadsAreAPartOfTheirOwn) {
    // As ttnn's reshape: a scratchpad above the dataflow buffers, on the cores of one kernel.
    const Program reshape = program(1,
                                    {{0, kBase, 4096, ledger::kCircularBufferDataflow, kGrid},
                                     {0, kBase + 4096, 2048, ledger::kCircularBufferScratchpad, kHalf}},
                                    kGrid);
    const api::CircularBufferUse use = use_of({reshape}).circular_buffers;
    EXPECT_EQ(use.scratchpad_bytes, 2048u * 32);
    EXPECT_EQ(use.current_bytes, 4096u * 64 + 2048 * 32);
    EXPECT_EQ(use.programs_sum_bytes, use.current_bytes);
    EXPECT_EQ(use.high_water_bytes_per_core, 6144u);
    // Another program on half of its cores: what is left is what the scratchpad has on the others.
    EXPECT_EQ(use_of({reshape, program(2, {}, {{0, 0, 7, 1}})}).circular_buffers.scratchpad_bytes, 2048u * 16);
}

TEST(ProgramUse, CoreInTwoRangesCountsOnce) {
    const std::vector<CoreRange> crossing = {{0, 0, 7, 0}, {0, 0, 0, 7}};
    const ProgramUse use = use_of({program(1, {{0, kBase, 10, 0, crossing}}, crossing)});
    EXPECT_EQ(use.circular_buffers.current_bytes, 150u);
    EXPECT_EQ(use.kernels[ledger::kProgramApplication], 1500u);
}

TEST(ProgramUse, LaunchWithoutBuffersTakesTheCoresOver) {
    const Program with = program(1, {{0, kBase, 4096, 0, kGrid}}, kGrid);
    EXPECT_EQ(use_of({with, program(2, {}, kHalf)}).circular_buffers.current_bytes, 4096u * 32);
    EXPECT_EQ(use_of({with, program(2, {}, kGrid)}).circular_buffers.current_bytes, 0u);
    EXPECT_EQ(use_of({with, program(0, {{0, kBase, 8192, 0, kGrid}}, kGrid)}).circular_buffers.current_bytes,
              4096u * 64)
        << "never launched";
}

TEST(ProgramUse, UnknownStaysUnknown) {
    const ProgramUse nothing = program_uses(
        [] {
            Snapshot snapshot;
            snapshot.devices.resize(1);
            return snapshot;
        }(),
        {})[0];
    EXPECT_EQ(nothing, ProgramUse{}) << "a process that never told of a program";
    EXPECT_EQ(use_of({}).circular_buffers.current_bytes, 0u) << "told, and all gone";
    EXPECT_EQ(use_of({}).kernels_all, 0u);

    Program hidden = program(1, {}, kHalf);
    hidden.flags = ledger::kProgramBuffersUnknown;
    hidden.kernels[0].packed_bytes = ledger::kNone;
    const ProgramUse use = use_of({hidden});
    EXPECT_EQ(use.circular_buffers, api::CircularBufferUse{});
    EXPECT_EQ(use.kernels[ledger::kProgramApplication], std::nullopt);
    EXPECT_EQ(use.kernels[ledger::kProgramFabric], 0u);
    EXPECT_EQ(use.kernels_all, std::nullopt);
    // Overtaken on all its cores by one that is known.
    EXPECT_EQ(use_of({hidden, program(2, {{0, kBase, 64, 0, kGrid}}, kGrid)}).circular_buffers.current_bytes, 64u * 64);
}

TEST(ProgramUse, ChipsWithLikeProgramsHaveLikeFigures) {
    // A mesh's programs chip by chip, as ttnn.generic_op launches them: on the first two chips in one order, on the
    // third in the other, and a fourth that lacks one.
    std::vector<Program> programs;
    uint64_t launch = 0;
    const auto add = [&](uint32_t chip, uint64_t bytes, const std::vector<CoreRange>& cores) {
        programs.push_back(program(++launch, {{launch, kBase, bytes, 0, cores}}, cores));
        programs.back().devices = {chip};
        programs.back().id = launch;
    };
    for (const uint32_t chip : {0u, 1u}) {
        add(chip, 4096, kGrid);
        add(chip, 1024, kHalf);
    }
    add(2, 1024, kHalf);
    add(2, 4096, kGrid);
    add(3, 4096, kGrid);
    Snapshot snapshot = snapshot_of(std::move(programs));
    snapshot.devices.resize(5);
    const L1Edges edges{kBase, kBase + 10'000};
    const std::vector<ProgramUse> uses = program_uses(snapshot, {edges, edges, edges, edges, edges});
    EXPECT_EQ(uses[0].circular_buffers.current_bytes, 1024u * 32 + 4096 * 32);
    EXPECT_EQ(uses[0].circular_buffers.programs_sum_bytes, 1024u * 32 + 4096 * 64);
    EXPECT_EQ(uses[1], uses[0]);
    EXPECT_EQ(uses[2].circular_buffers.current_bytes, 4096u * 64) << "the larger one was launched last";
    EXPECT_EQ(uses[2].circular_buffers.programs_sum_bytes, uses[0].circular_buffers.programs_sum_bytes);
    EXPECT_EQ(uses[3].circular_buffers.programs_sum_bytes, 4096u * 64);
    EXPECT_EQ(uses[3].kernels_all, 100u * 64);
    EXPECT_EQ(uses[4].circular_buffers.programs_sum_bytes, 0u);
    EXPECT_EQ(program_uses(snapshot, {edges, L1Edges{kBase, kBase + 5000}})[1].circular_buffers.headroom_bytes_per_core,
              904u)
        << "another chip's buffers";
}

TEST(ProgramUse, HeadroomIsGoneWhereABufferIsInTheWay) {
    const Snapshot snapshot = snapshot_of({program(1, {{0, kBase, 4096, 0, kGrid}}, kGrid)});
    EXPECT_EQ(program_uses(snapshot, {L1Edges{kBase, kBase + 5000}})[0].circular_buffers.headroom_bytes_per_core, 904u);
    EXPECT_EQ(program_uses(snapshot, {L1Edges{kBase, kBase + 4000}})[0].circular_buffers.headroom_bytes_per_core, 0u);
    EXPECT_EQ(program_uses(snapshot, {std::nullopt})[0].circular_buffers.headroom_bytes_per_core, std::nullopt);
}

TEST(ProgramUse, RangesBeyondAnyChipAreCut) {
    const std::vector<CoreRange> wild = {{60, 63, 65535, 65535}, {100, 100, 65535, 65535}};
    EXPECT_EQ(use_of({program(1, {{0, kBase, 10, 0, wild}}, wild)}).circular_buffers.programs_sum_bytes, 40u);
}

}  // namespace
}  // namespace ttmem::inventory
