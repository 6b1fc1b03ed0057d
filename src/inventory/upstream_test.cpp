// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Upstream's regions: parsed, judged, merged. The regions are written here from the layout's description; the test on
// the real wheel is tests/e2e/test_upstream.py.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "inventory/inventory.hpp"
#include "inventory/test_support.hpp"
#include "inventory/upstream_region.hpp"
#include "inventory/upstream_source.hpp"

namespace ttmem::inventory {
namespace {

using api::MemoryKind;
using testing::Child;
using ::testing::HasSubstr;
using testing::LedgerBase;
using testing::patch;
using testing::TestWriter;
using testing::write_file;

struct Entry {
    int32_t pid = 0;
    uint64_t dram = 0;
    uint64_t l1 = 0;
};

std::string region(uint32_t version, uint64_t id, const std::vector<Entry>& entries, int32_t device_id = 0) {
    const bool first = version == 1;
    const size_t figures = first ? 6 : 5;
    const size_t processes = first ? 992 : 856;
    const size_t stride = first ? 128 : 120;
    std::string bytes(first ? 9216 : 8576, '\0');
    patch(bytes, 0, version);
    patch(bytes, 32, id);
    patch(bytes, 40, device_id);
    for (size_t i = 0; i < entries.size(); ++i) {
        const size_t at = processes + i * stride;
        patch(bytes, at, entries[i].pid);
        patch(bytes, at + 8, entries[i].dram);
        patch(bytes, at + 16, entries[i].l1);
        patch(bytes, at + 8 + figures * 8, uint64_t{1'700'000'000'000'000'000});
        std::memcpy(bytes.data() + at + 16 + figures * 8, "python3", 7);
    }
    if (version == 4) {
        patch(bytes, 8536, uint32_t{0x52454459});
    }
    return bytes;
}

std::variant<UpstreamRegion, RegionProblem> parse(const std::string& bytes) {
    return parse_upstream_region(std::as_bytes(std::span(bytes)));
}

TEST(UpstreamRegion, AllVersionsAreRead) {
    for (const uint32_t version : {1u, 2u, 3u, 4u}) {
        const auto parsed = parse(region(version, 77, {{10, 1000, 20}, {11, 0, 5}}, 3));
        const auto* counters = std::get_if<UpstreamRegion>(&parsed);
        ASSERT_NE(counters, nullptr) << version;
        EXPECT_EQ(counters->asic_id, 77u);
        EXPECT_EQ(counters->device_id, 3);
        ASSERT_EQ(counters->processes.size(), 2u) << version;
        EXPECT_EQ(counters->processes[0].pid, 10);
        EXPECT_EQ(counters->processes[0].use.requested_bytes[MemoryKind::kDram], 1000u);
        EXPECT_EQ(counters->processes[1].use.requested_bytes[MemoryKind::kL1], 5u);
        EXPECT_EQ(counters->processes[0].name, "python3");
        EXPECT_EQ(counters->processes[0].last_update_ns, 1'700'000'000'000'000'000u);
    }
}

TEST(UpstreamRegion, WhatIsNoneIsSaidSo) {
    EXPECT_EQ(std::get<RegionProblem>(parse("")), RegionProblem::kStarting);
    EXPECT_EQ(std::get<RegionProblem>(parse(std::string(8576, '\0'))), RegionProblem::kStarting);
    EXPECT_EQ(std::get<RegionProblem>(parse(region(5, 0, {}))), RegionProblem::kForeignVersion);
    EXPECT_EQ(std::get<RegionProblem>(parse(region(3, 0, {}).substr(0, 8535))), RegionProblem::kCut);
    EXPECT_EQ(std::get<RegionProblem>(parse(region(4, 0, {}).substr(0, 8539))), RegionProblem::kCut);
    EXPECT_EQ(std::get<RegionProblem>(parse(region(1, 0, {}).substr(0, 9183))), RegionProblem::kCut);
    std::string starting = region(4, 0, {});
    patch(starting, 8536, uint32_t{1});
    EXPECT_EQ(std::get<RegionProblem>(parse(starting)), RegionProblem::kStarting);
}

TEST(UpstreamRegion, SenselessEntriesAreLeftOut) {
    const auto parsed = parse(region(3, 0, {{-4, 1, 1}, {10, UINT64_MAX, 0}, {11, 7, 0}}));
    EXPECT_EQ(std::get<UpstreamRegion>(parsed).senseless, 2u);
    ASSERT_EQ(std::get<UpstreamRegion>(parsed).processes.size(), 1u);
    EXPECT_EQ(std::get<UpstreamRegion>(parsed).processes[0].pid, 11);
}

TEST(UpstreamRegion, NamesAreReadStrictly) {
    EXPECT_EQ(parse_region_name("tt_device_0_memory"), 0u);
    EXPECT_EQ(parse_region_name("tt_device_18446744073709551615_memory"), UINT64_MAX);
    for (const char* other : {"tt_device__memory", "tt_device_1_memoryx", "tt_device_-1_memory", "tt_device_0x1_memory",
                              "tt_device_18446744073709551616_memory", "tt_device_memory", "a_tt_device_1_memory"}) {
        EXPECT_FALSE(parse_region_name(other)) << other;
    }
}

// A process that has the region mapped, as upstream's code has.
void map(const std::string& path) {
    const int fd = open(path.c_str(), O_RDWR);
    if (mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED) {
        _exit(98);
    }
    close(fd);
}

std::shared_ptr<const api::Model> look(const LedgerBase& base, const Request& request = {}) {
    return Inventory({base.path(), TelemetryUse::kOff}).refresh(request);
}

const api::Process* find(const api::Model& model, int pid) {
    for (const api::Process& process : model.processes) {
        if (process.pid == pid) {
            return &process;
        }
    }
    return nullptr;
}

constexpr uint64_t kChip = 0x0100'0185'1170'c06c;

std::string path_of(const LedgerBase& base, uint64_t id) {
    return base.path() + "/tt_device_" + std::to_string(id) + "_memory";
}

void put(const LedgerBase& base, uint64_t id, const std::string& bytes) {
    write_file(path_of(base, id), bytes, 0600);
}

TEST(Upstream, AProcessThatIsNotHookedIsShownWithItsSource) {
    const LedgerBase base;
    put(base, kChip, region(3, kChip, {}, 2));
    const Child child([&] { map(path_of(base, kChip)); });
    put(base, kChip, region(3, kChip, {{child.pid(), 5000, 70}, {1, 900, 0}}, 2));
    const auto model = look(base);
    ASSERT_EQ(model->devices.size(), 1u);
    const api::Device& device = model->devices[0];
    EXPECT_EQ(device.unique_id, kChip);
    EXPECT_EQ(device.id, 2);
    EXPECT_FALSE(device.mock);
    EXPECT_EQ(device.sources, std::vector{api::Source::kUpstreamShm});
    EXPECT_EQ(device.memory[MemoryKind::kDram].allocated_bytes, 5000u) << "pid 1 maps no region: it is not counted";
    EXPECT_EQ(device.memory[MemoryKind::kDram].upstream_bytes, 5000u);
    EXPECT_FALSE(device.memory[MemoryKind::kDram].peak_bytes);
    EXPECT_FALSE(device.memory[MemoryKind::kDram].buffers);
    const api::Process* live = find(*model, child.pid());
    ASSERT_NE(live, nullptr);
    EXPECT_EQ(live->source, api::Source::kUpstreamShm);
    EXPECT_EQ(live->state, api::ProcessState::kLive);
    EXPECT_TRUE(live->pid_visible);
    EXPECT_TRUE(live->start_time_ns);
    EXPECT_FALSE(live->command.empty());
    ASSERT_EQ(live->devices.size(), 1u);
    EXPECT_EQ(live->devices[0].bytes[MemoryKind::kL1], 70u);
    EXPECT_FALSE(live->devices[0].circular_buffer_bytes) << "0 there says nothing";
    const api::Process* ghost = find(*model, 1);
    ASSERT_NE(ghost, nullptr);
    EXPECT_EQ(ghost->state, api::ProcessState::kDied);
    EXPECT_THAT(ghost->reason, HasSubstr("ghost"));
    EXPECT_EQ(ghost->devices.at(0).bytes[MemoryKind::kDram], 900u);
}

TEST(Upstream, AKilledProcessBecomesAGhostThatDoesNotCount) {
    const LedgerBase base;
    put(base, kChip, region(3, kChip, {}));
    Child child([&] { map(path_of(base, kChip)); });
    const int pid = child.pid();
    put(base, kChip, region(3, kChip, {{pid, 5000, 0}}));
    Inventory inventory({base.path(), TelemetryUse::kOff});
    EXPECT_EQ(inventory.refresh()->devices.at(0).memory[MemoryKind::kDram].allocated_bytes, 5000u);
    child.stop();
    EXPECT_EQ(find(*inventory.refresh(), pid)->state, api::ProcessState::kStopped);
    child.kill_and_wait();
    const auto model = inventory.refresh();
    EXPECT_EQ(find(*model, pid)->state, api::ProcessState::kDied);
    EXPECT_EQ(find(*model, pid)->devices.at(0).bytes[MemoryKind::kDram], 5000u) << "what it had stays to be seen";
    EXPECT_NE(model->devices.at(0).memory[MemoryKind::kDram].allocated_bytes, 5000u);
}

TEST(Upstream, AProcessWithALedgerCountsOnceAndFromItsLedger) {
    const LedgerBase base;
    put(base, 0, region(3, 0, {}));
    const Child tracked([&] {
        static TestWriter writer(3);
        map(path_of(base, 0));
    });
    const Child untracked([&] { map(path_of(base, 0)); });
    put(base, 0, region(3, 0, {{tracked.pid(), 111, 0}, {untracked.pid(), 4444, 0}}));
    const auto model = look(base);
    EXPECT_EQ(model->processes.size(), 2u);
    EXPECT_EQ(find(*model, tracked.pid())->source, api::Source::kLedger);
    EXPECT_EQ(find(*model, untracked.pid())->source, api::Source::kUpstreamShm);
    ASSERT_EQ(model->devices.size(), 1u) << "the mock that the ledger tells of is the region's";
    const api::MemoryUse& dram = model->devices[0].memory[MemoryKind::kDram];
    const uint64_t in_ledger = 3 * testing::kPerBank * testing::kBanks;
    EXPECT_EQ(dram.allocated_bytes, in_ledger + 4444);
    EXPECT_EQ(dram.upstream_bytes, 4444u);
    EXPECT_EQ(model->devices[0].live_processes, 2u);
    EXPECT_EQ(model->devices[0].sources, (std::vector{api::Source::kLedger, api::Source::kUpstreamShm}));

    Request request;
    request.counted_elsewhere = {untracked.pid()};
    const auto with_socket = look(base, request);
    EXPECT_EQ(with_socket->processes.size(), 1u) << "the socket tells of the other one";
    EXPECT_EQ(with_socket->devices[0].memory[MemoryKind::kDram].allocated_bytes, in_ledger);
}

TEST(Upstream, TheLivingStandBeforeTheDead) {
    const LedgerBase base;
    put(base, 0, region(3, 0, {}));
    Child dead([] { static TestWriter writer(1); });
    dead.kill_and_wait();
    const Child untracked([&] { map(path_of(base, 0)); });
    put(base, 0, region(3, 0, {{untracked.pid(), 4444, 0}, {1, 1, 0}}));
    const auto model = look(base);
    ASSERT_EQ(model->processes.size(), 3u);
    EXPECT_EQ(model->processes[0].pid, untracked.pid());
    EXPECT_EQ(model->processes[1].source, api::Source::kLedger);
    EXPECT_EQ(model->processes[2].source, api::Source::kUpstreamShm);
}

TEST(Upstream, HostileRegionsHarmNothing) {
    const LedgerBase base;
    put(base, 1, region(3, 99, {{getpid(), 5, 0}}));                // of another chip than its name says
    write_file(path_of(base, 2), region(3, 2, {{1, 5, 0}}), 0666);  // any user may have written it
    put(base, 3, region(9, 3, {}));
    put(base, 4, "short");
    symlink("/etc/passwd", path_of(base, 5).c_str());
    mkfifo(path_of(base, 6).c_str(), 0600);
    mkdir(path_of(base, 7).c_str(), 0700);
    put(base, 8, std::string(1 << 20, '\xff'));
    std::vector<Entry> liars;
    for (int i = 0; i < 64; ++i) {
        liars.push_back({i + 1, UINT64_MAX, UINT64_MAX});
    }
    put(base, 9, region(3, 9, liars));
    const auto model = look(base);
    EXPECT_TRUE(model->devices.empty());
    EXPECT_TRUE(model->processes.empty());
    std::string said;
    for (const std::string& notice : model->notices) {
        said += notice + "\n";
    }
    for (const char* wanted :
         {"chip 99", "others may write", "version", "symbolic link", "no regular file", "no sense"}) {
        EXPECT_THAT(said, HasSubstr(wanted));
    }
}

TEST(Upstream, ManyRegionsOfOneUserAreBounded) {
    const LedgerBase base;
    for (uint64_t id = 0; id < UpstreamSource::kMostRegionsOfUser + 10; ++id) {
        put(base, id, region(3, id, {{1, 5, 0}}));
    }
    const auto model = look(base);
    EXPECT_EQ(model->processes.size(), 1u) << "one ghost";
    EXPECT_EQ(model->processes[0].devices.size(), UpstreamSource::kMostRegionsOfUser);
    ASSERT_EQ(model->notices.size(), 1u);
}

}  // namespace
}  // namespace ttmem::inventory
