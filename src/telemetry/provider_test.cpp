// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The provider beside devices that block, leave, return and change their numbers. A call that waited for a blocked
// device would never return here: the reads are let go only by the test itself.
#include "telemetry/provider.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <iterator>
#include <thread>

#include "telemetry/test_tree.hpp"

namespace ttmem::telemetry {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr milliseconds kLong{60'000};
constexpr milliseconds kMoment{20};

std::ptrdiff_t threads_of_this_process() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"), std::filesystem::directory_iterator());
}

// A sanitizer may have one of its own.
const std::ptrdiff_t kThreadsAtStart = threads_of_this_process();

class ProviderTest : public ::testing::Test {
protected:
    Options options() {
        Options options = tree_.options(reader_);
        options.now_ns = [now = now_ns_] { return now->load(); };
        return options;
    }
    void pass_seconds(std::uint64_t seconds) { *now_ns_ += seconds * kSecond; }
    static std::vector<std::string> keys(const Snapshot& snapshot) {
        std::vector<std::string> keys;
        for (const DeviceTelemetry& device : snapshot.devices) {
            keys.push_back(device.key);
        }
        return keys;
    }
    void set_counter(int index, const std::string& value) {
        tree_.write(tree_.node(index) + "/pcie_perf_counters/mst_rd_data_word_received0", value);
    }

