// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Tests of reading tt-kmd's files: three good cards, and every kind of bad answer that is known.
#include "telemetry/probe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "telemetry/fields.hpp"
#include "telemetry/test_tree.hpp"

namespace ttmem::telemetry {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

class ProbeTest : public ::testing::Test {
protected:
    explicit ProbeTest(const std::string& cards = "n150 n300 p150") : tree_(cards) {}

    // Probes of one node and of the devices that they describe.
    struct Subject {
        Probe probe;
        DeviceTelemetry device;
        void pass() {
            probe.read_open_part(device);
            probe.read_held_part(device);
        }
    };

    Options options() {
        Options options = completed(tree_.options(reader_));
        options.now_ns = [this] { return now_ns_; };
        return options;
    }
    Subject subject(std::size_t which) {
        const std::vector<Node> nodes = scan_nodes(*reader_, tree_.sys());
        return {Probe(nodes.at(which), options()), {}};
    }
    void tick() { now_ns_ += kSecond; }
    // Every firmware value of device 0 answers with that errno.
    void fail_firmware(int error) {
        reader_->fail("tenstorrent!0/tt_", error);
        reader_->fail("tenstorrent!0/device/hwmon/", error);
    }

    FakeTree tree_;
    std::shared_ptr<FaultyReader> reader_ = std::make_shared<FaultyReader>();
    std::uint64_t now_ns_ = 1000 * kSecond;
};

class OldWormhole : public ProbeTest {
protected:
    OldWormhole() : ProbeTest("n150") {}
};

TEST_F(ProbeTest, ReadsAWormhole) {
    Subject n150 = subject(0);
    n150.pass();
    const DeviceTelemetry& d = n150.device;
    EXPECT_EQ(d.condition, Condition::kOk);
    EXPECT_EQ(d.kmd_index, 0);
    EXPECT_EQ(d.pci, "0000:01:00.0");
    EXPECT_EQ(d.asic_id, 0x0214183130325C11u);
    EXPECT_EQ(d.serial, 0x010001851170C06Cu);
    EXPECT_EQ(d.card_type, "n150");
    EXPECT_EQ(d.arch, "wormhole");
    EXPECT_EQ(d.numa_node, 0);
    EXPECT_DOUBLE_EQ(*d.temperature_celsius.value, 33.75);
    EXPECT_DOUBLE_EQ(*d.temperature_limit_celsius.value, 75);
    EXPECT_DOUBLE_EQ(*d.power_watts.value, 22);
    EXPECT_DOUBLE_EQ(*d.power_limit_watts.value, 100);
    EXPECT_DOUBLE_EQ(*d.current_amperes.value, 25);
    EXPECT_DOUBLE_EQ(*d.current_limit_amperes.value, 240);
    EXPECT_DOUBLE_EQ(*d.voltage_volts.value, 0.85);
    EXPECT_DOUBLE_EQ(*d.voltage_limit_volts.value, 0.95);
    EXPECT_DOUBLE_EQ(*d.ai_clock_mhz.value, 1000);
    EXPECT_DOUBLE_EQ(*d.axi_clock_mhz.value, 900);
    EXPECT_DOUBLE_EQ(*d.arc_clock_mhz.value, 540);
    EXPECT_EQ(*d.heartbeat.value, 463102u);
    EXPECT_EQ(*d.fw_bundle.value, "18.12.0.0");
    EXPECT_EQ(*d.fw_arc.value, "2.36.0.0");
    EXPECT_EQ(*d.fw_eth.value, "7.2.0");
    EXPECT_EQ(*d.fw_m3_app.value, "5.12.2.0");
    EXPECT_EQ(*d.fw_m3_bootloader.value, "129.2.0.0");
    EXPECT_EQ(*d.fw_ttflash.value, "0.3.4.0");
    EXPECT_DOUBLE_EQ(*d.pcie_speed_gts.value, 16);
    EXPECT_DOUBLE_EQ(*d.pcie_width_lanes.value, 16);
    EXPECT_EQ(*d.open_pids.value, std::vector<int>{4242});
    EXPECT_EQ(*d.hidden_opens.value, 0u);
    // A sensor that this card lacks is unknown, not zero.
    EXPECT_EQ(d.fan_rpm.state, State::kUnknown);
    EXPECT_FALSE(d.fan_rpm.value);
    EXPECT_EQ(d.thermal_trips.state, State::kUnknown);
    // A rate needs two looks.
    EXPECT_EQ(d.heartbeat_per_second.state, State::kUnknown);
    EXPECT_EQ(d.host_to_device_bytes_per_second.state, State::kUnknown);
}

TEST_F(ProbeTest, ReadsAnN300AndABlackhole) {
    Subject n300 = subject(1);
    n300.pass();
    EXPECT_EQ(n300.device.card_type, "n300");
    EXPECT_DOUBLE_EQ(*n300.device.pcie_width_lanes.value, 8);
    EXPECT_DOUBLE_EQ(*n300.device.pcie_max_width_lanes.value, 16);
    EXPECT_TRUE(n300.device.open_pids.known());  // an empty list is an answer: no process
    EXPECT_TRUE(n300.device.open_pids.value->empty());

    Subject p150 = subject(2);
    p150.pass();
    EXPECT_EQ(p150.device.arch, "blackhole");
    EXPECT_EQ(p150.device.card_type, "p150a");
    EXPECT_DOUBLE_EQ(*p150.device.fan_rpm.value, 1882);
    EXPECT_EQ(*p150.device.thermal_trips.value, 0u);  // a measured zero
    EXPECT_EQ(p150.device.fw_arc.state, State::kUnknown);
    EXPECT_DOUBLE_EQ(*p150.device.pcie_speed_gts.value, 32);
    EXPECT_EQ(*p150.device.open_pids.value, (std::vector<int>{4242, 5151}));
    EXPECT_EQ(*p150.device.hidden_opens.value, 1u);
}

TEST_F(ProbeTest, NeverNamesADeviceNode) {
    for (std::size_t i = 0; i < 3; ++i) {
        Subject any = subject(i);
        any.pass();
    }
    ASSERT_FALSE(reader_->paths().empty());
    for (const std::string& path : reader_->paths()) {
        EXPECT_TRUE(path.starts_with(tree_.sys() + "/") || path.starts_with(tree_.proc() + "/")) << path;
        EXPECT_THAT(path, ::testing::Not(::testing::HasSubstr("/dev/tenstorrent")));
    }
}

TEST_F(ProbeTest, CountsTrafficAndHeartbeatOverTime) {
    Subject n150 = subject(0);
    n150.pass();
    EXPECT_EQ(*n150.device.host_to_device_bytes.value, 0u);
    tick();
    const std::string counters = tree_.node(0) + "/pcie_perf_counters/";
    tree_.write(counters + "mst_posted_wr_data_word_sent0", "4096\n");  // it stood at 0xFFFFF000
    tree_.write(counters + "mst_rd_data_word_received1", "6101\n");     // it stood at 6001
    tree_.write(tree_.node(0) + "/tt_heartbeat", "463113\n");
    n150.pass();
    const DeviceTelemetry& d = n150.device;
    EXPECT_EQ(*d.host_to_device_bytes.value, 8192u * 32);
    EXPECT_EQ(*d.device_to_host_bytes.value, 100u * 32);
    EXPECT_DOUBLE_EQ(*d.host_to_device_bytes_per_second.value, 8192 * 32.0);
    EXPECT_DOUBLE_EQ(*d.heartbeat_per_second.value, 11);
    EXPECT_FALSE(d.traffic_is_lower_bound);
    EXPECT_EQ(d.flit_bytes, 32u);
    EXPECT_EQ(d.resets_seen, 0u);
}

TEST_F(ProbeTest, TheFlitSizeOfBlackholeCanBeSet) {
    Options options = this->options();
    options.flit_bytes_blackhole = 64;
    Subject p150{Probe(scan_nodes(*reader_, tree_.sys()).at(2), options), {}};
    p150.pass();
    tick();
    tree_.write(tree_.node(2) + "/pcie_perf_counters/mst_rd_data_word_received0", "18010\n");  // it stood at 18000
    p150.pass();
    EXPECT_EQ(*p150.device.device_to_host_bytes.value, 640u);
    EXPECT_EQ(p150.device.flit_bytes, 64u);
}

TEST_F(ProbeTest, BetweenAResetAndItsEnd) {
    Subject n150 = subject(0);
    n150.pass();
    tick();
    fail_firmware(ENODATA);
    n150.pass();
    const DeviceTelemetry& d = n150.device;
    EXPECT_EQ(d.condition, Condition::kInReset);
    EXPECT_EQ(d.resets_seen, 1u);
    for_each_reading(d, [](const auto& reading, Field field) {
        if (field == Field::kMoving || field == Field::kFixed) {
            EXPECT_EQ(reading.state, State::kInReset);
            EXPECT_FALSE(reading.value);
        }
    });
    // The identity stays known; counters stay known, and are stale.
    EXPECT_EQ(d.asic_id, 0x0214183130325C11u);
    EXPECT_EQ(d.card_type, "n150");
    EXPECT_EQ(d.host_to_device_bytes.state, State::kStale);
    EXPECT_TRUE(d.open_pids.known());

    tick();
    n150.pass();
    EXPECT_EQ(d.resets_seen, 1u);  // still the same one
    reader_->release();
    tick();
    for (const char* noc : {"0", "1"}) {
        for (const CounterKind& kind : kCounterTable) {
            tree_.write(tree_.node(0) + "/pcie_perf_counters/" + kind.file + noc, "2\n");
        }
    }
    tree_.write(tree_.node(0) + "/tt_heartbeat", "4\n");
    n150.pass();
    EXPECT_EQ(d.condition, Condition::kOk);
    EXPECT_EQ(d.resets_seen, 1u);
    EXPECT_EQ(*d.host_to_device_bytes.value, 0u);  // nothing invented
    EXPECT_TRUE(d.traffic_is_lower_bound);
    EXPECT_FALSE(d.heartbeat_per_second.value);
    tick();
    n150.pass();
    EXPECT_TRUE(d.temperature_limit_celsius.known());  // limits and versions come back as well
    EXPECT_TRUE(d.fw_bundle.known());
}

TEST_F(ProbeTest, AResetBetweenTwoLooksIsNoticed) {
    Subject n150 = subject(0);
    n150.pass();
    tick();
    for (const char* noc : {"0", "1"}) {
        for (const CounterKind& kind : kCounterTable) {
            tree_.write(tree_.node(0) + "/pcie_perf_counters/" + kind.file + noc, "0\n");
        }
    }
    tree_.write(tree_.node(0) + "/tt_heartbeat", "4\n");
    n150.pass();
    EXPECT_EQ(n150.device.resets_seen, 1u);
    EXPECT_EQ(*n150.device.host_to_device_bytes.value, 0u);
    EXPECT_TRUE(n150.device.traffic_is_lower_bound);
}

TEST_F(ProbeTest, OneTagThatTheFirmwareStopsPublishing) {
    Subject p150 = subject(2);
    p150.pass();
    reader_->fail("hwmon6/fan1_input", ENODATA);  // what boards without fans answer since tt-kmd pull request 282
    tick();
    p150.pass();
    EXPECT_EQ(p150.device.condition, Condition::kOk);
    EXPECT_EQ(p150.device.fan_rpm.state, State::kUnknown);
    EXPECT_TRUE(p150.device.temperature_celsius.known());
}

TEST_F(ProbeTest, AResetUnderADriverBefore29ReadsAsGarbage) {
    Subject n150 = subject(0);
    n150.pass();
    tick();
    reader_->answer("tenstorrent!0/tt_", "4294967295\n");
    reader_->answer("tt_asic_id", "FFFFFFFFFFFFFFFF\n");
    reader_->answer("tt_serial", "FFFFFFFFFFFFFFFF\n");
    reader_->answer("tt_card_type", "unknown\n");
    reader_->answer("fw_ver", "255.255.255.255\n");
    reader_->answer("_max", "4294966296\n");
    reader_->answer("_link_", "Unknown\n");
    reader_->answer("hwmon4/temp1_input", "65535999\n");
    reader_->answer("hwmon4/in0_input", "4294967295\n");
    reader_->answer("hwmon4/curr1_input", "4294966296\n");
    reader_->answer("hwmon4/power1_input", "4293967296\n");
    reader_->answer("pcie_perf_counters/", "4294967295\n");
    n150.pass();
    const DeviceTelemetry& d = n150.device;
    EXPECT_EQ(d.condition, Condition::kLinkDown);
    for (const Reading<double>* reading : {&d.temperature_celsius, &d.power_watts, &d.current_amperes, &d.voltage_volts,
                                           &d.ai_clock_mhz, &d.axi_clock_mhz, &d.arc_clock_mhz}) {
        EXPECT_EQ(reading->state, State::kImplausible);
        EXPECT_FALSE(reading->value);
    }
    EXPECT_EQ(d.heartbeat.state, State::kImplausible);
    EXPECT_EQ(d.asic_id, 0x0214183130325C11u);
    EXPECT_EQ(d.card_type, "n150");
    EXPECT_EQ(d.host_to_device_bytes.state, State::kStale);
    EXPECT_EQ(*d.host_to_device_bytes.value, 0u);
    EXPECT_EQ(d.resets_seen, 1u);
    reader_->release();
    tick();
    n150.pass();
    EXPECT_EQ(d.condition, Condition::kOk);
    EXPECT_EQ(*d.host_to_device_bytes.value, 0u);
}

TEST_F(ProbeTest, CountersOfADeadLinkAreNoTraffic) {
    Subject n150 = subject(0);
    n150.pass();
    tick();
    reader_->answer("pcie_perf_counters/", "4294967295\n");
    n150.pass();
    EXPECT_EQ(n150.device.host_to_device_bytes.state, State::kStale);
    EXPECT_EQ(*n150.device.host_to_device_bytes.value, 0u);
    EXPECT_EQ(n150.device.host_to_device_bytes_per_second.state, State::kImplausible);
    reader_->release();
    tick();
    n150.pass();
    EXPECT_EQ(*n150.device.host_to_device_bytes.value, 0u);
    EXPECT_TRUE(n150.device.traffic_is_lower_bound);
}

TEST_F(ProbeTest, AnUnpluggedDeviceIsGone) {
    Subject n150 = subject(0);
    n150.pass();
    tick();
    tree_.unplug(0);  // ENOENT at every open
    n150.pass();
    EXPECT_EQ(n150.device.condition, Condition::kGone);
    EXPECT_EQ(n150.device.temperature_celsius.state, State::kGone);
    EXPECT_EQ(n150.device.asic_id, 0x0214183130325C11u);
}

TEST_F(ProbeTest, ADetachedDeviceIsGone) {
    Subject n150 = subject(0);
    n150.pass();
    tick();
    fail_firmware(ENODEV);
    n150.pass();
    EXPECT_EQ(n150.device.condition, Condition::kGone);
    EXPECT_EQ(n150.device.power_watts.state, State::kGone);
    EXPECT_EQ(n150.device.fw_bundle.state, State::kGone);
}

TEST_F(OldWormhole, DeadFirmwareLeavesTheNodeBare) {
    for (const char* file : {"tt_aiclk", "tt_axiclk", "tt_arcclk", "tt_serial", "tt_card_type", "tt_fw_bundle_ver",
                             "tt_m3app_fw_ver", "tt_ttflash_ver", "tt_m3bl_fw_ver", "tt_arc_fw_ver", "tt_eth_fw_ver",
                             "tt_asic_id", "tt_heartbeat", "pcie_perf_counters"}) {
        tree_.remove(tree_.node(0) + "/" + file);
    }
    tree_.remove(tree_.hwmon(0));
    Subject dead = subject(0);
    dead.pass();
    const DeviceTelemetry& d = dead.device;
    EXPECT_EQ(d.condition, Condition::kNoFirmware);
    EXPECT_EQ(d.pci, "0000:01:00.0");
    EXPECT_EQ(d.arch, "wormhole");
    EXPECT_TRUE(d.pcie_speed_gts.known());
    for_each_reading(d, [](const auto& reading, Field field) {
        if (field != Field::kLink && field != Field::kUsers) {
            EXPECT_EQ(reading.state, State::kUnknown);
        }
    });
}

TEST_F(OldWormhole, ADriverWithoutProcfsAsicIdAndHeartbeat) {
    tree_.remove("proc/driver");
    tree_.remove(tree_.node(0) + "/tt_asic_id");
    tree_.remove(tree_.node(0) + "/tt_heartbeat");
    tree_.remove(tree_.node(0) + "/pcie_perf_counters");
    Subject old = subject(0);
    old.pass();
    EXPECT_EQ(old.device.condition, Condition::kOk);
    EXPECT_FALSE(old.device.asic_id);
    EXPECT_EQ(old.device.serial, 0x010001851170C06Cu);
    EXPECT_EQ(old.device.open_pids.state, State::kUnknown);
    EXPECT_EQ(old.device.hidden_opens.state, State::kUnknown);
    EXPECT_EQ(old.device.heartbeat.state, State::kUnknown);
    EXPECT_EQ(old.device.host_to_device_bytes.state, State::kUnknown);
    EXPECT_TRUE(old.device.temperature_celsius.known());
}

TEST_F(ProbeTest, BlackholeLimitsAreUnknownBefore29) {
    for (const char* file : {"temp1_max", "in0_max", "curr1_max", "power1_max"}) {
        tree_.remove(tree_.hwmon(2) + "/" + file);
    }
    Subject p150 = subject(2);
    p150.pass();
    EXPECT_EQ(p150.device.temperature_limit_celsius.state, State::kUnknown);
    EXPECT_EQ(p150.device.power_limit_watts.state, State::kUnknown);
    EXPECT_TRUE(p150.device.temperature_celsius.known());
}

TEST_F(ProbeTest, TagsThatHaveMovedAreImplausible) {
    reader_->answer("hwmon6/in0_input", "3211313\n");  // tt-kmd issue 213
    reader_->answer("hwmon6/curr1_input", "3342387000\n");
    reader_->answer("hwmon6/fan1_input", "2744786\n");
    Subject p150 = subject(2);
    p150.pass();
    EXPECT_EQ(p150.device.condition, Condition::kOk);
    EXPECT_EQ(p150.device.voltage_volts.state, State::kImplausible);
    EXPECT_EQ(p150.device.current_amperes.state, State::kImplausible);
    EXPECT_EQ(p150.device.fan_rpm.state, State::kImplausible);
    EXPECT_TRUE(p150.device.temperature_celsius.known());
}

TEST_F(ProbeTest, AFanThatIsNotThere) {
    Subject p150 = subject(2);
    tree_.write(tree_.hwmon(2) + "/fan1_input", "4294967295\n");
    p150.pass();
    EXPECT_EQ(p150.device.fan_rpm.state, State::kImplausible);
    tree_.write(tree_.hwmon(2) + "/fan1_input", "0\n");
    p150.pass();
    EXPECT_DOUBLE_EQ(*p150.device.fan_rpm.value, 0);  // it stands still
    tree_.write(tree_.node(2) + "/tt_fw_bundle_ver", "18.5.0.0\n");
    Subject buggy = subject(2);
    buggy.pass();
    EXPECT_EQ(buggy.device.fan_rpm.state, State::kImplausible);
}

TEST_F(ProbeTest, HwmonUnderANewNumberIsFollowed) {
    Subject n150 = subject(0);
    n150.pass();
    const std::string hwmon = tree_.hwmon(0);
    tree_.rename(hwmon, hwmon.substr(0, hwmon.size() - 1) + "9");
    tick();
    n150.pass();
    EXPECT_EQ(n150.device.temperature_celsius.read_at_ns, now_ns_);
    EXPECT_DOUBLE_EQ(*n150.device.temperature_celsius.value, 33.75);
}

TEST_F(ProbeTest, OfTwoHwmonsTheOneThatMeasuresCounts) {
    const std::string hwmon = tree_.hwmon(0);  // ends in hwmon4
    const std::string other = hwmon.substr(0, hwmon.size() - 1) + "3";
    tree_.write(other + "/name", "wormhole\n");
    tree_.write(other + "/temp1_label", "asic1_temp\n");
    Subject n150 = subject(0);
    n150.pass();
    EXPECT_DOUBLE_EQ(*n150.device.temperature_celsius.value, 33.75);
    EXPECT_DOUBLE_EQ(*n150.device.power_limit_watts.value, 100);
    tree_.write(other + "/temp1_input", "4294967295\n");
    tick();
    n150.pass();
    EXPECT_DOUBLE_EQ(*n150.device.temperature_celsius.value, 33.75);
}

TEST_F(ProbeTest, ShortReadsAndPassingErrorsKeepTheLastValueAndItsAge) {
    Subject n150 = subject(0);
    n150.pass();
    const std::uint64_t then = now_ns_;
    tick();
    reader_->answer("hwmon4/temp1_input", "");
    reader_->fail("hwmon4/power1_input", EIO);
    reader_->fail("tenstorrent!0/tt_aiclk", EAGAIN);
    reader_->fail("tenstorrent!0/tt_arcclk", EACCES);
    n150.pass();
    const DeviceTelemetry& d = n150.device;
    EXPECT_EQ(d.condition, Condition::kOk);
    for (const Reading<double>* reading : {&d.temperature_celsius, &d.power_watts, &d.ai_clock_mhz}) {
        EXPECT_EQ(reading->state, State::kStale);
        EXPECT_TRUE(reading->value);
        EXPECT_EQ(reading->read_at_ns, then);
        EXPECT_EQ(reading->age_ns(now_ns_), kSecond);
    }
    EXPECT_EQ(d.arc_clock_mhz.state, State::kUnknown);
    EXPECT_TRUE(d.axi_clock_mhz.known());
    // Without a last value there is nothing to keep.
    Subject fresh = subject(0);
    fresh.pass();
    EXPECT_EQ(fresh.device.temperature_celsius.state, State::kUnknown);
    EXPECT_FALSE(fresh.device.temperature_celsius.value);
}

TEST_F(ProbeTest, NothingButPassingErrorsIsNoChangeOfCondition) {
    Subject n150 = subject(0);
    n150.pass();
    fail_firmware(EIO);
    n150.pass();
    EXPECT_EQ(n150.device.condition, Condition::kOk);
    EXPECT_EQ(n150.device.temperature_celsius.state, State::kStale);
}

TEST_F(ProbeTest, AnIdentityChangesOnlyWhenItInsists) {
    Subject n150 = subject(0);
    n150.pass();
    tree_.write(tree_.node(0) + "/tt_asic_id", "00000000DEADBEEF\n");
    n150.pass();
    n150.pass();
    EXPECT_EQ(n150.device.asic_id, 0x0214183130325C11u);
    n150.pass();
    EXPECT_EQ(n150.device.asic_id, 0xDEADBEEFu);
}

TEST_F(ProbeTest, PidsThatAreNoPids) {
    Subject n150 = subject(0);
    reader_->answer("/0/pids", "PID Comm\n1 bash\n");
    n150.pass();
    EXPECT_EQ(n150.device.open_pids.state, State::kImplausible);
    reader_->release();
    n150.pass();
    EXPECT_EQ(*n150.device.open_pids.value, std::vector<int>{4242});
}

TEST_F(ProbeTest, TheListNamesEverySensorOnceWithItsLimit) {
    Subject p150 = subject(2);
    p150.pass();
    widen(p150.device.extremes, p150.device);
    tree_.write(tree_.hwmon(2) + "/temp1_input", "60000\n");
    tick();
    p150.pass();
    widen(p150.device.extremes, p150.device);
    const std::vector<Sensor> sensors = list_sensors(p150.device, now_ns_ + 5);
    std::vector<std::string> names;
    for (const Sensor& sensor : sensors) {
        names.emplace_back(sensor.name);
        EXPECT_EQ(sensor.state == State::kKnown || sensor.state == State::kStale,
                  sensor.value.has_value() || sensor.text.has_value())
            << sensor.name;
    }
    EXPECT_THAT(names, ::testing::ElementsAre("asic_temperature", "power", "current", "core_voltage", "fan", "ai_clock",
                                              "axi_clock", "arc_clock", "heartbeat_rate", "pcie_link_speed",
                                              "pcie_link_width", "pcie_host_to_device_rate", "pcie_device_to_host_rate",
                                              "pcie_host_to_device_total", "pcie_device_to_host_total", "heartbeat",
                                              "thermal_trips", "firmware_bundle", "firmware_arc", "firmware_eth",
                                              "firmware_m3_app", "firmware_m3_bootloader", "firmware_ttflash"));
    EXPECT_DOUBLE_EQ(*sensors[0].value, 60);
    EXPECT_DOUBLE_EQ(*sensors[0].limit, 90);
    EXPECT_DOUBLE_EQ(*sensors[0].min, 48.5);
    EXPECT_DOUBLE_EQ(*sensors[0].max, 60);
    EXPECT_EQ(sensors[0].age_ns, 5u);
    EXPECT_FALSE(sensors[4].limit);
    EXPECT_EQ(*sensors[17].text, "19.6.0.0");
    EXPECT_EQ(pcie_generation(16), 4);
    EXPECT_EQ(pcie_generation(3), std::nullopt);
}

TEST(PosixReader, AnswersWithTheErrno) {
    const FakeTree tree("n150");
    const auto reader = make_posix_reader();
    EXPECT_EQ(reader->read(tree.root() + "/nothing").error, ENOENT);
    EXPECT_EQ(reader->read(tree.sys()).error, EISDIR);
    EXPECT_EQ(reader->list(tree.root() + "/nothing").error, ENOENT);
    EXPECT_EQ(reader->link_target(tree.sys()).error, EINVAL);
    EXPECT_EQ(reader->incarnation(tree.root() + "/nothing"), 0u);
    tree.write("large", std::string(300 * 1024, 'x'));
    EXPECT_EQ(reader->read(tree.root() + "/large").error, EFBIG);
    tree.write("fits", std::string(100 * 1024, 'x'));
    EXPECT_EQ(reader->read(tree.root() + "/fits").text.size(), 100u * 1024);
}

TEST(PosixReader, AKeptFileFollowsTheOneOfItsName) {
    const FakeTree tree("n150");
    const auto reader = make_posix_reader();
    const std::string path = tree.root() + "/value";
    KeptFile kept;
    const auto read_after_look = [&] {
        for (unsigned i = 1; i < kReadsToALook; ++i) {
            reader->reread(path, kept);
        }
        return reader->reread(path, kept);
    };
    EXPECT_EQ(reader->reread(path, kept).error, ENOENT);
    EXPECT_FALSE(kept.fd.valid());
    tree.write("value", "1\n");
    EXPECT_EQ(reader->reread(path, kept).text, "1\n");
    EXPECT_TRUE(kept.fd.valid());
    std::ofstream(path) << "22\n";  // written over in place
    EXPECT_EQ(reader->reread(path, kept).text, "22\n");
    tree.write("value", "3\n");  // taken away and made again
    EXPECT_EQ(read_after_look().text, "3\n");
    tree.write("other", "4\n");
    tree.rename("other", "value");  // another one put in its place
    EXPECT_EQ(read_after_look().text, "4\n");
    tree.write("value", std::string(10'000, '5'));
    EXPECT_EQ(read_after_look().text.size(), 10'000u);
    tree.remove("value");
    EXPECT_EQ(read_after_look().error, ENOENT);
}

TEST(PosixReader, LeavesThreeQuartersOfTheDescriptorsToTheProgram) {
    const FakeTree tree("n150");
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit small{8, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &small), 0);
    const auto reader = make_posix_reader();
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    tree.write("value", "1\n");
    std::vector<KeptFile> files(5);
    const auto kept = [&files] {
        return std::count_if(files.begin(), files.end(), [](const KeptFile& file) { return file.fd.valid(); });
    };
    for (KeptFile& file : files) {
        EXPECT_EQ(reader->reread(tree.root() + "/value", file).text, "1\n");
    }
    EXPECT_EQ(kept(), 2);
    files[0] = {};
    EXPECT_EQ(reader->reread(tree.root() + "/value", files[4]).text, "1\n");
    EXPECT_EQ(kept(), 2);
    EXPECT_TRUE(files[4].fd.valid());
}

TEST(Scan, FindsDevicesByNumberWithHoles) {
    FakeTree tree;
    const auto reader = make_posix_reader();
    tree.unplug(1);
    tree.write("sys/class/tenstorrent/tenstorrent!x/dev", "1:1\n");
    tree.write("sys/class/tenstorrent/other!3/dev", "1:1\n");
    const std::vector<Node> nodes = scan_nodes(*reader, tree.sys());
    ASSERT_EQ(nodes.size(), 2u);
    EXPECT_EQ(nodes[0].index, 0);
    EXPECT_EQ(nodes[1].index, 2);
    EXPECT_EQ(nodes[1].pci, "0000:c1:00.0");
    EXPECT_TRUE(scan_nodes(*reader, tree.root() + "/nothing").empty());
    tree.remove(tree.node(2));  // the link of the class stays for a moment, and leads nowhere
    EXPECT_EQ(scan_nodes(*reader, tree.sys()).size(), 1u);
}

TEST(Scan, KnowsAPciAddress) {
    EXPECT_TRUE(is_pci_address("0000:01:00.0"));
    EXPECT_TRUE(is_pci_address("10000:e1:1f.7"));
    for (const char* text : {"", "0000:01:00", "pci0000:00", "0000:01:0g.0", "tenstorrent!0", "0000-01-00.0"}) {
        EXPECT_FALSE(is_pci_address(text)) << text;
    }
}

}  // namespace
}  // namespace ttmem::telemetry
