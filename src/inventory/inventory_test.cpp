// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Real processes, real locks, real ledgers: which are alive, which may be believed, and which count.
#include "inventory/inventory.hpp"

#include <gtest/gtest.h>
#include <linux/close_range.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstddef>
#include <optional>

#include "inventory/process_state.hpp"
#include "inventory/test_support.hpp"
#include "ledger/format.hpp"

namespace ttmem::inventory {
namespace {

using api::MemoryKind;
using api::ProcessState;
using ledger::FileHeader;
using testing::Child;
using testing::kBanks;
using testing::kPerBank;
using testing::LedgerBase;
using testing::TestWriter;

constexpr uint64_t kBytes = kPerBank * kBanks;  // of one buffer
constexpr int kPatienceMs = 60'000;

TestWriter* begin(int buffers, uint64_t unique_id = 0) {
    return new TestWriter(buffers, unique_id);
}

const api::Process* find(const api::Model& model, pid_t pid, size_t number = 0) {
    for (const api::Process& process : model.processes) {
        if (process.pid == pid && number-- == 0) {
            return &process;
        }
    }
    return nullptr;
}

uint64_t live_dram(const api::Model& model) {
    uint64_t sum = 0;
    for (const api::Device& device : model.devices) {
        sum += device.memory[MemoryKind::kDram].allocated_bytes.value();
    }
    return sum;
}

api::Bytes dram_of(const api::Process& process) {
    return process.devices.empty() ? std::nullopt : process.devices[0].bytes[MemoryKind::kDram];
}

class InventoryTest : public ::testing::Test {
protected:
    std::shared_ptr<const api::Model> look(const Request& request = {Depth::kBuffers}) {
        return Inventory({base_.path(), TelemetryUse::kOff}).refresh(request);
    }
    LedgerBase base_;
};

TEST_F(InventoryTest, LiveProcessIsListedWithWhatItHolds) {
    const Child child([] { begin(3); });
    ASSERT_TRUE(child.ready());
    const auto model = look();
    ASSERT_EQ(model->processes.size(), 1u);
    const api::Process& process = model->processes[0];
    EXPECT_EQ(process.pid, child.pid());
    EXPECT_TRUE(process.pid_visible);
    EXPECT_EQ(process.state, ProcessState::kLive);
    EXPECT_EQ(process.user, user_name(geteuid()));
    EXPECT_NE(process.command, "");
    EXPECT_EQ(dram_of(process), 3 * kBytes);
    ASSERT_EQ(model->devices.size(), 1u);
    const api::Device& device = model->devices[0];
    EXPECT_EQ(device.live_processes, 1u);
    EXPECT_EQ(device.arch, "wormhole_b0");
    EXPECT_EQ(device.board, "n150");
    EXPECT_TRUE(device.mock);
    const api::MemoryUse& dram = device.memory[MemoryKind::kDram];
    EXPECT_EQ(dram.allocated_bytes, 3 * kBytes);
    EXPECT_EQ(dram.requested_bytes, 3 * (kBytes - 8));
    EXPECT_EQ(dram.peak_bytes, 3 * kBytes);
    EXPECT_EQ(dram.buffers, 3u);
    EXPECT_EQ(dram.banks, kBanks);
    EXPECT_EQ(dram.capacity_bytes, kBanks * testing::kBankBytes);
    EXPECT_EQ(dram.physical_bytes, kBanks * 2 * testing::kBankBytes);
    EXPECT_EQ(dram.reserved_bytes, kBanks * testing::kBankBytes);
    EXPECT_EQ(dram.largest_free_bytes_per_bank, testing::kBankBytes - 3 * kPerBank);
    EXPECT_EQ(device.memory[MemoryKind::kTrace].capacity_bytes, std::nullopt) << "unknown is not 0";
    ASSERT_EQ(model->buffers.size(), 3u);
    EXPECT_EQ(model->buffers[2].id, 2u);
    EXPECT_EQ(model->buffers[2].devices, std::vector<api::DeviceIndex>{0});
    EXPECT_EQ(model->buffers[2].allocated_bytes, kBytes);
}

TEST_F(InventoryTest, KilledProcessLeavesTheTotalsAndKeepsItsFigures) {
    Inventory inventory({base_.path(), TelemetryUse::kOff});
    Child child([] { begin(3); });
    EXPECT_EQ(live_dram(*inventory.refresh()), 3 * kBytes);
    const pid_t pid = child.pid();
    child.kill_and_wait();
    for (int look = 0; look < 2; ++look) {  // read, then remembered
        const auto model = inventory.refresh({.depth = Depth::kBuffers});
        EXPECT_EQ(live_dram(*model), 0u);
        EXPECT_TRUE(model->buffers.empty());
        const api::Process* dead = find(*model, pid);
        ASSERT_NE(dead, nullptr);
        EXPECT_EQ(dead->state, ProcessState::kDied);
        EXPECT_FALSE(dead->pid_visible);
        EXPECT_EQ(dram_of(*dead), 3 * kBytes);
        EXPECT_EQ(model->devices.at(0).live_processes, 0u);
        EXPECT_EQ(model->devices.at(0).memory[MemoryKind::kDram].peak_bytes, std::nullopt);
    }
}

TEST_F(InventoryTest, StoppedProcessCountsAndGoesOn) {
    Inventory inventory({base_.path(), TelemetryUse::kOff});
    const Child child([] { begin(2); });
    child.stop();
    auto model = inventory.refresh();
    EXPECT_EQ(model->processes.at(0).state, ProcessState::kStopped);
    EXPECT_EQ(live_dram(*model), 2 * kBytes);
    child.send(SIGCONT);
    waitpid(child.pid(), nullptr, WCONTINUED);
    model = inventory.refresh();
    EXPECT_EQ(model->processes.at(0).state, ProcessState::kLive);
}

TEST_F(InventoryTest, ProcessThatSaidGoodbyeExited) {
    Child child([] {
        TestWriter* writer = begin(1);
        writer->writer().header().mark_exited();
        Child::say_ready();
        _exit(0);
    });
    child.wait();
    const auto model = look();
    ASSERT_EQ(model->processes.size(), 1u);
    EXPECT_EQ(model->processes[0].state, ProcessState::kExited);
    EXPECT_EQ(live_dram(*model), 0u);
}

// A daemon closes every descriptor it did not open; its lock goes, and it lives on.
TEST_F(InventoryTest, HostThatClosesAllDescriptorsIsLive) {
    const Child child([] {
        begin(2);
        Child::say_ready();
        syscall(SYS_close_range, 3u, ~0u, 0u);
    });
    ASSERT_TRUE(child.ready());
    std::shared_ptr<const api::Model> model;
    for (int tries = 0; tries < kPatienceMs; ++tries) {  // until it has closed them
        const int fd = open(base_.ledgers().at(0).c_str(), O_RDONLY | O_CLOEXEC);
        const bool held = query_write_lock(fd).held;
        close(fd);
        if (!held) {
            break;
        }
        usleep(1000);
    }
    model = look();
    ASSERT_EQ(model->processes.size(), 1u);
    EXPECT_EQ(model->processes[0].state, ProcessState::kLive);
    EXPECT_EQ(model->processes[0].pid, child.pid());
    EXPECT_EQ(live_dram(*model), 2 * kBytes);
}

TEST_F(InventoryTest, ProcessThatBecameAnotherProgramDied) {
    const Child child([] {
        begin(1);
        Child::say_ready();
        execl("/bin/sleep", "sleep", "1000", nullptr);
        _exit(1);
    });
    const std::string link = "/proc/" + std::to_string(child.pid()) + "/exe";
    for (int tries = 0; tries < kPatienceMs; ++tries) {
        std::error_code error;
        if (std::filesystem::read_symlink(link, error) != std::filesystem::read_symlink("/proc/self/exe")) {
            break;
        }
        usleep(1000);
    }
    ASSERT_EQ(kill(child.pid(), 0), 0);
    const auto model = look();
    ASSERT_EQ(model->processes.size(), 1u);
    EXPECT_EQ(model->processes[0].state, ProcessState::kDied);
    EXPECT_EQ(live_dram(*model), 0u);
}

TEST_F(InventoryTest, ForkedChildDoesNotKeepItsParentAlive) {
    int told[2];
    ASSERT_EQ(pipe(told), 0);
    Child parent([&] {
        begin(1);
        const pid_t grandchild = fork();
        if (grandchild == 0) {
            for (;;) {
                pause();
            }
        }
        static_cast<void>(!write(told[1], &grandchild, sizeof grandchild));
    });
    pid_t grandchild = 0;
    ASSERT_EQ(read(told[0], &grandchild, sizeof grandchild), static_cast<ssize_t>(sizeof grandchild));
    close(told[0]);
    close(told[1]);
    parent.kill_and_wait();
    ASSERT_EQ(kill(grandchild, 0), 0);
    const auto model = look();
    EXPECT_EQ(model->processes.at(0).state, ProcessState::kDied);
    EXPECT_EQ(live_dram(*model), 0u);
    kill(grandchild, SIGKILL);
}

// Closing any descriptor of a process's own ledger would drop the lock by which readers know that the process lives.
TEST_F(InventoryTest, LookingAroundKeepsOnesOwnLock) {
    const Child child([&] {
        begin(1);
        Inventory inventory({base_.path(), TelemetryUse::kOff});
        for (int i = 0; i < 3; ++i) {
            if (!inventory.refresh({.depth = Depth::kBuffers})->processes.empty()) {
                _exit(7);
            }
        }
    });
    ASSERT_TRUE(child.ready());
    const auto model = look();
    ASSERT_EQ(model->processes.size(), 1u);
    EXPECT_EQ(model->processes[0].state, ProcessState::kLive);
    const int fd = open(model->processes[0].ledger.c_str(), O_RDONLY | O_CLOEXEC);
    const WriteLock lock = query_write_lock(fd);
    close(fd);
    EXPECT_TRUE(lock.held);
    EXPECT_EQ(lock.pid, child.pid());
}

TEST_F(InventoryTest, ReusedPidIsNotTheDeadProcess) {
    const Child living([] { begin(1); });
    std::string bytes = testing::read_file(base_.ledgers().at(0));
    uint64_t ticks = 0;
    std::memcpy(&ticks, bytes.data() + offsetof(FileHeader, start_time_ticks), sizeof ticks);
    testing::patch(bytes, offsetof(FileHeader, start_time_ticks), ticks - 1);
    testing::write_file(base_.own() + "/" + std::to_string(living.pid()) + "-00000000000000aa.ledger", bytes);
    const auto model = look();
    ASSERT_EQ(model->processes.size(), 2u);
    EXPECT_EQ(find(*model, living.pid(), 0)->state, ProcessState::kLive) << "the living one comes first";
    EXPECT_EQ(find(*model, living.pid(), 1)->state, ProcessState::kDied);
    EXPECT_EQ(live_dram(*model), kBytes);
}

TEST_F(InventoryTest, LedgerOfAnEarlierBootDied) {
    Child child([] { begin(1); });
    const std::string path = base_.ledgers().at(0);
    std::string bytes = testing::read_file(path);
    bytes[offsetof(FileHeader, boot_id)] ^= 1;
    testing::write_file(base_.own() + "/" + std::to_string(child.pid()) + "-00000000000000aa.ledger", bytes);
    const auto model = look();
    ASSERT_EQ(model->processes.size(), 2u);
    EXPECT_EQ(find(*model, child.pid(), 1)->state, ProcessState::kDied);
}

TEST_F(InventoryTest, LedgerThatClaimsAnotherUsersProcessIsNotCounted) {
    if (geteuid() != 0) {
        GTEST_SKIP() << "only root can make a file of another user";
    }
    constexpr uid_t kOther = 65534;
    const Child child([] { begin(1); });
    std::string bytes = testing::read_file(base_.ledgers().at(0));
    testing::patch(bytes, offsetof(FileHeader, uid), uint32_t{kOther});
    const std::string directory = base_.path() + "/tt_alloc.65534";
    ASSERT_EQ(mkdir(directory.c_str(), 0755), 0);
    ASSERT_EQ(chown(directory.c_str(), kOther, kOther), 0);
    const std::string path = directory + "/" + std::to_string(child.pid()) + "-00000000000000aa.ledger";
    testing::write_file(path, bytes);
    ASSERT_EQ(chown(path.c_str(), kOther, kOther), 0);
    const auto model = look();
    ASSERT_EQ(model->processes.size(), 2u);
    const api::Process& liar = model->processes[1];
    EXPECT_EQ(liar.state, ProcessState::kUntrusted);
    EXPECT_NE(liar.reason.find("another user's"), std::string::npos) << liar.reason;
    EXPECT_TRUE(liar.devices.empty());
    EXPECT_EQ(live_dram(*model), kBytes);
}

TEST_F(InventoryTest, HeldLockOfAnotherProcessThanClaimedIsNotCounted) {
    const Child victim([] { begin(1); });
    const std::string bytes = testing::read_file(base_.ledgers().at(0));
    const std::string path = base_.own() + "/" + std::to_string(victim.pid()) + "-00000000000000aa.ledger";
    testing::write_file(path, bytes);
    const Child liar([&] {
        struct flock whole {};
        whole.l_type = F_WRLCK;
        if (fcntl(open(path.c_str(), O_RDWR), F_SETLK, &whole) != 0) {
            _exit(1);
        }
    });
    ASSERT_TRUE(liar.ready());
    const auto model = look();
    ASSERT_EQ(model->processes.size(), 2u);
    EXPECT_EQ(std::count_if(model->processes.begin(), model->processes.end(),
                            [](const api::Process& process) { return process.state == ProcessState::kUntrusted; }),
              1);
    EXPECT_EQ(live_dram(*model), kBytes);
}

TEST_F(InventoryTest, ReadLockOfAnybodyProvesNothing) {
    Child child([] { begin(1); });
    const std::string path = base_.ledgers().at(0);
    child.kill_and_wait();
    const Child other([&] {
        struct flock whole {};
        whole.l_type = F_RDLCK;
        if (fcntl(open(path.c_str(), O_RDONLY), F_SETLK, &whole) != 0) {
            _exit(1);
        }
    });
    ASSERT_TRUE(other.ready());
    EXPECT_EQ(look()->processes.at(0).state, ProcessState::kDied);
}

TEST_F(InventoryTest, ForeignVersionAndDamageAreTold) {
    Child child([] { begin(1); });
    const std::string path = base_.ledgers().at(0);
    child.kill_and_wait();
    std::string bytes = testing::read_file(path);
    testing::write_file(base_.own() + "/11-00000000000000aa.ledger", bytes.substr(0, 8192));
    testing::write_file(base_.own() + "/12-00000000000000aa.ledger", std::string(100, 'x'));
    testing::write_file(base_.own() + "/13-00000000000000aa.ledger", "");
    testing::patch(bytes, offsetof(FileHeader, major), uint16_t{ledger::kMajor + 1});
    testing::write_file(base_.own() + "/10-00000000000000aa.ledger", bytes);
    const auto model = look();
    ASSERT_EQ(model->processes.size(), 4u) << "one that is being made is not shown";
    EXPECT_EQ(live_dram(*model), 0u);
    const auto state_of = [&](const std::string& file) {
        for (const api::Process& process : model->processes) {
            if (process.ledger.find(file) != std::string::npos) {
                EXPECT_NE(process.reason, "");
                return process.state;
            }
        }
        return ProcessState::kLive;
    };
    EXPECT_EQ(state_of("/10-"), ProcessState::kForeign);
    EXPECT_EQ(state_of("/11-"), ProcessState::kCorrupt);
    EXPECT_EQ(state_of("/12-"), ProcessState::kCorrupt);
}

TEST_F(InventoryTest, ParentMeshAndSubmeshAtOneAddressAreCountedOnce) {
    const Child child([] {
        TestWriter* writer = begin(2);
        const uint32_t submesh = writer->open(2, writer->allocator());
        writer->place(submesh, 100, testing::kBaseAddress);                       // over the parent's first
        writer->place(submesh, 101, testing::kBaseAddress + 2 * kPerBank - 512);  // half over its second
    });
    for (const bool buffers : {false, true}) {
        const auto model = look({.depth = buffers ? Depth::kBuffers : Depth::kTotals});
        EXPECT_EQ(live_dram(*model), 2 * kBytes + kBytes / 2) << "with list: " << buffers;
        EXPECT_EQ(dram_of(model->processes.at(0)), 2 * kBytes + kBytes / 2);
        const api::MemoryUse& dram = model->devices.at(0).memory[MemoryKind::kDram];
        EXPECT_EQ(dram.buffers, 4u);
        EXPECT_EQ(dram.peak_bytes, std::nullopt) << "two allocators held bytes at once";
        EXPECT_EQ(dram.largest_free_bytes_per_bank, std::nullopt);
    }
}

TEST_F(InventoryTest, ProcessesOfOneChipAreOneDevice) {
    const Child first([] { begin(2); });
    const Child second([] { begin(5); });
    const auto model = look({});
    ASSERT_EQ(model->devices.size(), 1u);
    EXPECT_EQ(model->devices[0].live_processes, 2u);
    EXPECT_EQ(model->devices[0].memory[MemoryKind::kDram].allocated_bytes, 5 * kBytes);
    EXPECT_EQ(model->devices[0].memory[MemoryKind::kDram].peak_bytes, std::nullopt);
    EXPECT_EQ(dram_of(*find(*model, first.pid())), 2 * kBytes);
    EXPECT_EQ(dram_of(*find(*model, second.pid())), 5 * kBytes);
}

TEST_F(InventoryTest, UnlikeUniqueIdsAreTwoDevices) {
    const Child first([] { begin(1, 0x10); });
    const Child second([] { begin(1, 0x11); });
    EXPECT_EQ(look()->devices.size(), 2u);
}

TEST_F(InventoryTest, ViewsTakeNothingAndPreallocatedBuffersAreApart) {
    const Child child([] {
        TestWriter* writer = begin(2);
        writer->place(writer->allocator(), 50, testing::kBaseAddress + kPerBank, ledger::kAccountFixed);
        writer->place(writer->allocator(), 51, testing::kBaseAddress + kPerBank + 512, ledger::kAccountFixed);
        writer->place(writer->allocator(), 52, testing::kBaseAddress + 500 * kPerBank, ledger::kAccountFixed);
        writer->place(writer->allocator(), 53, 0, ledger::kAccountHooked);
    });
    const auto model = look();
    EXPECT_EQ(live_dram(*model), 2 * kBytes);
    EXPECT_EQ(model->devices.at(0).preallocated_bytes, 2 * kBytes);
    ASSERT_EQ(model->buffers.size(), 6u);
    const auto kind = [&](size_t row) { return model->buffers[row].kind; };
    EXPECT_EQ(kind(2), api::BufferKind::kView);
    EXPECT_EQ(kind(3), api::BufferKind::kPreallocated) << "it reaches past the end of the buffer";
    EXPECT_EQ(kind(4), api::BufferKind::kPreallocated);
    EXPECT_EQ(kind(5), api::BufferKind::kHooked);
    EXPECT_EQ(model->buffers[2].allocated_bytes, 0u);
    EXPECT_EQ(model->buffers[4].allocated_bytes, kBytes);
    EXPECT_EQ(model->buffers[5].allocated_bytes, 0u);
    EXPECT_EQ(look({})->devices.at(0).preallocated_bytes, std::nullopt) << "without a list nobody can tell";
}

TEST_F(InventoryTest, EventsAreFollowed) {
    Inventory inventory({base_.path(), TelemetryUse::kOff});
    const Child child([] {
        TestWriter* writer = begin(2);
        Child::say_ready();
        for (;;) {
            static uint64_t id = 1000;
            raise(SIGSTOP);
            writer->place(writer->allocator(), id++, testing::kBaseAddress);
        }
    });
    const auto stopped = [&] { waitpid(child.pid(), nullptr, WUNTRACED); };
    stopped();
    Request request;
    request.events = true;
    EXPECT_TRUE(inventory.refresh()->events.empty()) << "nobody asked";
    EXPECT_EQ(inventory.refresh(request)->events.size(), 3u) << "what the ring kept: one device open, two buffers";
    EXPECT_TRUE(inventory.refresh(request)->events.empty());
    child.send(SIGCONT);
    stopped();
    inventory.refresh();  // reads the ledger, and reports no events
    const auto model = inventory.refresh(request);
    ASSERT_EQ(model->events.size(), 1u);
    EXPECT_EQ(model->events[0].type, api::EventType::kAllocate);
    EXPECT_EQ(model->events[0].id, 1000u);
    EXPECT_EQ(model->events[0].kind, MemoryKind::kDram);
    EXPECT_EQ(model->events[0].bytes, kBytes);
    EXPECT_EQ(model->events[0].devices, std::vector<api::DeviceIndex>{0});
}

TEST_F(InventoryTest, OfTenThousandDeadLedgersSomeAreReadAndRemembered) {
    constexpr int kDead = 10'000;
    constexpr size_t kRead = 512;  // of one user
    Child child([] { begin(1); });
    const std::string path = base_.ledgers().at(0);
    child.kill_and_wait();
    const Child living([] { begin(2); });  // first: a process that starts cleans up after the dead
    for (int i = 1; i < kDead; ++i) {      // many names of one file
        char name[64];
        std::snprintf(name, sizeof name, "/%d-%016x.ledger", 100'000 + i, i);
        ASSERT_EQ(link(path.c_str(), (base_.own() + name).c_str()), 0);
    }
    Inventory inventory({base_.path(), TelemetryUse::kOff});
    for (int look = 0; look < 3; ++look) {
        const auto model = inventory.refresh();
        EXPECT_EQ(model->processes.size(), kRead + 1);
        EXPECT_EQ(model->processes[0].pid, living.pid());
        EXPECT_EQ(live_dram(*model), 2 * kBytes);
        const std::string left_out = "; " + std::to_string(kDead - kRead) + " are not read";
        EXPECT_EQ(std::count_if(model->notices.begin(), model->notices.end(),
                                [&](const std::string& notice) { return notice.ends_with(left_out); }),
                  1);
    }
}

TEST(InventoryPlace, MissingFolderIsSaid) {
    const auto model = Inventory({"/nowhere/at/all", TelemetryUse::kOff}).refresh();
    EXPECT_TRUE(model->processes.empty());
    ASSERT_EQ(model->notices.size(), 1u);
    EXPECT_NE(model->notices[0].find("/nowhere/at/all"), std::string::npos);
}

}  // namespace
}  // namespace ttmem::inventory