    FakeTree tree_;
    std::shared_ptr<FaultyReader> reader_ = std::make_shared<FaultyReader>();
    // Shared, because a thread that the provider leaves behind may still ask the time.
    std::shared_ptr<std::atomic<std::uint64_t>> now_ns_ = std::make_shared<std::atomic<std::uint64_t>>(1000 * kSecond);
};

const char* const kN150 = "asic:0214183130325c11";
const char* const kN300 = "asic:0214183130327a02";
const char* const kP150 = "asic:7a2f4c1b00d3e591";

TEST_F(ProviderTest, ShowsAllCards) {
    Provider provider(options());
    EXPECT_TRUE(provider.snapshot().devices.empty());  // nothing before the first poll
    ASSERT_TRUE(provider.refresh(kLong));
    const Snapshot snapshot = provider.snapshot();
    EXPECT_EQ(*snapshot.driver_version.value, "2.10.0");
    EXPECT_THAT(keys(snapshot), ElementsAre(kN150, kN300, kP150));
    for (int i = 0; i < 3; ++i) {
        const DeviceTelemetry& device = snapshot.devices[static_cast<std::size_t>(i)];
        EXPECT_EQ(device.kmd_index, i);
        EXPECT_EQ(device.condition, Condition::kOk);
        EXPECT_TRUE(device.temperature_celsius.known());
        EXPECT_TRUE(device.extremes[0].max);
        EXPECT_FALSE(device.waiting_ns);
        EXPECT_FALSE(device.pids_in_opener_namespace);
    }
}

TEST_F(ProviderTest, ABlockedReadHoldsUpNobody) {
    Provider provider(options());
    ASSERT_TRUE(provider.refresh(kLong));
    reader_->block("tenstorrent!0/tt_heartbeat");
    EXPECT_FALSE(provider.refresh(kMoment));
    reader_->wait_blocked(1);
    pass_seconds(4);
    provider.poll();
    Snapshot snapshot = provider.snapshot();
    const DeviceTelemetry& held = snapshot.devices[0];
    EXPECT_EQ(held.condition, Condition::kBlocked);
    EXPECT_EQ(held.waiting_ns, 4 * kSecond);
    EXPECT_EQ(held.temperature_celsius.state, State::kStale);
    EXPECT_DOUBLE_EQ(*held.temperature_celsius.value, 33.75);
    EXPECT_EQ(held.temperature_celsius.age_ns(snapshot.taken_at_ns), 4 * kSecond);
    EXPECT_TRUE(held.fw_bundle.known());  // versions do not grow old in four seconds

    reader_->release();
    ASSERT_TRUE(provider.refresh(kLong));
    snapshot = provider.snapshot();
    EXPECT_EQ(snapshot.devices[0].condition, Condition::kOk);
    EXPECT_TRUE(snapshot.devices[0].temperature_celsius.known());
}

TEST_F(ProviderTest, TheOthersGoOnWhileOneIsBlocked) {
    Provider provider(options());
    ASSERT_TRUE(provider.refresh(kLong));
    reader_->block("tenstorrent!0/tt_heartbeat");
    EXPECT_FALSE(provider.refresh(kMoment));
    pass_seconds(10);
    tree_.write(tree_.hwmon(2) + "/temp1_input", "51000\n");
    // Device 0 never answers this one, so the wait is given up; devices 1 and 2 are asked again until they have
    // answered.
    Snapshot snapshot;
    do {
        EXPECT_FALSE(provider.refresh(kMoment));
        snapshot = provider.snapshot();
    } while (!snapshot.devices[1].temperature_celsius.known() || !snapshot.devices[2].temperature_celsius.known());
    EXPECT_DOUBLE_EQ(*snapshot.devices[2].temperature_celsius.value, 51);
    EXPECT_EQ(snapshot.devices[0].temperature_celsius.state, State::kStale);
    reader_->release();
}

TEST_F(ProviderTest, ThreadsAreSharedUntilDevicesHoldThemUp) {
    const auto threads = threads_of_this_process;
    // Threads that an earlier provider left behind are on their way out.
    for (int tries = 0; threads() > kThreadsAtStart && tries < 60'000; ++tries) {
        std::this_thread::sleep_for(milliseconds(1));
    }
    const auto before = threads();
    Provider provider(options());
    ASSERT_TRUE(provider.refresh(kLong));
    while (threads() != before + 2) {  // one that leads and one that stands by, for three devices
        std::this_thread::yield();
    }
    reader_->block("tenstorrent!0/tt_heartbeat");
    reader_->block("tenstorrent!1/tt_heartbeat");
    pass_seconds(10);
    tree_.write(tree_.hwmon(2) + "/temp1_input", "51000\n");
    Snapshot snapshot;
    do {
        EXPECT_FALSE(provider.refresh(kMoment));
        snapshot = provider.snapshot();
    } while (snapshot.devices[2].temperature_celsius.value != 51);
    reader_->wait_blocked(2);
    EXPECT_EQ(provider.snapshot().devices[0].temperature_celsius.state, State::kStale);
    EXPECT_EQ(provider.snapshot().devices[1].temperature_celsius.state, State::kStale);
    while (threads() != before + 4) {  // and one for each that is held up
        std::this_thread::yield();
    }
    reader_->release();
    ASSERT_TRUE(provider.refresh(kLong));
    while (threads() != before + 2) {
        std::this_thread::yield();
    }
}

TEST_F(ProviderTest, BlockedFromTheStartItStillHasAPlaceAndUsers) {
    reader_->block("tenstorrent!0/tt_");
    Provider provider(options());
    EXPECT_FALSE(provider.refresh(kMoment));
    reader_->wait_blocked(1);
    pass_seconds(2);
    const Snapshot snapshot = provider.snapshot();
    const DeviceTelemetry& held = snapshot.devices[0];
    EXPECT_EQ(held.condition, Condition::kBlocked);
    EXPECT_EQ(held.key, "pci:0000:01:00.0");
    EXPECT_EQ(held.arch, "wormhole");
    EXPECT_EQ(*held.open_pids.value, std::vector<int>{4242});
    EXPECT_TRUE(held.pcie_speed_gts.known());
    EXPECT_EQ(held.temperature_celsius.state, State::kUnknown);
    EXPECT_FALSE(held.asic_id);
    reader_->release();
    ASSERT_TRUE(provider.refresh(kLong));
    EXPECT_THAT(keys(provider.snapshot()), ElementsAre(kN150, kN300, kP150));  // and no ghost of the place
}

TEST_F(ProviderTest, EndsWhileAReadIsBlocked) {
    reader_->block("tenstorrent!1/tt_");
    {
        Provider provider(options());
        EXPECT_FALSE(provider.refresh(kMoment));
        reader_->wait_blocked(1);
    }
    EXPECT_EQ(reader_->blocked(), 1u);  // the thread is still there, and the reader with it
    const std::weak_ptr<FaultyReader> watch = reader_;
    reader_->release();
    reader_.reset();
    while (!watch.expired()) {  // the thread ends by itself and lets go of everything
        std::this_thread::yield();
    }
}

TEST_F(ProviderTest, EndsAtOnceWhenNothingIsBlocked) {
    const std::weak_ptr<FaultyReader> watch = reader_;
    {
        Provider provider(options());
        ASSERT_TRUE(provider.refresh(kLong));
    }
    reader_.reset();
    while (!watch.expired()) {
        std::this_thread::yield();
    }
}

TEST_F(ProviderTest, ADeviceThatReturnsUnderAnotherNumberIsTheSame) {
    Provider provider(options());
    ASSERT_TRUE(provider.refresh(kLong));
    set_counter(1, "12100\n");  // it stood at 12000
    pass_seconds(1);
    ASSERT_TRUE(provider.refresh(kLong));
    EXPECT_EQ(*provider.snapshot().devices[1].device_to_host_bytes.value, 3200u);

    tree_.unplug(1);
    provider.poll();
    Snapshot snapshot = provider.snapshot();
    EXPECT_THAT(keys(snapshot), ElementsAre(kN150, kP150, kN300));
    const DeviceTelemetry& gone = snapshot.devices[2];
    EXPECT_EQ(gone.condition, Condition::kGone);
    EXPECT_FALSE(gone.kmd_index);
    EXPECT_EQ(gone.pci, "0000:41:00.0");
    EXPECT_EQ(gone.card_type, "n300");
    EXPECT_EQ(gone.temperature_celsius.state, State::kGone);
    EXPECT_FALSE(gone.temperature_celsius.value);
    EXPECT_EQ(*gone.device_to_host_bytes.value, 3200u);

    tree_.plug(1, 7);
    tree_.write(tree_.hwmon(7) + "/temp1_input", "40000\n");
    pass_seconds(1);
    ASSERT_TRUE(provider.refresh(kLong));
    set_counter(7, "12110\n");
    pass_seconds(1);
    ASSERT_TRUE(provider.refresh(kLong));
    snapshot = provider.snapshot();
    EXPECT_THAT(keys(snapshot), ElementsAre(kN150, kP150, kN300));
    const DeviceTelemetry& back = snapshot.devices[2];
    EXPECT_EQ(back.condition, Condition::kOk);
    EXPECT_EQ(back.kmd_index, 7);
    EXPECT_DOUBLE_EQ(*back.temperature_celsius.value, 40);
    EXPECT_EQ(*back.device_to_host_bytes.value, 3200u + 320);
    EXPECT_TRUE(back.traffic_is_lower_bound);
    EXPECT_DOUBLE_EQ(*back.extremes[0].max, 46.5);
    EXPECT_DOUBLE_EQ(*back.extremes[0].min, 40);
}

TEST_F(ProviderTest, FilesThatAreKeptOpenFollowTheDevice) {
    Options real = options();
    real.reader = nullptr;
    Provider provider(real);
    const auto read_after_look = [&provider] {
        for (unsigned i = 0; i < kReadsToALook; ++i) {
            ASSERT_TRUE(provider.refresh(kLong));
        }
    };
    ASSERT_TRUE(provider.refresh(kLong));
    tree_.write(tree_.hwmon(0) + "/temp1_input", "35000\n");
    read_after_look();
    EXPECT_DOUBLE_EQ(*provider.snapshot().devices[0].temperature_celsius.value, 35);
    tree_.unplug(0);
    tree_.unplug(1);
    tree_.plug(0, 1);
    tree_.plug(1, 0);
    tree_.write(tree_.hwmon(0) + "/temp1_input", "41000\n");
    tree_.write(tree_.hwmon(1) + "/temp1_input", "36000\n");
    read_after_look();
    const Snapshot snapshot = provider.snapshot();
    EXPECT_THAT(keys(snapshot), ElementsAre(kN300, kN150, kP150));
    EXPECT_DOUBLE_EQ(*snapshot.devices[0].temperature_celsius.value, 41);
    EXPECT_DOUBLE_EQ(*snapshot.devices[1].temperature_celsius.value, 36);
}

TEST_F(ProviderTest, TwoDevicesThatSwapNumbersKeepTheirRecords) {
    Provider provider(options());
    ASSERT_TRUE(provider.refresh(kLong));
    tree_.unplug(0);
    tree_.unplug(1);
    tree_.plug(0, 1);
    tree_.plug(1, 0);
    ASSERT_TRUE(provider.refresh(kLong));
    const Snapshot snapshot = provider.snapshot();
    EXPECT_THAT(keys(snapshot), ElementsAre(kN300, kN150, kP150));
    EXPECT_DOUBLE_EQ(*snapshot.devices[1].extremes[0].max, 33.75);
    EXPECT_DOUBLE_EQ(*snapshot.devices[0].extremes[0].min, 46.5);
}

TEST_F(ProviderTest, AnotherCardInTheSameSlotIsAnotherDevice) {
    Provider provider(options());
    ASSERT_TRUE(provider.refresh(kLong));
    tree_.unplug(0);
    provider.poll();
    tree_.plug(0, 0);
    tree_.write(tree_.node(0) + "/tt_asic_id", "0214183130320001\n");
    ASSERT_TRUE(provider.refresh(kLong));
    const Snapshot snapshot = provider.snapshot();
    EXPECT_THAT(keys(snapshot), ElementsAre("asic:0214183130320001", kN300, kP150, kN150));
    EXPECT_EQ(snapshot.devices[3].condition, Condition::kGone);
    EXPECT_EQ(snapshot.devices[0].asic_id, 0x0214183130320001u);
}

TEST_F(ProviderTest, InResetAfterADriverReloadItIsStillWhoItWas) {
    Provider provider(options());
    ASSERT_TRUE(provider.refresh(kLong));
    tree_.unplug(0);
    provider.poll();
    tree_.plug(0, 0);
    reader_->fail("tenstorrent!0/tt_", ENODATA);
    reader_->fail("tenstorrent!0/device/hwmon/", ENODATA);
    ASSERT_TRUE(provider.refresh(kLong));
    const Snapshot snapshot = provider.snapshot();
    EXPECT_THAT(keys(snapshot), ElementsAre(kN150, kN300, kP150));
    EXPECT_EQ(snapshot.devices[0].condition, Condition::kInReset);
    EXPECT_EQ(snapshot.devices[0].asic_id, 0x0214183130325C11u);
    EXPECT_EQ(snapshot.devices[0].temperature_celsius.state, State::kInReset);
}

TEST_F(ProviderTest, ANodeThatComesBackWhileItsThreadHangsGetsNoSecondThread) {
    Provider provider(options());
    ASSERT_TRUE(provider.refresh(kLong));
    reader_->block("tenstorrent!0/tt_heartbeat");
    EXPECT_FALSE(provider.refresh(kMoment));
    reader_->wait_blocked(1);
    for (int i = 0; i < 3; ++i) {
        tree_.unplug(0);
        provider.poll();
        tree_.plug(0, 0);
        EXPECT_FALSE(provider.refresh(kMoment));
        EXPECT_EQ(reader_->blocked(), 1u);
    }
    pass_seconds(5);
    Snapshot snapshot = provider.snapshot();
    EXPECT_THAT(keys(snapshot), ElementsAre(kN150, kN300, kP150));
    EXPECT_EQ(snapshot.devices[0].condition, Condition::kBlocked);
    reader_->release();
    while (!provider.refresh(kMoment)) {  // the old thread ends, the next poll starts a new one
    }
    snapshot = provider.snapshot();
    EXPECT_EQ(snapshot.devices[0].condition, Condition::kOk);
}

TEST_F(ProviderTest, ADriverThatIsUnloadedTakesAllAway) {
    Provider provider(options());
    ASSERT_TRUE(provider.refresh(kLong));
    tree_.remove("sys/class/tenstorrent");
    tree_.remove("sys/module/tenstorrent");
    tree_.remove("proc/driver");
    provider.poll();
    const Snapshot snapshot = provider.snapshot();
    EXPECT_EQ(snapshot.driver_version.state, State::kGone);
    ASSERT_EQ(snapshot.devices.size(), 3u);
    for (const DeviceTelemetry& device : snapshot.devices) {
        EXPECT_EQ(device.condition, Condition::kGone);
    }
}

TEST_F(ProviderTest, AGoneDeviceIsForgottenInTime) {
    Provider provider(options());
    ASSERT_TRUE(provider.refresh(kLong));
    tree_.unplug(2);
    provider.poll();
    EXPECT_EQ(provider.snapshot().devices.size(), 3u);
    pass_seconds(601);
    provider.poll();
    EXPECT_EQ(provider.snapshot().devices.size(), 2u);
}

TEST_F(ProviderTest, WhatNeverAnsweredIsNotRemembered) {
    reader_->block("tenstorrent!0/tt_");
    Provider provider(options());
    EXPECT_FALSE(provider.refresh(kMoment));
    reader_->wait_blocked(1);
    EXPECT_EQ(provider.snapshot().devices.size(), 3u);
    tree_.unplug(0);
    provider.poll();
    EXPECT_EQ(provider.snapshot().devices.size(), 2u);
    reader_->release();
}

TEST_F(ProviderTest, AnIdThatTwoDevicesClaimBelongsToNeither) {
    tree_.write(tree_.node(1) + "/tt_asic_id", "0214183130325C11\n");
    tree_.write(tree_.node(1) + "/tt_serial", "010001851170C06C\n");
    Provider provider(options());
    ASSERT_TRUE(provider.refresh(kLong));
    EXPECT_THAT(keys(provider.snapshot()), ElementsAre("pci:0000:01:00.0", "pci:0000:41:00.0", kP150));
}

TEST_F(ProviderTest, WithoutAnAsicIdTheSerialCounts) {
    tree_.remove(tree_.node(0) + "/tt_asic_id");
    Provider provider(options());
    ASSERT_TRUE(provider.refresh(kLong));
    EXPECT_EQ(provider.snapshot().devices[0].key, "serial:010001851170c06c");
}

TEST_F(ProviderTest, DriversThatListPidsAsTheirOpenersSeeThemAreMarked) {
    tree_.write("sys/module/tenstorrent/version", "2.6.1\n");
    Provider provider(options());
    ASSERT_TRUE(provider.refresh(kLong));
    EXPECT_TRUE(provider.snapshot().devices[0].pids_in_opener_namespace);
}

TEST_F(ProviderTest, AMachineWithoutTheDriverHasNoDevices) {
    Options nowhere = options();
    nowhere.sysfs_root = tree_.root() + "/nothing";
    nowhere.procfs_root = tree_.root() + "/nothing";
    Provider provider(nowhere);
    EXPECT_TRUE(provider.refresh(kMoment));
    EXPECT_TRUE(provider.snapshot().devices.empty());
    EXPECT_EQ(provider.snapshot().driver_version.state, State::kUnknown);
}

TEST_F(ProviderTest, ManyCallersAtOnce) {
    Provider provider(options());
    std::atomic<bool> stop{false};
    std::vector<std::thread> callers;
    for (int i = 0; i < 3; ++i) {
        callers.emplace_back([&] {
            while (!stop) {
                provider.poll();
                for (const DeviceTelemetry& device : provider.snapshot().devices) {
                    EXPECT_FALSE(device.key.empty());
                }
            }
        });
    }
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(provider.refresh(kLong));
        tree_.unplug(1);
        provider.poll();
        tree_.plug(1, 1);
    }
    stop = true;
    for (std::thread& caller : callers) {
        caller.join();
    }
    ASSERT_TRUE(provider.refresh(kLong));
    EXPECT_THAT(keys(provider.snapshot()), ElementsAre(kN150, kN300, kP150));
}

