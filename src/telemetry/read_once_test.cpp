// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <cerrno>
#include <thread>

#include "telemetry/provider.hpp"
#include "telemetry/test_tree.hpp"

namespace ttmem::telemetry {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLong{60'000};

// A killed child may take its time to end on a busy machine. A child that was not killed never ends, nor does the test
// then.
bool no_children_left() {
    while (::waitpid(-1, nullptr, 0) > 0 || errno == EINTR) {
    }
    return errno == ECHILD;
}

TEST(ReadOnce, SeesAllCards) {
    const FakeTree tree;
    const Snapshot snapshot = read_once(tree.options(), kLong);
    EXPECT_EQ(*snapshot.driver_version.value, "2.10.0");
    ASSERT_EQ(snapshot.devices.size(), 3u);
    EXPECT_EQ(snapshot.devices[0].key, "asic:0214183130325c11");
    EXPECT_EQ(snapshot.devices[2].card_type, "p150a");
    for (const DeviceTelemetry& device : snapshot.devices) {
        EXPECT_EQ(device.condition, Condition::kOk);
        EXPECT_TRUE(device.temperature_celsius.known());
        EXPECT_TRUE(device.open_pids.known());
        EXPECT_TRUE(device.fw_bundle.known());
        EXPECT_EQ(*device.host_to_device_bytes.value, 0u);
        EXPECT_EQ(device.host_to_device_bytes_per_second.state, State::kUnknown);
    }
    EXPECT_DOUBLE_EQ(*snapshot.devices[2].fan_rpm.value, 1882);
    EXPECT_TRUE(no_children_left());
}

TEST(ReadOnce, GivesUpADeviceThatBlocksAndReadsTheOthers) {
    const FakeTree tree;
    const auto reader = std::make_shared<FaultyReader>();
    reader->block("tenstorrent!1/tt_heartbeat");
    // On a machine so busy that the others are late as well, every device gets more time.
    Snapshot snapshot;
    for (milliseconds wait{200}; wait < kLong; wait *= 2) {
        snapshot = read_once(tree.options(reader), wait);
        ASSERT_EQ(snapshot.devices.size(), 3u);
        if (snapshot.devices[0].condition == Condition::kOk && snapshot.devices[2].condition == Condition::kOk) {
            break;
        }
    }
    EXPECT_EQ(snapshot.devices[0].condition, Condition::kOk);
    EXPECT_EQ(snapshot.devices[2].condition, Condition::kOk);
    EXPECT_TRUE(snapshot.devices[2].temperature_celsius.known());
    const DeviceTelemetry& held = snapshot.devices[1];
    EXPECT_EQ(held.condition, Condition::kBlocked);
    EXPECT_TRUE(held.waiting_ns);
    EXPECT_EQ(held.pci, "0000:41:00.0");
    EXPECT_TRUE(held.pcie_speed_gts.known());          // came in time
    EXPECT_EQ(held.heartbeat.state, State::kUnknown);  // came late, which is not zero
    EXPECT_FALSE(held.heartbeat.value);
    EXPECT_TRUE(no_children_left());
}

// Stands still in the middle of a device, as a process does that gets no processor.
class StoppingReader final : public FileReader {
public:
    FileText read(const std::string& path) override {
        if (path.find("tenstorrent!1/tt_heartbeat") != std::string::npos) {
            ::raise(SIGSTOP);
        }
        return real_->read(path);
    }
    FileNames list(const std::string& directory) override { return real_->list(directory); }
    FileText link_target(const std::string& path) override { return real_->link_target(path); }
    std::uint64_t incarnation(const std::string& path) override { return real_->incarnation(path); }

private:
    std::shared_ptr<FileReader> real_ = make_posix_reader();
};

TEST(ReadOnce, AChildThatIsNotLetRunIsNotADeviceThatBlocks) {
    const FakeTree tree;
    static constexpr milliseconds kWait{500};
    std::thread machine([] {
        siginfo_t child{};
        while (::waitid(P_ALL, 0, &child, WSTOPPED | WEXITED | WNOWAIT) != 0) {
            std::this_thread::yield();  // there is none yet
        }
        ASSERT_EQ(child.si_code, CLD_STOPPED) << "it was not waited for";
        std::this_thread::sleep_for(3 * kWait);
        ::kill(child.si_pid, SIGCONT);
    });
    const Snapshot snapshot = read_once(tree.options(std::make_shared<StoppingReader>()), kWait);
    machine.join();
    ASSERT_EQ(snapshot.devices.size(), 3u);
    for (const DeviceTelemetry& device : snapshot.devices) {
        EXPECT_EQ(device.condition, Condition::kOk);
    }
    EXPECT_TRUE(snapshot.devices[1].heartbeat.known());
    EXPECT_TRUE(no_children_left());
}

TEST(ReadOnce, TellsAResetFromANormalAnswer) {
    const FakeTree tree("p150");
    const auto reader = std::make_shared<FaultyReader>();
    reader->fail("/tt_", ENODATA);
    reader->fail("/hwmon/", ENODATA);
    const Snapshot snapshot = read_once(tree.options(reader), kLong);
    ASSERT_EQ(snapshot.devices.size(), 1u);
    EXPECT_EQ(snapshot.devices[0].condition, Condition::kInReset);
    EXPECT_EQ(snapshot.devices[0].key, "pci:0000:c1:00.0");
    EXPECT_EQ(snapshot.devices[0].temperature_celsius.state, State::kInReset);
}

TEST(ReadOnce, FindsNothingWhereThereIsNothing) {
    Options options;
    options.sysfs_root = "/nonexistent";
    options.procfs_root = "/nonexistent";
    const Snapshot snapshot = read_once(options);
    EXPECT_TRUE(snapshot.devices.empty());
    EXPECT_EQ(snapshot.driver_version.state, State::kUnknown);
}

}  // namespace
}  // namespace ttmem::telemetry
