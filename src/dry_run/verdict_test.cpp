// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "dry_run/verdict.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <utility>

namespace ttmem::dry_run {
namespace {

constexpr uint64_t kBank = 1 << 20;
constexpr uint32_t kBanks = 12;

RunLedger with_devices(int count) {
    RunLedger ledger;
    for (int id = 0; id < count; ++id) {
        ledger.snapshot.devices.push_back({});
        ledger.snapshot.devices.back().logical_id = id;
        ledger.snapshot.devices.back().mock = true;
    }
    return ledger;
}

void add_allocator(RunLedger& ledger, std::vector<uint32_t> devices, uint64_t peak, uint64_t from, uint64_t to) {
    ledger::Allocator allocator;
    allocator.index = static_cast<uint32_t>(ledger.snapshot.allocators.size());
    allocator.devices = std::move(devices);
    allocator.geometry[ledger::kAccountDram] = {kBank, 0x1000, kBanks, 32};
    allocator.totals[ledger::kAccountDram].peak_bytes = peak;
    allocator.opened_ns = from;
    if (to != 0) {
        allocator.closed_ns = to;
    }
    ledger.snapshot.allocators.push_back(std::move(allocator));
}

ledger::Failure refused(uint64_t number, uint64_t time_ns) {
    ledger::Failure failure;
    failure.number = number;
    failure.time_ns = time_ns;
    failure.type = ledger::kFailureOutOfMemory;
    failure.allocator = 0;
    failure.account = ledger::kAccountDram;
    failure.banks = kBanks;
    failure.requested_bytes = 24 * kBank;
    failure.bytes_per_bank = 2 * kBank;
    failure.largest_free_per_bank = kBank;
    return failure;
}

Ending ended(int code) {
    Ending ending;
    ending.exit_code = code;
    return ending;
}

TEST(Verdict, ADeviceOpenedTwiceHasTheHigherPeak) {
    RunLedger ledger = with_devices(1);
    add_allocator(ledger, {0}, 500, 100, 200);
    add_allocator(ledger, {0}, 300, 200, 0);
    const Verdict verdict = judge({ledger}, ended(0));
    ASSERT_EQ(verdict.devices.size(), 1u);
    EXPECT_EQ(verdict.devices[0].dram.peak_bytes, 500u);
    EXPECT_EQ(verdict.devices[0].dram.capacity_bytes, kBank * kBanks);
    EXPECT_EQ(verdict.devices[0].l1.capacity_bytes, 0u) << "no allocator had any";
    EXPECT_EQ(verdict.fits, true);
    EXPECT_EQ(verdict.exit_code, kFits);
    EXPECT_TRUE(verdict.notes.empty());
}

TEST(Verdict, AllocatorsThatHeldBytesTogetherGiveBounds) {
    RunLedger ledger = with_devices(2);
    add_allocator(ledger, {0, 1}, 500, 100, 0);
    add_allocator(ledger, {1}, 300, 150, 400);  // a submesh of the second chip
    add_allocator(ledger, {1}, 0, 160, 400);    // another, which held nothing
    const Verdict verdict = judge({ledger}, ended(0));
    ASSERT_EQ(verdict.devices.size(), 2u);
    EXPECT_EQ(verdict.devices[0].dram.peak_bytes, 500u);
    EXPECT_FALSE(verdict.devices[1].dram.peak_bytes);
    EXPECT_EQ(verdict.devices[1].dram.at_least_bytes, 500u);
    EXPECT_EQ(verdict.devices[1].dram.at_most_bytes, 800u);
    EXPECT_EQ(verdict.notes.size(), 1u);
}

TEST(Verdict, ARefusalThatEndedTheRunDoesNotFit) {
    RunLedger ledger = with_devices(1);
    add_allocator(ledger, {0}, 500, 100, 0);
    ledger.operations = {{7, "ttnn.matmul"}};
    ledger.snapshot.failures = {refused(0, 300), refused(1, 400)};
    ledger.snapshot.failures[0].context = 7;
    const Verdict verdict = judge({ledger}, ended(1));
    EXPECT_EQ(verdict.fits, false);
    EXPECT_EQ(verdict.exit_code, kDoesNotFit);
    EXPECT_EQ(verdict.refusals, 2u);
    ASSERT_TRUE(verdict.first_refusal);
    EXPECT_EQ(verdict.first_refusal->failure.time_ns, 300u);
    EXPECT_EQ(verdict.first_refusal->operation, "ttnn.matmul");
    EXPECT_EQ(verdict.first_refusal->devices, std::vector<int32_t>{0});
    EXPECT_NE(verdict.first_refusal->sentence.find("1048576"), std::string::npos);

    Ending aborted;
    aborted.signal = SIGABRT;  // a C++ exception that nothing caught
    EXPECT_EQ(judge({ledger}, aborted).fits, false);
    EXPECT_EQ(judge({ledger}, ended(0)).fits, true) << "the program handled it and went on";
}

TEST(Verdict, TheFirstRefusalIsOfTheProcessThatMetItFirst) {
    RunLedger one = with_devices(1);
    RunLedger other = with_devices(1);
    add_allocator(one, {0}, 1, 100, 0);
    add_allocator(other, {0}, 1, 100, 0);
    one.snapshot.identity.pid = 11;
    other.snapshot.identity.pid = 22;
    one.snapshot.failures = {refused(0, 900)};
    other.snapshot.failures = {refused(3, 300)};  // three before it are no longer kept
    const Verdict verdict = judge({one, other}, ended(1));
    EXPECT_EQ(verdict.first_refusal->pid, 22u);
    EXPECT_EQ(verdict.refusals, 5u);
    EXPECT_FALSE(verdict.notes.empty());
}

TEST(Verdict, ARunThatFailedByItselfSaysNothing) {
    RunLedger ledger = with_devices(1);
    add_allocator(ledger, {0}, 500, 100, 0);
    const Verdict failed = judge({ledger}, ended(1));
    EXPECT_FALSE(failed.fits);
    EXPECT_EQ(failed.exit_code, kRunFailed);
    EXPECT_EQ(failed.devices[0].dram.peak_bytes, 500u) << "what is known is still said";

    EXPECT_EQ(judge({}, ended(0)).exit_code, kRunFailed) << "no device was opened";

    Ending late = ended(0);
    late.timed_out = true;
    EXPECT_FALSE(judge({ledger}, late).fits);
    EXPECT_EQ(judge({ledger}, late).exit_code, kRunFailed);

    Ending crashed;
    crashed.signal = SIGSEGV;
    ledger.snapshot.failures = {refused(0, 300)};
    EXPECT_FALSE(judge({ledger}, crashed).fits) << "a crash is no answer, whatever was refused before it";
}

TEST(Verdict, NothingOverflows) {
    RunLedger ledger = with_devices(1);
    add_allocator(ledger, {0}, ~uint64_t{0}, 100, 0);
    add_allocator(ledger, {0}, ~uint64_t{0}, 100, 0);
    ledger.snapshot.allocators[0].geometry[ledger::kAccountDram] = {~uint64_t{0}, 0, ~uint32_t{0}, 1};
    const Verdict verdict = judge({ledger}, ended(0));
    EXPECT_EQ(verdict.devices[0].dram.at_most_bytes, ~uint64_t{0});
}

}  // namespace
}  // namespace ttmem::dry_run