TEST(Options, ComeFromTheEnvironment) {
    ::unsetenv("TT_ALLOC_PROCFS_ROOT");
    ::setenv("TT_ALLOC_SYSFS_ROOT", "/somewhere", 1);
    ::setenv("TT_ALLOC_PCIE_FLIT_BYTES", "blackhole=64", 1);
    auto options = options_from_environment();
    ASSERT_TRUE(options.ok());
    EXPECT_EQ(options.value().sysfs_root, "/somewhere");
    EXPECT_EQ(options.value().procfs_root, "/proc");
    EXPECT_EQ(options.value().flit_bytes_wormhole, 32u);
    EXPECT_EQ(options.value().flit_bytes_blackhole, 64u);
    ::setenv("TT_ALLOC_PCIE_FLIT_BYTES", "16", 1);
    EXPECT_EQ(options_from_environment().value().flit_bytes_wormhole, 16u);
    for (const char* nonsense : {"0", "many", "wormhole=", "greyhound=32", "32,x", "8192"}) {
        ::setenv("TT_ALLOC_PCIE_FLIT_BYTES", nonsense, 1);
        EXPECT_FALSE(options_from_environment().ok()) << nonsense;
    }
    ::unsetenv("TT_ALLOC_PCIE_FLIT_BYTES");
    ::unsetenv("TT_ALLOC_SYSFS_ROOT");
    Options fast;
    fast.interval = milliseconds(1);
    EXPECT_EQ(completed(fast).interval, milliseconds(100));
    fast.interval = milliseconds(60'000);
    EXPECT_EQ(completed(fast).interval, milliseconds(2000));
}

}  // namespace
}  // namespace ttmem::telemetry
