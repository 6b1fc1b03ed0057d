// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/socket_source.hpp"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/process_stat.hpp"

namespace ttmem::inventory {
namespace {

SocketHolding holding(int32_t device, uint64_t dram) {
    SocketHolding of;
    of.device = device;
    of.bytes[api::MemoryKind::kDram] = dram;
    of.buffers[api::MemoryKind::kDram] = 1;
    of.circular_buffer_bytes = 5;
    of.kernel_fabric_bytes = 7;
    return of;
}

// A living process with a ledger, and a dead one, each with a buffer on device 0.
api::Model two_ledgers(int living) {
    api::Model model;
    model.buffers_listed = true;
    model.devices.resize(1);
    model.devices[0].id = 0;
    model.processes.resize(2);
    model.processes[0].pid = living;
    model.processes[0].pid_visible = true;
    model.processes[1].pid = 77;
    model.processes[1].state = api::ProcessState::kDied;
    model.buffers.resize(2);
    model.buffers[0].process = 0;
    model.buffers[1].process = 1;
    model.events.resize(1);
    model.events[0].process = 1;
    return model;
}

TEST(SocketSource, StandsBehindTheLivingAndBeforeTheDead) {
    api::Model model = two_ledgers(1);
    SocketProcess self{getpid(), geteuid(), process_start_ticks(0), {holding(0, 100)}, {{0, 0x40, 100}}};
    SocketSource().add_to(model, {self}, {holding(0, 100)}, 0);
    ASSERT_EQ(model.devices.size(), 2u) << "a logical id does not say which chip it is";
    EXPECT_EQ(model.devices[1].id, 0);
    EXPECT_EQ(model.devices[1].live_processes, 1u);
    EXPECT_EQ(model.devices[1].memory[api::MemoryKind::kDram].allocated_bytes, 100u);
    EXPECT_FALSE(model.devices[1].memory[api::MemoryKind::kDram].capacity_bytes) << "unknown, not 0";
    EXPECT_EQ(model.devices[1].circular_buffers.programs_sum_bytes, 5u);
    EXPECT_EQ(model.devices[1].kernels.loaded_bytes, 7u);
    ASSERT_EQ(model.processes.size(), 3u);
    const api::Process& added = model.processes[1];
    EXPECT_EQ(added.source, api::Source::kSocket);
    EXPECT_EQ(added.pid, getpid());
    EXPECT_FALSE(added.command.empty());
    ASSERT_TRUE(added.start_time_ns);
    const uint64_t now = clock_ns(CLOCK_REALTIME);
    EXPECT_LE(*added.start_time_ns, now + 1'000'000'000);
    EXPECT_GT(*added.start_time_ns, now - uint64_t{3600} * 1'000'000'000);
    ASSERT_EQ(added.devices.size(), 1u);
    EXPECT_EQ(added.devices[0].device, 1u);
    EXPECT_EQ(model.processes[2].state, api::ProcessState::kDied);
    ASSERT_EQ(model.buffers.size(), 3u);
    EXPECT_EQ(model.buffers[1].process, 1u);
    EXPECT_EQ(model.buffers[1].devices, std::vector<api::DeviceIndex>{1});
    EXPECT_EQ(model.buffers[2].process, 2u) << "places that moved are followed";
    EXPECT_EQ(model.events[0].process, 2u);
}

TEST(SocketSource, ProcessWithALedgerCountsOnce) {
    api::Model model = two_ledgers(getpid());
    EXPECT_TRUE(counts_from_ledger(model, getpid()));
    EXPECT_FALSE(counts_from_ledger(model, 77)) << "it is dead";
    EXPECT_FALSE(counts_from_ledger(model, 0));
    SocketSource().add_to(model, {{getpid(), 0, 0, {holding(3, 1)}, {}}}, {}, 0);
    EXPECT_EQ(model.processes.size(), 2u);
    EXPECT_EQ(model.devices.size(), 1u);
    model.processes[0].pid_visible = false;
    EXPECT_FALSE(counts_from_ledger(model, getpid())) << "another namespace's pid of the same number";
}

TEST(SocketSource, NamesAreReadAgainWhenTheyAreOld) {
    char before[16];
    prctl(PR_GET_NAME, before);
    SocketSource source;
    const SocketProcess self{getpid(), geteuid(), 1, {holding(0, 100)}, {}};
    const auto names_at = [&](uint64_t now_ns) {
        api::Model model;
        source.add_to(model, {self, self}, {}, now_ns);  // two connections of one process
        EXPECT_EQ(model.processes.at(0).name, model.processes.at(1).name);
        return model.processes.at(1).name;
    };
    prctl(PR_SET_NAME, "first");
    EXPECT_EQ(names_at(5), "first");
    prctl(PR_SET_NAME, "second");
    EXPECT_EQ(names_at(4 + SocketSource::kFreshNs), "first");
    EXPECT_EQ(names_at(5 + SocketSource::kFreshNs), "second");
    prctl(PR_SET_NAME, before);
}

TEST(SocketSource, UnseenProcessHasNoPid) {
    api::Model model;
    SocketSource().add_to(model, {{0, 0, 0, {holding(3, 1)}, {}}}, {holding(3, 1)}, 0);
    ASSERT_EQ(model.processes.size(), 1u);
    EXPECT_FALSE(model.processes[0].pid);
    EXPECT_FALSE(model.processes[0].start_time_ns);
}

}  // namespace
}  // namespace ttmem::inventory
