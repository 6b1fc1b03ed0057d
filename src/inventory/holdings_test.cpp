// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/holdings.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <set>

#include "analysis/intervals.hpp"
#include "inventory/device_merge.hpp"

namespace ttmem::inventory {
namespace {

using api::MemoryKind;

TEST(Intervals, UnionCountsEachAddressOnce) {
    EXPECT_EQ(union_bytes({}), 0u);
    EXPECT_EQ(union_bytes({{0, 10, 2}}), 20u);
    EXPECT_EQ(union_bytes({{0, 10, 2}, {10, 20, 2}}), 40u) << "side by side";
    EXPECT_EQ(union_bytes({{0, 10, 2}, {5, 15, 2}}), 30u);
    EXPECT_EQ(union_bytes({{0, 10, 2}, {0, 10, 2}}), 20u);
    EXPECT_EQ(union_bytes({{0, 10, 2}, {3, 5, 2}}), 20u);
    EXPECT_EQ(union_bytes({{0, 10, 2}, {5, 15, 3}}), 5u * 2 + 10 * 3) << "the most banks count where ranges meet";
    EXPECT_EQ(union_bytes({{5, 5, 9}, {7, 3, 9}}), 0u) << "empty and turned around";
}

TEST(Intervals, PackedOnesComeBackAsTheyWere) {
    constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
    std::mt19937_64 random(11);
    std::vector<std::vector<Interval>> lists = {
        {}, {{0, 1, 1}}, {{0, kMost, 0}}, {{kMost - 1, kMost, std::numeric_limits<uint32_t>::max()}}};
    for (int round = 0; round < 100; ++round) {
        const uint64_t unit = uint64_t{1} << random() % 12;
        std::vector<Interval>& list = lists.emplace_back();
        uint64_t end = 0;
        for (uint64_t i = random() % 40; i > 0; --i) {
            const uint64_t begin = end + random() % (uint64_t{1} << random() % 40) * unit;
            end = begin + (1 + random() % 1000) * unit;
            list.push_back({begin, end, static_cast<uint32_t>(random() % 200)});
        }
    }
    for (const std::vector<Interval>& list : lists) {
        std::vector<Interval> back = {{1, 2, 3}};
        PackedIntervals(list).append_to(back);
        ASSERT_EQ(back.size(), list.size() + 1);
        for (size_t i = 0; i < list.size(); ++i) {
            EXPECT_EQ(back[i + 1].begin, list[i].begin);
            EXPECT_EQ(back[i + 1].end, list[i].end);
            EXPECT_EQ(back[i + 1].banks, list[i].banks);
        }
    }
}

TEST(Intervals, UnionAgainstCountingOneByOne) {
    std::mt19937 random(7);
    for (int round = 0; round < 200; ++round) {
        std::vector<Interval> intervals;
        std::vector<uint32_t> cells(64);
        for (int i = 0; i < 8; ++i) {
            const uint64_t begin = random() % 60;
            const Interval interval{begin, std::min<uint64_t>(64, begin + random() % 12),
                                    static_cast<uint32_t>(random() % 3 + 1)};
            intervals.push_back(interval);
            for (uint64_t at = interval.begin; at < interval.end; ++at) {
                cells[at] = std::max(cells[at], interval.banks);
            }
        }
        uint64_t expected = 0;
        for (const uint32_t cell : cells) {
            expected += cell;
        }
        ASSERT_EQ(union_bytes(intervals), expected) << "round " << round;
    }
}

TEST(Intervals, EndOfTheAddressSpace) {
    const uint64_t most = std::numeric_limits<uint64_t>::max();
    EXPECT_EQ(make_interval(most - 1, 100, 1).end, most);
}

TEST(Intervals, ContainmentIsInOneIntervalAlone) {
    const Containment containment({{100, 200, 1}, {200, 300, 1}, {110, 120, 1}});
    EXPECT_TRUE(containment.contains({100, 200, 1}));
    EXPECT_TRUE(containment.contains({150, 160, 1}));
    EXPECT_TRUE(containment.contains({115, 130, 1})) << "in the first, though a later one begins nearer";
    EXPECT_FALSE(containment.contains({150, 250, 1})) << "across two buffers";
    EXPECT_FALSE(containment.contains({90, 110, 1}));
    EXPECT_FALSE(Containment({}).contains({0, 1, 1}));
}

ledger::Snapshot two_chips() {
    ledger::Snapshot snapshot;
    snapshot.devices.resize(2);
    snapshot.devices[1].logical_id = 1;
    ledger::Allocator mesh;
    mesh.index = 0;
    mesh.open = true;
    mesh.generation = 1;
    mesh.opened_ns = 100;
    mesh.devices = {0, 1};
    mesh.geometry[ledger::kAccountL1] = {1000, 0, 4, 16};
    snapshot.allocators.push_back(mesh);
    return snapshot;
}

ledger::Buffer l1_buffer(uint64_t id, uint64_t address, std::optional<uint32_t> device = std::nullopt) {
    ledger::Buffer buffer;
    buffer.id = id;
    buffer.address = address;
    buffer.bytes_per_bank = 100;
    buffer.banks = 4;
    buffer.requested_bytes = 390;
    buffer.account = ledger::kAccountL1;
    buffer.type = ledger::kAccountL1;
    buffer.device = device;
    return buffer;
}

TEST(Holdings, MeshBufferIsOnEachChip) {
    ledger::Snapshot snapshot = two_chips();
    snapshot.buffers = {l1_buffer(1, 0)};
    snapshot.allocators[0].totals[ledger::kAccountL1] = {1, 400, 390, 800, 2, 1, 800, 400, 0};
    const Holdings holdings = hold(snapshot, true);
    for (const DeviceHolding& device : holdings.devices) {
        const KindHolding& l1 = device.kinds[MemoryKind::kL1];
        EXPECT_EQ(l1.allocated_bytes, 400u);
        EXPECT_EQ(l1.requested_bytes, 390u);
        EXPECT_EQ(l1.peak_bytes, 800u);
        EXPECT_EQ(l1.capacity_bytes, 4000u);
        EXPECT_EQ(l1.largest_free_bytes_per_bank, 900u);
        EXPECT_EQ(device.kinds[MemoryKind::kDram].allocated_bytes, 0u);
        EXPECT_EQ(device.circular_buffer_bytes, std::nullopt) << "nobody reported any";
    }
}

TEST(Holdings, BufferOnOneChipOfAMesh) {
    ledger::Snapshot snapshot = two_chips();
    snapshot.buffers = {l1_buffer(1, 0), l1_buffer(2, 500, 1)};
    snapshot.allocators[0].totals[ledger::kAccountL1] = {2, 800, 780, 800, 2, 0, 800, 0, 0};
    const Holdings holdings = hold(snapshot, true);
    EXPECT_EQ(holdings.devices[0].kinds[MemoryKind::kL1].allocated_bytes, 400u);
    EXPECT_EQ(holdings.devices[1].kinds[MemoryKind::kL1].allocated_bytes, 800u);
    EXPECT_EQ(holdings.devices[0].kinds[MemoryKind::kL1].buffers, 1u);
}

TEST(Holdings, UnlistedBuffersLeaveTheTotalAndTakeWhatRestsOnTheList) {
    ledger::Snapshot snapshot = two_chips();
    snapshot.buffers = {l1_buffer(1, 0)};
    snapshot.unlisted_buffers = 1;
    snapshot.allocators[0].totals[ledger::kAccountL1] = {2, 800, 780, 800, 2, 0, 800, 0, 0};
    const Holdings holdings = hold(snapshot, true);
    EXPECT_EQ(holdings.devices[0].kinds[MemoryKind::kL1].allocated_bytes, 800u);
    EXPECT_EQ(holdings.devices[0].kinds[MemoryKind::kL1].largest_free_bytes_per_bank, std::nullopt);
    EXPECT_EQ(holdings.devices[0].preallocated_bytes, std::nullopt);
}

TEST(Holdings, PeakIsKnownWhereOnlyOneHeldBytesAtATime) {
    ledger::Snapshot snapshot = two_chips();
    snapshot.allocators.push_back(snapshot.allocators[0]);
    ledger::Allocator& first = snapshot.allocators[0];
    ledger::Allocator& second = snapshot.allocators[1];
    second.index = 1;
    first.totals[ledger::kAccountL1].peak_bytes = 400;
    const auto peak = [&] { return hold(snapshot, false).devices[0].kinds[MemoryKind::kL1].peak_bytes; };
    EXPECT_EQ(peak(), 400u) << "the second never held any";
    second.totals[ledger::kAccountL1].peak_bytes = 300;
    EXPECT_EQ(peak(), std::nullopt) << "both are open";
    first.open = false;
    first.closed_ns = 150;
    second.opened_ns = 150;
    EXPECT_EQ(peak(), 400u) << "one after the other";
    second.generation = 2;
    EXPECT_EQ(peak(), std::nullopt) << "the second was open before, nobody knows when";
}

TEST(Holdings, ReportsOfTheSixFunctions) {
    ledger::Snapshot snapshot = two_chips();
    snapshot.allocators[0].totals[ledger::kAccountCircularBuffer].allocations = 1;
    snapshot.allocators[0].totals[ledger::kAccountKernelFabric] = {
        .buffers = 1, .bytes = 64, .requested_bytes = 64, .peak_bytes = 64, .allocations = 1, .allocated_bytes = 64};
    const DeviceHolding device = hold(snapshot, false).devices[0];
    EXPECT_EQ(device.circular_buffer_bytes, 0u) << "reported, and gone again";
    EXPECT_EQ(device.kernel_fabric_bytes, 64u);
    EXPECT_EQ(device.kernel_dispatch_bytes, std::nullopt);
}

ledger::Device chip(std::optional<uint64_t> unique_id, const std::string& pci = "", int logical_id = 0) {
    ledger::Device device;
    device.unique_id = unique_id;
    device.pci = pci;
    device.logical_id = logical_id;
    device.arch = 2;
    device.board = "n150";
    device.dram_channels = 12;
    device.dram_channel_bytes = 1 << 30;
    return device;
}

TEST(DeviceMerge, UniqueIdDecidesFirst) {
    EXPECT_TRUE(same_device(chip(1, "0000:01:00.0", 0), chip(1, "0000:02:00.0", 5)));
    EXPECT_FALSE(same_device(chip(1, "0000:01:00.0"), chip(2, "0000:01:00.0")));
}

TEST(DeviceMerge, ThenThePciAddress) {
    EXPECT_TRUE(same_device(chip(1, "0000:01:00.0", 0), chip(std::nullopt, "0000:01:00.0", 5)));
    EXPECT_FALSE(same_device(chip(1, "0000:01:00.0"), chip(std::nullopt, "0000:02:00.0")));
    ledger::Device remote = chip(std::nullopt, "0000:01:00.0", 1);
    remote.remote = true;
    EXPECT_FALSE(same_device(chip(std::nullopt, "0000:01:00.0"), remote)) << "the second chip of a board";
}

TEST(DeviceMerge, ThenOnlyFullAgreement) {
    EXPECT_TRUE(same_device(chip(std::nullopt), chip(std::nullopt)));
    EXPECT_FALSE(same_device(chip(std::nullopt), chip(std::nullopt, "", 1)));
    ledger::Device other = chip(std::nullopt);
    other.board = "n300";
    EXPECT_FALSE(same_device(chip(std::nullopt), other));
    other = chip(std::nullopt);
    other.dram_channels = 11;
    EXPECT_FALSE(same_device(chip(std::nullopt), other));
    other = chip(std::nullopt);
    other.arch = 3;
    EXPECT_FALSE(same_device(chip(std::nullopt), other));
}

TEST(DeviceMerge, MockAndRealAreNeverOne) {
    ledger::Device mock = chip(1, "0000:01:00.0");
    mock.mock = true;
    EXPECT_FALSE(same_device(mock, chip(1, "0000:01:00.0")));
}

TEST(DeviceMerge, OrderOfProcessesDoesNotMatter) {
    const ledger::Device by_id = chip(1, "0000:01:00.0");
    const ledger::Device by_pci = chip(std::nullopt, "0000:01:00.0", 3);
    const ledger::Device other = chip(2, "0000:02:00.0", 1);
    const std::vector<const ledger::Device*> records = {&by_pci, &other, &by_id};
    const MergedDevices merged = merge_devices(records, std::vector(records.size(), Standing::kLiving));
    ASSERT_EQ(merged.devices.size(), 2u);
    EXPECT_EQ(merged.device_of[0], merged.device_of[2]);
    EXPECT_NE(merged.device_of[0], merged.device_of[1]);
    const ledger::Device& one = merged.devices[merged.device_of[0]];
    EXPECT_EQ(one.unique_id, 1u);
    EXPECT_EQ(one.logical_id, 3) << "of the first record";
}

TEST(DeviceMerge, TheDeadDoNotRearrangeTheLiving) {
    const ledger::Device living = chip(std::nullopt);
    const ledger::Device dead_a = chip(1);
    const ledger::Device dead_b = chip(2);
    const MergedDevices merged =
        merge_devices({&living, &dead_a, &dead_b}, {Standing::kLiving, Standing::kDead, Standing::kDead});
    EXPECT_EQ(merged.devices.size(), 2u);
    EXPECT_EQ(merged.device_of[0], 0u);
}

// Incident: a stranger's ledger that called root's chip by its PCI address renamed it and gave it another unique id.
TEST(DeviceMerge, AStrangerChangesNothingThatABetterOneSaid) {
    ledger::Device roots = chip(std::nullopt, "0000:01:00.0");
    roots.board = "n150";
    ledger::Device claim = chip(0xbad, "0000:01:00.0");
    claim.board = "e150";
    claim.dram_channels = 1;
    for (const bool first : {false, true}) {
        const std::vector<const ledger::Device*> records = first ? std::vector<const ledger::Device*>{&claim, &roots}
                                                                 : std::vector<const ledger::Device*>{&roots, &claim};
        const std::vector<Standing> standings = first ? std::vector{Standing::kLivingStranger, Standing::kLiving}
                                                      : std::vector{Standing::kLiving, Standing::kLivingStranger};
        const MergedDevices merged = merge_devices(records, standings);
        ASSERT_EQ(merged.devices.size(), 1u);
        EXPECT_EQ(merged.devices[0].board, "n150");
        EXPECT_FALSE(merged.devices[0].unique_id);
        EXPECT_EQ(merged.devices[0].dram_channels, roots.dram_channels);
        EXPECT_EQ(merged.contradicting, std::vector<size_t>{first ? 0u : 1u});
    }
}

}  // namespace
}  // namespace ttmem::inventory
