// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/read/reader.hpp"

#include <gtest/gtest.h>

#include "ledger/read/test_ledger.hpp"

namespace ttmem::ledger {
namespace {

Snapshot read_good(const TestLedger& file, ReadOptions options = {}) {
    auto answer = Reader::from_source(file.source()).read(options);
    if (const auto* error = std::get_if<ReadError>(&answer)) {
        ADD_FAILURE() << error->message;
        return {};
    }
    return std::get<Snapshot>(std::move(answer));
}

ReadOptions with_buffers() {
    ReadOptions options;
    options.buffers = true;
    return options;
}

constexpr uint32_t kFull = 0xffffffff;

TEST(Reader, ReadsIdentityDevicesAndAllocators) {
    TestLedger file;
    file.put<uint32_t>(file.devices + 4, 1 | 2);
    file.put<uint64_t>(file.devices + 8, 0xabcdef);
    file.put<uint32_t>(file.devices + 48, 72);
    file.put<uint32_t>(file.devices + 52, 8);
    file.put_text(file.devices + 56, "n150");
    file.put_text(file.devices + 88, "0000:01:00.0");
    file.put<uint64_t>(576 + 8 * 2, 5);
    const Snapshot snapshot = read_good(file);
    EXPECT_EQ(snapshot.identity.pid, 1234u);
    EXPECT_EQ(snapshot.identity.uid, 1000u);
    EXPECT_EQ(snapshot.identity.nonce, 0x1122334455667788u);
    EXPECT_EQ(snapshot.identity.boot_id[15], 15);
    EXPECT_EQ(snapshot.identity.command, "python3");
    EXPECT_EQ(snapshot.identity.library, "libtt_metal 0.81.1");
    EXPECT_FALSE(snapshot.exited);
    EXPECT_TRUE(snapshot.one_moment);
    EXPECT_TRUE(snapshot.times_known);
    ASSERT_EQ(snapshot.devices.size(), 2u);
    EXPECT_TRUE(snapshot.devices[0].mock);
    EXPECT_EQ(snapshot.devices[0].unique_id, 0xabcdefu);
    EXPECT_EQ(snapshot.devices[0].board, "n150");
    EXPECT_EQ(snapshot.devices[0].pci, "0000:01:00.0");
    EXPECT_FALSE(snapshot.devices[1].mock);
    EXPECT_EQ(snapshot.devices[1].unique_id, std::nullopt);
    EXPECT_EQ(snapshot.devices[0].l1_columns, 8u);
    EXPECT_EQ(snapshot.devices[1].l1_cores, std::nullopt);
    EXPECT_EQ(snapshot.devices[1].l1_columns, std::nullopt) << "as before 1.1";
    ASSERT_EQ(snapshot.allocators.size(), 2u);
    EXPECT_EQ(snapshot.allocators[0].devices, (std::vector<uint32_t>{0, 1}));
    EXPECT_EQ(snapshot.allocators[1].devices, (std::vector<uint32_t>{1}));
    EXPECT_TRUE(snapshot.allocators[1].open);
    EXPECT_EQ(snapshot.allocators[1].opened_ns, TestLedger::ns(TestLedger::kTicks + 1000));
    EXPECT_EQ(snapshot.allocators[1].parent, std::nullopt);
    EXPECT_EQ(snapshot.lost[kLostUnknownFree], 5u);
}

TEST(Reader, ListsLiveBuffersAndSumsTheShards) {
    TestLedger file;
    file.allocate(0, {.slot = 3, .id = 10, .bytes_per_bank = 2048, .banks = 12, .requested = 20000});
    file.allocate(1, {.slot = 4, .id = 11, .bytes_per_bank = 4096, .banks = 12, .requested = 40000});
    file.allocate(
        1, {.slot = 5, .id = 12, .bytes_per_bank = 64, .banks = 8, .requested = 500, .allocator = 1, .account = 1});
    file.free(1, {.slot = 3, .id = 10, .bytes_per_bank = 2048, .banks = 12, .requested = 20000});
    const Snapshot snapshot = read_good(file, with_buffers());
    ASSERT_EQ(snapshot.buffers.size(), 2u);
    EXPECT_EQ(snapshot.buffers[0].slot, 4u);
    EXPECT_EQ(snapshot.buffers[0].id, 11u);
    EXPECT_EQ(snapshot.buffers[0].allocated_bytes(), 49152u);
    EXPECT_EQ(snapshot.buffers[0].device, std::nullopt);
    EXPECT_EQ(snapshot.buffers[0].allocated_at_ns, TestLedger::ns(TestLedger::kTicks + 2001));
    EXPECT_EQ(snapshot.buffers[1].allocator, 1u);
    const AccountTotals& dram = snapshot.allocators[0].totals[kAccountDram];
    EXPECT_EQ(dram.buffers, 1u);
    EXPECT_EQ(dram.bytes, 49152u);
    EXPECT_EQ(dram.requested_bytes, 40000u);
    EXPECT_EQ(dram.peak_bytes, 24576u + 49152u);
    EXPECT_EQ(dram.allocations, 2u);
    EXPECT_EQ(dram.frees, 1u);
    EXPECT_EQ(dram.freed_bytes, 24576u);
    EXPECT_EQ(snapshot.allocators[1].totals[kAccountL1].bytes, 512u);
    EXPECT_EQ(snapshot.unlisted_buffers, 0u);
    EXPECT_EQ(snapshot.events, 4u);
    EXPECT_TRUE(snapshot.one_moment);

    const Snapshot totals_only = read_good(file);
    EXPECT_TRUE(totals_only.buffers.empty());
    EXPECT_EQ(totals_only.allocators[0].totals[kAccountDram].bytes, 49152u);
    EXPECT_EQ(totals_only.allocators[0].totals[kAccountDram].requested_bytes, 40000u);
}

TEST(Reader, CountsBuffersThatTheFullTableCannotList) {
    TestLedger file;
    file.allocate(0, {.slot = 0, .id = 1, .bytes_per_bank = 100, .requested = 90});
    file.put<uint64_t>(576 + 8, 2);
    file.allocate(0, {.slot = kFull, .id = 2, .bytes_per_bank = 200, .requested = 190});
    file.allocate(1, {.slot = kFull, .id = 3, .bytes_per_bank = 300, .requested = 290});
    file.free(1, {.slot = kFull, .id = 2, .bytes_per_bank = 200, .requested = 190});
    for (const bool list : {true, false}) {
        ReadOptions options;
        options.buffers = list;
        const Snapshot snapshot = read_good(file, options);
        EXPECT_EQ(snapshot.unlisted_buffers, 1u);
        EXPECT_EQ(snapshot.allocators[0].totals[kAccountDram].buffers, 2u);
        EXPECT_EQ(snapshot.allocators[0].totals[kAccountDram].bytes, 400u);
        EXPECT_EQ(snapshot.buffers.size(), list ? 1u : 0u);
    }
}

// A process killed or stopped at any store of an event: list and totals are those before or those after, and agree.
class InFlight : public testing::TestWithParam<std::tuple<bool, bool, bool, bool>> {};

TEST_P(InFlight, IsRolledToBeforeOrAfter) {
    const auto [comes, listed, halted, list] = GetParam();
    const TestLedger::NewBuffer other{.slot = 7, .id = 70, .bytes_per_bank = 1000, .banks = 3, .requested = 2500};
    const TestLedger::NewBuffer buffer{
        .slot = listed ? 9 : kFull, .id = 90, .bytes_per_bank = 512, .banks = 8, .requested = 4001};
    TestLedger start;
    start.put<uint64_t>(576 + 8, listed ? 0 : 1);
    start.allocate(0, other);
    if (!comes) {
        start.allocate(1, buffer);
    }
    const size_t steps = (comes ? start.allocate_steps(0, buffer) : start.free_steps(0, buffer)).size();
    ReadOptions options;
    options.buffers = list;
    options.writer_halted = halted;
    bool was_before = false;
    bool was_after = false;
    for (size_t stored = 0; stored <= steps; ++stored) {
        TestLedger file = start;
        std::vector<TestLedger::Step> all = comes ? file.allocate_steps(0, buffer) : file.free_steps(0, buffer);
        all.resize(stored);
        TestLedger::run(all);
        const Snapshot snapshot = read_good(file, options);
        EXPECT_TRUE(snapshot.one_moment);
        const AccountTotals& totals = snapshot.allocators[0].totals[kAccountDram];
        const bool lives = totals.buffers == 2;
        ASSERT_TRUE(lives || totals.buffers == 1) << "after store " << stored;
        EXPECT_EQ(totals.bytes, 3000u + (lives ? 4096u : 0u)) << "after store " << stored;
        EXPECT_EQ(totals.requested_bytes, 2500u + (lives ? 4001u : 0u)) << "after store " << stored;
        EXPECT_GE(totals.peak_bytes, totals.bytes);
        EXPECT_EQ(totals.allocations - totals.frees, totals.buffers);
        EXPECT_EQ(totals.allocated_bytes - totals.freed_bytes, totals.bytes);
        EXPECT_EQ(snapshot.unlisted_buffers, lives && !listed ? 1u : 0u);
        if (list) {
            EXPECT_EQ(snapshot.buffers.size(), lives && listed ? 2u : 1u) << "after store " << stored;
        }
        // Never back again: what was after the commit point stays so.
        const bool after = lives == comes;
        EXPECT_TRUE(after || !was_after) << "after store " << stored;
        was_before = was_before || !after;
        was_after = was_after || after;
    }
    EXPECT_TRUE(was_before && was_after);
}

INSTANTIATE_TEST_SUITE_P(EveryStore, InFlight,
                         testing::Combine(testing::Bool(), testing::Bool(), testing::Bool(), testing::Bool()),
                         [](const auto& one) {
                             return std::string(std::get<0>(one.param) ? "Allocate" : "Free") +
                                    (std::get<1>(one.param) ? "Listed" : "Unlisted") +
                                    (std::get<2>(one.param) ? "Halted" : "Live") +
                                    (std::get<3>(one.param) ? "WithList" : "TotalsOnly");
                         });

}  // namespace
}  // namespace ttmem::ledger
