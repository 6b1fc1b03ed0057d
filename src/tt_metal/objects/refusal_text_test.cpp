// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The texts are those of ttnn 0.66.0 to 0.81.1, with figures of runs.
#include "tt_metal/objects/refusal_text.hpp"

#include <gtest/gtest.h>

namespace ttmem::tt_metal {
namespace {

TEST(RefusalText, AllocationOverAllBanks) {
    const char* text =
        "TT_FATAL @ bank_manager.cpp:514: false\ninfo:\nOut of Memory: Not enough space to allocate 17179869184 B DRAM "
        "buffer across 12 banks, where each bank needs to store 1431656448 B, but bank size is 1072693184 B "
        "(allocated: 0 B, free: 1072693184 B, largest free block: 1072693184 B).\nbacktrace:\n --- f(+0x1)";
    const auto refusal = read_allocation_refusal(text);
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->requested_bytes, 17179869184u);
    EXPECT_EQ(refusal->banks, 12u);
    EXPECT_EQ(refusal->bytes_per_bank, 1431656448u);
    EXPECT_EQ(refusal->bank_bytes, 1072693184u);
    EXPECT_EQ(refusal->free_per_bank, 1072693184u);
    EXPECT_EQ(read_largest_free_block(text), 1072693184u);
}

TEST(RefusalText, AllocationThatLooksAtDependencies) {
    const char* text =
        "Out of Memory: Not enough space after considering dependencies to allocate 32768000 B L1 across 4 banks "
        "(8192000 B per bank), bank size is 1376928 B (allocated: 32768 B, free: 1344160 B, largest free block: "
        "1335968 "
        "B). After subtracting 0 dependency range(s) and 4 additional occupied range(s), 0 B remained placeable across "
        "0 window(s), largest 0 B.";
    const auto refusal = read_allocation_refusal(text);
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->requested_bytes, 32768000u);
    EXPECT_EQ(refusal->banks, 4u);
    EXPECT_EQ(refusal->bytes_per_bank, 8192000u);
    EXPECT_EQ(refusal->bank_bytes, 1376928u);
    EXPECT_EQ(refusal->free_per_bank, 1344160u);
    EXPECT_EQ(read_largest_free_block(text), 1335968u);
}

TEST(RefusalText, OtherWordsSayNothing) {
    for (const char* text :
         {static_cast<const char*>(nullptr), "",
          "Out of Memory: Cannot allocate at an address below 5. Allocation at 3",
          "Not enough space to allocate many B", "Not enough space to allocate 5 B L1 buffer across some banks",
          "Not enough space to allocate 5 B L1 buffer across 3 banks, where each", "Failed to allocate 3 sockets"}) {
        EXPECT_FALSE(read_allocation_refusal(text)) << (text != nullptr ? text : "null");
        EXPECT_EQ(read_largest_free_block(text), UINT64_MAX);
        EXPECT_FALSE(read_clash(text));
        EXPECT_FALSE(read_beyond_l1(text));
    }
}

TEST(RefusalText, MemoryRegionsThatAreTooSmall) {
    const auto ring = read_ring_refusal(
        "TT_FATAL @ program.cpp:3759: state.offset <= max_size\ninfo:\nProgram size (18064) too large for kernel "
        "config "
        "buffer (13984) on TENSIX, 4080 B over:\n  runtime args                 128 B");
    ASSERT_TRUE(ring);
    EXPECT_EQ(ring->wanted_bytes, 18064u);
    EXPECT_EQ(ring->region_bytes, 13984u);
    EXPECT_TRUE(ring->workers);
    const auto ethernet =
        read_ring_refusal("Program size (90000) too large for kernel config buffer (25600) on ACTIVE_ETH");
    ASSERT_TRUE(ethernet);
    EXPECT_EQ(ethernet->region_bytes, 25600u);
    EXPECT_FALSE(ethernet->workers);
    const auto trace = read_trace_refusal(
        "Creating trace buffers of size 98304B on MeshDevice 1, but only 65536B is allocated for trace region.");
    ASSERT_TRUE(trace);
    EXPECT_EQ(trace->wanted_bytes, 98304u);
    EXPECT_EQ(trace->region_bytes, 65536u);
    for (const char* text : {"", "Program size (", "Program size (12) too large for kernel config buffer",
                             "Creating trace buffers of size 12B on MeshDevice 1"}) {
        EXPECT_FALSE(read_ring_refusal(text)) << text;
        EXPECT_FALSE(read_trace_refusal(text)) << text;
    }
    EXPECT_FALSE(read_ring_refusal(nullptr));
    EXPECT_FALSE(read_trace_refusal(nullptr));
}

TEST(RefusalText, Clashes) {
    const auto circular = read_clash(
        "Statically allocated circular buffers in program 0 clash with L1 buffers on core range [0-0 - 7-7]. L1 buffer "
        "allocated at 114688 and static circular buffer region ends at 118112");
    ASSERT_TRUE(circular);
    EXPECT_EQ(circular->buffer_address, 114688u);
    EXPECT_EQ(circular->end_address, 118112u);
    ASSERT_TRUE(circular->cores_known);
    EXPECT_EQ(circular->cores.end_x, 7u);
    const auto dataflow = read_clash(
        "Statically allocated dataflow buffers in program 12 clash with L1 buffers on core range [(x=1,y=2) - "
        "(x=3,y=4)]. L1 buffer allocated at 1146880 and static dataflow buffer region ends at 1181120");
    ASSERT_TRUE(dataflow && dataflow->cores_known);
    EXPECT_EQ(dataflow->end_address, 1181120u);
    EXPECT_EQ(dataflow->cores.start_x, 1u);
    EXPECT_EQ(dataflow->cores.start_y, 2u);
    EXPECT_EQ(dataflow->cores.end_x, 3u);
    EXPECT_EQ(dataflow->cores.end_y, 4u);
    const auto service = read_clash(
        "Circular buffers on service-core range [0-8 - 0-8] in program 3 clash with ServiceCoreManager-allocated L1 "
        "(lowest service allocation at 1400000, CB region ends at 1400064)");
    ASSERT_TRUE(service);
    EXPECT_EQ(service->buffer_address, 1400000u);
    EXPECT_EQ(service->end_address, 1400064u);
}

TEST(RefusalText, BeyondL1) {
    const auto circular = read_beyond_l1(
        "TT_THROW @ program.cpp:1090: tt::exception\ninfo:\nStatically allocated circular buffers on core range "
        "[0-0 - 7-7] grow to 2299936 B which is beyond max L1 size of 1499136 B\nbacktrace:\n --- f(+0x1)");
    ASSERT_TRUE(circular && circular->cores_known);
    EXPECT_EQ(circular->end_address, 2299936u);
    EXPECT_EQ(circular->limit_bytes, 1499136u);
    EXPECT_EQ(circular->cores.end_y, 7u);
    EXPECT_FALSE(circular->dataflow);
    const auto dataflow = read_beyond_l1(
        "Statically allocated dataflow buffers on core range [(x=0,y=0) - (x=3,y=1)] grow to 1500000 B which is beyond "
        "max L1 size of 1499136 B");
    ASSERT_TRUE(dataflow && dataflow->cores_known);
    EXPECT_TRUE(dataflow->dataflow);
    EXPECT_EQ(dataflow->cores.end_x, 3u);
    EXPECT_FALSE(read_beyond_l1("circular buffers on core range [0-0 - 7-7] grow to 5 B"));
}

}  // namespace
}  // namespace ttmem::tt_metal
