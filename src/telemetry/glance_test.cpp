// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The reduced reading of a device that no tool looks at closely, and that nothing of it is lost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cerrno>

#include "telemetry/probe.hpp"
#include "telemetry/provider.hpp"
#include "telemetry/test_tree.hpp"

namespace ttmem::telemetry {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr milliseconds kLong{60'000};
constexpr milliseconds kMoment{20};

class GlanceTest : public ::testing::Test {
protected:
    struct Subject {
        Probe probe;
        DeviceTelemetry device;
    };
    Options options() {
        Options options = completed(tree_.options(reader_));
        options.interval = milliseconds(1000);
        options.now_ns = [this] { return now_ns_; };
        return options;
    }
    Subject subject(std::size_t which) { return {Probe(scan_nodes(*reader_, tree_.sys()).at(which), options()), {}}; }
    // A second later. The names of the files that were read.
    std::vector<std::string> pass(Subject& subject, Look look = Look::kGlance) {
        now_ns_ += kSecond;
        const std::size_t before = reader_->paths().size();
        subject.probe.read_open_part(subject.device, look);
        subject.probe.read_held_part(subject.device, look);
        std::vector<std::string> names;
        const std::vector<std::string> paths = reader_->paths();
        for (std::size_t i = before; i < paths.size(); ++i) {
            names.push_back(paths[i].substr(paths[i].rfind('/') + 1));
        }
        return names;
    }
    static bool has(const std::vector<std::string>& names, const std::string& name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    }
    void set_counter(int index, const char* counter, const std::string& value) {
        tree_.write(tree_.node(index) + "/pcie_perf_counters/" + counter, value + "\n");
    }

    FakeTree tree_;
    std::shared_ptr<FaultyReader> reader_ = std::make_shared<FaultyReader>();
    std::uint64_t now_ns_ = 1000 * kSecond;
};

TEST_F(GlanceTest, ReadsWhatIsInSightAndTheRestInTurn) {
    Subject n150 = subject(0);
    const std::vector<std::string> first = pass(n150);  // nothing is known yet: all of it
    for (const char* name : {"tt_asic_id", "tt_fw_bundle_ver", "current_link_speed", "in0_input", "temp1_max"}) {
        EXPECT_TRUE(has(first, name)) << name;
    }
    const auto glanced = UnorderedElementsAre("pids", "tt_aiclk", "temp1_input", "power1_input");
    EXPECT_THAT(pass(n150), glanced);
    EXPECT_THAT(pass(n150), glanced);
    // Counters of PCIe 4.0 x16 wrap in 4.3 s.
    const std::vector<std::string> counted = pass(n150);
    EXPECT_EQ(counted.size(), 4 + 1 + kCounters);
    EXPECT_TRUE(has(counted, "tt_heartbeat"));
    EXPECT_THAT(pass(n150), glanced);
    const std::vector<std::string> whole = pass(n150);
    EXPECT_TRUE(has(whole, "tt_asic_id"));
    EXPECT_TRUE(has(whole, "in0_input"));
    EXPECT_FALSE(has(whole, "temp1_max"));
    EXPECT_THAT(pass(n150), glanced);
}

TEST_F(GlanceTest, LimitsComeOnceAMinute) {
    Subject n150 = subject(0);
    unsigned limits = 0;
    for (unsigned i = 0; i <= 2 * kFixedPeriodOfGlances; ++i) {
        const std::vector<std::string> read = pass(n150);
        limits += has(read, "temp1_max") ? 1 : 0;
    }
    EXPECT_EQ(limits, 3u);
}

TEST_F(GlanceTest, CountersOfAFasterLinkAreReadEachTime) {
    Subject p150 = subject(2);  // PCIe 5.0 x16: 2.1 s
    pass(p150);
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(has(pass(p150), "mst_rd_data_word_received0"));
    }
}

TEST_F(GlanceTest, NoWrapIsMissed) {
    Subject n150 = subject(0);
    pass(n150);
    // All that the link carries, 32 GB/s, and all of it counted by the one that stood at 6000.
    std::uint64_t flits = 6000;
    for (int i = 0; i < 20; ++i) {
        flits += 1'000'000'000;
        set_counter(0, "mst_rd_data_word_received0", std::to_string(flits % (std::uint64_t{1} << 32)));
        pass(n150);
    }
    pass(n150, Look::kWhole);
    EXPECT_EQ(*n150.device.device_to_host_bytes.value, (flits - 6000) * 32);
    EXPECT_FALSE(n150.device.traffic_is_lower_bound);
    EXPECT_EQ(n150.device.resets_seen, 0u);
}

TEST_F(GlanceTest, AResetBetweenTwoLooksIsNoWrap) {
    Subject n150 = subject(0);
    pass(n150);
    for (const char* noc : {"0", "1"}) {
        for (const CounterKind& kind : kCounterTable) {
            set_counter(0, (kind.file + std::string(noc)).c_str(), "0");
        }
    }
    tree_.write(tree_.node(0) + "/tt_heartbeat", "4\n");
    for (unsigned i = 0; i < kGlancesToAWhole; ++i) {
        pass(n150);
    }
    EXPECT_EQ(n150.device.resets_seen, 1u);
    EXPECT_EQ(*n150.device.host_to_device_bytes.value, 0u);
    EXPECT_TRUE(n150.device.traffic_is_lower_bound);
}

TEST_F(GlanceTest, WhatIsWrongIsLookedIntoAtOnce) {
    Subject n150 = subject(0);
    pass(n150);
    pass(n150);
    reader_->fail("tenstorrent!0/tt_", ENODATA);
    reader_->fail("tenstorrent!0/device/hwmon/", ENODATA);
    pass(n150);
    EXPECT_EQ(n150.device.condition, Condition::kInReset);
    EXPECT_EQ(n150.device.voltage_volts.state, State::kInReset);
    EXPECT_EQ(n150.device.resets_seen, 1u);
    reader_->release();
    EXPECT_TRUE(has(pass(n150), "tt_asic_id"));
    EXPECT_EQ(n150.device.condition, Condition::kOk);
    EXPECT_TRUE(has(pass(n150), "tt_fw_bundle_ver")) << "after a reset it may be another one";
    // A single impossible value also makes the next pass a whole one.
    reader_->answer("power1_input", "99999999999\n");
    pass(n150);
    EXPECT_TRUE(has(pass(n150), "curr1_input"));
    EXPECT_EQ(n150.device.power_watts.state, State::kImplausible);
    EXPECT_EQ(n150.device.condition, Condition::kOk);
}

TEST_F(GlanceTest, ACardWithoutOneOfTheValuesIsReadAsEver) {
    Subject n150 = subject(0);
    tree_.remove(tree_.hwmon(0) + "/power1_input");
    pass(n150);
    for (int i = 0; i < 3; ++i) {
        EXPECT_TRUE(has(pass(n150), "in0_input"));
    }
}

TEST_F(GlanceTest, AChangeOfIdentityIsNotLeftHalfway) {
    Subject n150 = subject(0);
    pass(n150);
    tree_.write(tree_.node(0) + "/tt_asic_id", "0214183130320001\n");
    for (unsigned i = 0; i < kGlancesToAWhole + 3; ++i) {
        pass(n150);
    }
    EXPECT_EQ(n150.device.asic_id, 0x0214183130320001u);
}

class GlancingProvider : public ::testing::Test {
protected:
    Options options() {
        Options options = tree_.options(reader_);
        options.now_ns = [now = now_ns_] { return now->load(); };
        return options;
    }
    void set_voltage(int index, const std::string& millivolts) {
        tree_.write(tree_.hwmon(index) + "/in0_input", millivolts + "\n");
    }

