// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "dry_run/peaks.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace ttmem::dry_run {
namespace {

constexpr uint64_t kL1Base = 0x20000;
constexpr uint64_t kL1Bank = 1 << 20;
constexpr uint64_t kSmallBase = kL1Base + kL1Bank;
constexpr uint64_t kSmallBank = 16'384;
constexpr uint64_t kTraceBank = 90'112;

// A process with one chip and one allocator that has every region.
RunLedger with_regions(bool mock = false) {
    RunLedger ledger;
    ledger.snapshot.devices.push_back({});
    ledger.snapshot.devices.back().mock = mock;
    ledger::Allocator allocator;
    allocator.devices = {0};
    allocator.geometry[ledger::kAccountL1] = {kL1Bank, kL1Base, 64, 16};
    allocator.geometry[ledger::kAccountL1Small] = {kSmallBank, kSmallBase, 64, 16};
    allocator.geometry[ledger::kAccountTrace] = {kTraceBank, 0x4000'0000, 12, 32};
    ledger.snapshot.allocators.push_back(std::move(allocator));
    return ledger;
}

ledger::Allocator& allocator_of(RunLedger& ledger) {
    return ledger.snapshot.allocators.front();
}

ledger::Failure refused(uint8_t account, uint32_t banks, uint64_t per_bank, uint64_t largest_free) {
    ledger::Failure failure;
    failure.type = ledger::kFailureOutOfMemory;
    failure.allocator = 0;
    failure.account = account;
    failure.banks = banks;
    failure.bytes_per_bank = per_bank;
    failure.largest_free_per_bank = largest_free;
    return failure;
}

DevicePeaks only(const RunLedger& ledger) {
    const std::vector<DevicePeaks> peaks = peaks_of({ledger});
    EXPECT_EQ(peaks.size(), 1u);
    return peaks.at(0);
}

TEST(Peaks, WhatTheLedgerDoesNotKnowIsAbsent) {
    RunLedger ledger = with_regions();
    allocator_of(ledger).geometry = {};
    const DevicePeaks peaks = only(ledger);
    EXPECT_FALSE(peaks.l1_small_size || peaks.trace_region_size || peaks.most_worker_l1_size || peaks.config_bytes ||
                 peaks.ring_bytes || peaks.circular_buffers_end || peaks.l1_end || peaks.least_headroom);
}

TEST(Peaks, L1SmallIsNeededFromItsEndToTheLowestBuffer) {
    RunLedger ledger = with_regions();
    allocator_of(ledger).totals[ledger::kAccountL1Small].peak_bytes = 64 * 4096;
    allocator_of(ledger).watermarks[ledger::kAccountL1Small].lowest_address = kSmallBase + kSmallBank - 6144;
    EXPECT_EQ(only(ledger).l1_small_size, (SizeNeeded{6144, false})) << "a hole of 2048 bytes was left";

    ledger.snapshot.failures = {refused(ledger::kAccountL1Small, 64, 12'288, 10'240)};
    EXPECT_EQ(only(ledger).l1_small_size, (SizeNeeded{kSmallBank + 2048, true}));

    ledger.snapshot.failures.clear();
    allocator_of(ledger).hybrid = true;  // its buffers lie at other addresses on each core
    EXPECT_EQ(only(ledger).l1_small_size, (SizeNeeded{4096, true}));
}

TEST(Peaks, TheTraceRegionIsOfAllBanks) {
    RunLedger ledger = with_regions();
    allocator_of(ledger).totals[ledger::kAccountTrace].peak_bytes = 12 * 8192;
    EXPECT_EQ(only(ledger).trace_region_size, (SizeNeeded{12 * 8192, false}));
    allocator_of(ledger).totals[ledger::kAccountTrace].frees = 1;
    EXPECT_EQ(only(ledger).trace_region_size, (SizeNeeded{12 * 8192, true}));

    ledger::Failure trace;
    trace.type = ledger::kFailureTraceRegion;
    trace.allocator = 0;
    trace.end_address = 2'000'000;
    ledger.snapshot.failures = {trace};
    EXPECT_EQ(only(ledger).trace_region_size, (SizeNeeded{2'000'000, true}));
    EXPECT_EQ(only(with_regions(true)).trace_region_size, (SizeNeeded{0, true})) << "a mock captures none";
}

TEST(Peaks, TheRingGrowsAtTheCostOfL1) {
    RunLedger ledger = with_regions();
    ledger::Watermarks& kernels = allocator_of(ledger).watermarks[ledger::kAccountKernelApplication];
    kernels.highest_end = 20'000;
    kernels.least_largest_free = 50'656;
    DevicePeaks peaks = only(ledger);
    EXPECT_EQ(peaks.config_bytes, 20'000u);
    EXPECT_EQ(peaks.ring_bytes, 70'656u);
    EXPECT_EQ(peaks.most_worker_l1_size, kL1Bank + kSmallBank + 50'656);

    ledger::Failure program;
    program.type = ledger::kFailureConfigRing;
    program.allocator = 0;
    program.region_kind = ledger::kProgramRegionWorkerRing;
    program.end_address = 80'001;
    program.limit_bytes = 70'656;
    ledger.snapshot.failures = {program};
    peaks = only(ledger);
    EXPECT_EQ(peaks.config_bytes, 80'001u);
    EXPECT_EQ(peaks.most_worker_l1_size, kL1Bank + kSmallBank - 9376) << "9345 bytes more, rounded to 32";
    ledger.snapshot.failures[0].region_kind = ledger::kProgramRegionEthernetRing;
    EXPECT_EQ(only(ledger).config_bytes, 20'000u) << "worker_l1_size has no part in the ring of other cores";
}

TEST(Peaks, CircularBuffersAreTheHighestOfAllProcesses) {
    RunLedger one = with_regions();
    RunLedger other = with_regions();
    allocator_of(one).watermarks[ledger::kAccountCircularBuffer].highest_end = 300'000;
    allocator_of(other).watermarks[ledger::kAccountCircularBuffer].highest_end = 200'000;
    const std::vector<DevicePeaks> peaks = peaks_of({one, other});
    ASSERT_EQ(peaks.size(), 1u);
    EXPECT_EQ(peaks[0].circular_buffers_end, 300'000u);
    EXPECT_EQ(peaks[0].l1_end, kL1Base + kL1Bank);
}

}  // namespace
}  // namespace ttmem::dry_run