    FakeTree tree_;
    std::shared_ptr<FaultyReader> reader_ = std::make_shared<FaultyReader>();
    std::shared_ptr<std::atomic<std::uint64_t>> now_ns_ = std::make_shared<std::atomic<std::uint64_t>>(1000 * kSecond);
};

TEST_F(GlancingProvider, WhatComesIntoSightIsFreshAtOnce) {
    Provider provider(options());
    provider.watch_closely(std::vector<int>(), kLong);
    ASSERT_TRUE(provider.refresh(kLong));
    EXPECT_DOUBLE_EQ(*provider.snapshot().devices[0].voltage_volts.value, 0.85);
    set_voltage(0, "700");
    set_voltage(1, "710");
    *now_ns_ += 4 * kSecond;
    ASSERT_TRUE(provider.refresh(kLong));
    Snapshot snapshot = provider.snapshot();
    EXPECT_DOUBLE_EQ(*snapshot.devices[0].voltage_volts.value, 0.85);
    EXPECT_TRUE(snapshot.devices[0].voltage_volts.known());  // its turn has not come
    provider.watch_closely(std::vector<int>{0}, kLong);
    snapshot = provider.snapshot();
    EXPECT_DOUBLE_EQ(*snapshot.devices[0].voltage_volts.value, 0.7);
    EXPECT_NE(*snapshot.devices[1].voltage_volts.value, 0.71);
    provider.watch_closely(std::nullopt, kLong);  // all
    EXPECT_DOUBLE_EQ(*provider.snapshot().devices[1].voltage_volts.value, 0.71);
}

TEST_F(GlancingProvider, WhatComesIntoSightAndCannotBeReadSaysHowOldItIs) {
    Provider provider(options());
    provider.watch_closely(std::vector<int>(), kLong);
    ASSERT_TRUE(provider.refresh(kLong));
    *now_ns_ += 4 * kSecond;
    ASSERT_TRUE(provider.refresh(kLong));
    reader_->block("tenstorrent!0/tt_");
    provider.watch_closely(std::vector<int>{0}, kMoment);
    const Reading<double> voltage = provider.snapshot().devices[0].voltage_volts;
    EXPECT_EQ(voltage.state, State::kStale);
    EXPECT_EQ(voltage.age_ns(*now_ns_), 4 * kSecond);
    reader_->release();
}

TEST_F(GlancingProvider, ANewNumberIsSeenAtTheNextLook) {
    Provider provider(options());
    provider.watch_closely(std::vector<int>(), kLong);
    ASSERT_TRUE(provider.refresh(kLong));
    tree_.unplug(0);
    tree_.unplug(1);
    tree_.plug(0, 1);
    tree_.plug(1, 0);
    provider.poll();
    ASSERT_TRUE(provider.refresh(kLong));
    const Snapshot snapshot = provider.snapshot();
    std::vector<std::string> boards;
    for (const DeviceTelemetry& device : snapshot.devices) {
        boards.push_back(device.card_type.value_or("-"));
    }
    EXPECT_THAT(boards, ElementsAre("n300", "n150", "p150a"));
}

}  // namespace
}  // namespace ttmem::telemetry
