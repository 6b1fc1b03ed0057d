// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The client's contract, seen from the ledger that it leaves: reference counts, roles, threads, forks, being switched
// off.
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <set>
#include <thread>
#include <unordered_map>
#include <vector>

#include "../crash/ledger_home.hpp"
#include "in_child.hpp"

namespace ttmem::test {
namespace {

using ledger::AccountTotals;
using ledger::Snapshot;

Snapshot left_by(const LedgerHome& home, const std::function<void()>& act) {
    const ChildResult result = in_child(act);
    EXPECT_TRUE(WIFEXITED(result.status) && WEXITSTATUS(result.status) == 0) << "status " << result.status;
    EXPECT_EQ(result.stdout_text, "");
    EXPECT_EQ(result.stderr_text, "");
    auto answer = read_ledger(home.ledger(), true);
    if (std::holds_alternative<ledger::ReadError>(answer)) {
        ADD_FAILURE() << std::get<ledger::ReadError>(answer).message;
        return {};
    }
    return std::get<Snapshot>(answer);
}

TEST(Reports, ASecondReportOfALiveKeyAddsNoBytesAndTheLastFreeTakesThem) {
    const LedgerHome home;
    const Snapshot s = left_by(home, [] {
        tt_alloc_report_allocation(0, 4096, TT_ALLOC_DRAM, 0x1000);
        tt_alloc_report_allocation(0, 4096, TT_ALLOC_DRAM, 0x1000);
        tt_alloc_report_allocation(0, 100, TT_ALLOC_L1, 0x2000);
        tt_alloc_report_allocation(1, 7, TT_ALLOC_DRAM, 0x1000);
        tt_alloc_report_deallocation(0, 0x1000);
        tt_alloc_report_deallocation(0, 0x2000);
        tt_alloc_report_deallocation(0, 0x3000);
    });
    ASSERT_EQ(s.allocators.size(), 2u);
    EXPECT_EQ(s.allocators[0].totals[ledger::kAccountDram].bytes, 4096u);
    EXPECT_EQ(s.allocators[0].totals[ledger::kAccountDram].buffers, 1u);
    EXPECT_EQ(s.allocators[0].totals[ledger::kAccountDram].peak_bytes, 4096u);
    EXPECT_EQ(s.allocators[0].totals[ledger::kAccountL1].bytes, 0u);
    EXPECT_EQ(s.allocators[0].totals[ledger::kAccountL1].peak_bytes, 100u);
    EXPECT_EQ(s.allocators[1].totals[ledger::kAccountDram].bytes, 7u);
    EXPECT_EQ(s.lost[ledger::kLostUnknownFree], 1u);
    EXPECT_EQ(s.devices[1].logical_id, 1);
}

TEST(Reports, CircularBuffersAndKernelsHaveKeysOfTheirOwn) {
    const LedgerHome home;
    const Snapshot s = left_by(home, [] {
        tt_alloc_report_allocation(0, 1, TT_ALLOC_DRAM, 5);
        tt_alloc_report_cb_allocation(0, 64 * 4096, 5);
        tt_alloc_report_kernel_load(0, 1000, 5, TT_ALLOC_KERNEL_APPLICATION);
        tt_alloc_report_kernel_load(0, 200, 6, TT_ALLOC_KERNEL_FABRIC);
        tt_alloc_report_kernel_load(0, 30, 7, TT_ALLOC_KERNEL_DISPATCH);
        tt_alloc_report_kernel_unload(0, 1000, 5);
        tt_alloc_report_cb_allocation(0, 64 * 4096, 5);
        tt_alloc_report_cb_deallocation(0, 64 * 4096, 5);
    });
    const auto& totals = s.allocators.at(0).totals;
    EXPECT_EQ(totals[ledger::kAccountDram].bytes, 1u);
    EXPECT_EQ(totals[ledger::kAccountCircularBuffer].bytes, 64u * 4096);
    EXPECT_EQ(totals[ledger::kAccountKernelApplication].bytes, 0u);
    EXPECT_EQ(totals[ledger::kAccountKernelApplication].peak_bytes, 1000u);
    EXPECT_EQ(totals[ledger::kAccountKernelFabric].bytes, 200u);
    EXPECT_EQ(totals[ledger::kAccountKernelDispatch].bytes, 30u);
}

TEST(Reports, NonsenseIsCountedAndIgnored) {
    const LedgerHome home;
    const Snapshot s = left_by(home, [] {
        tt_alloc_report_allocation(0, 10, 5, 1);
        tt_alloc_report_allocation(-1, 10, 0, 1);
        tt_alloc_report_allocation(1 << 20, 10, 0, 1);
        tt_alloc_report_kernel_load(0, 10, 1, 3);
        const uint32_t allocator = open_n150();
        tt_alloc_buffer buffer = dram_buffer(allocator, 1);
        buffer.allocator = 77;
        tt_alloc_buffer_allocated(&buffer);
        buffer = dram_buffer(allocator, 2);
        buffer.type = 9;
        tt_alloc_buffer_allocated(&buffer);
        allocate(allocator, 3);
        allocate(allocator, 3);
    });
    EXPECT_EQ(s.lost[ledger::kLostBadArgument], 6u);
    EXPECT_EQ(s.lost[ledger::kLostDuplicate], 1u);
    ASSERT_EQ(s.buffers.size(), 1u);
    EXPECT_EQ(s.buffers[0].id, 3u);
}

TEST(Devices, CallersOfAnOlderAbiAreHeard) {
    const LedgerHome home;
    const Snapshot s = left_by(home, [] {
        tt_alloc_device device{};
        device.l1_cores = 72;
        device.l1_columns = 8;
        device.struct_size = sizeof device;
        tt_alloc_describe_device(&device);
        device.l1_columns = 7;  // no grid of 72
        device.logical_id = 1;
        tt_alloc_describe_device(&device);
        device.struct_size = 104;  // ABI 3: ends with l1_cores
        device.l1_columns = 8;
        device.logical_id = 2;
        tt_alloc_describe_device(&device);
        device.struct_size = 103;
        device.logical_id = 3;
        tt_alloc_describe_device(&device);
    });
    ASSERT_EQ(s.devices.size(), 3u);
    EXPECT_EQ(s.devices[0].l1_columns, 8u);
    EXPECT_EQ(s.devices[1].l1_columns, std::nullopt);
    EXPECT_EQ(s.devices[2].l1_columns, std::nullopt);
    EXPECT_EQ(s.devices[2].l1_cores, 72u);
    EXPECT_EQ(s.lost[ledger::kLostBadArgument], 1u);
}

TEST(Buffers, RolesLayoutsAndFailuresAreKept) {
    const LedgerHome home;
    const Snapshot s = left_by(home, [] {
        const uint32_t allocator = open_n150(3);
        allocate(allocator, 1, 8192);
        tt_alloc_buffer fixed = dram_buffer(allocator, 2);
        fixed.role = TT_ALLOC_ROLE_FIXED;
        fixed.device = 0;
        tt_alloc_buffer_allocated(&fixed);
        tt_alloc_buffer hooked = dram_buffer(allocator, 4);
        hooked.role = TT_ALLOC_ROLE_HOOKED;
        hooked.type = TT_ALLOC_L1;
        hooked.layout = TT_ALLOC_LAYOUT_SHARDED;
        tt_alloc_buffer_allocated(&hooked);
        const tt_alloc_buffer wanted = dram_buffer(allocator, 0, uint64_t{1} << 40);
        tt_alloc_allocation_failed(&wanted, 12345);
    });
    EXPECT_EQ(s.allocators.at(0).totals[ledger::kAccountDram].bytes, 8192u * 12);
    EXPECT_EQ(s.allocators[0].totals[ledger::kAccountDram].requested_bytes, 8192u * 12 - 5);
    EXPECT_EQ(s.allocators[0].totals[ledger::kAccountDram].failures, 1u);
    EXPECT_EQ(s.allocators[0].totals[ledger::kAccountFixed].buffers, 1u);
    ASSERT_EQ(s.buffers.size(), 3u);
    for (const ledger::Buffer& b : s.buffers) {
        EXPECT_EQ(b.device.has_value(), b.id == 2) << b.id;
        EXPECT_EQ(b.layout, b.id == 4 ? ledger::kLayoutSharded : ledger::kLayoutInterleaved);
        EXPECT_EQ(b.type, b.id == 4 ? TT_ALLOC_L1 : TT_ALLOC_DRAM);
    }
    ASSERT_EQ(s.failures.size(), 1u);
    EXPECT_EQ(s.failures[0].bytes_per_bank, uint64_t{1} << 40);
    EXPECT_EQ(s.failures[0].largest_free_per_bank, 12345u);
    EXPECT_EQ(s.failures[0].allocated_bytes, 8192u * 12);
    EXPECT_EQ(s.devices.at(0).logical_id, 3);
    EXPECT_TRUE(s.devices[0].mock);
}

TEST(Allocators, CloseDropsWhatLivesInItAndReopenGoesOnWithThePeak) {
    const LedgerHome home;
    const Snapshot s = left_by(home, [] {
        const uint32_t first = open_n150();
        const uint32_t other = open_n150(1);
        for (uint64_t id = 1; id <= 1000; ++id) {
            allocate(id % 2 == 0 ? first : other, id);
        }
        tt_alloc_close_allocator(first);
        tt_alloc_close_allocator(first);
        const uint32_t again = open_n150();
        if (again != first) {
            _exit(2);
        }
        allocate(again, 2000);
        tt_alloc_clear_allocator(other);
        allocate(other, 2001);
    });
    EXPECT_EQ(s.buffers.size(), 2u);
    EXPECT_EQ(s.allocators.at(0).totals[0].bytes, 4096u * 12);
    EXPECT_EQ(s.allocators[0].totals[0].peak_bytes, 500u * 4096 * 12);
    EXPECT_EQ(s.allocators[0].generation, 2u);
    EXPECT_TRUE(s.allocators[0].open);
    EXPECT_EQ(s.allocators.at(1).totals[0].frees, 500u);
}

TEST(Allocators, ManyMoreThanOneBlockAreKeptApart) {
    const LedgerHome home;
    const Snapshot s = left_by(home, [] {
        for (int32_t i = 0; i < 200; ++i) {
            allocate(open_n150(i), static_cast<uint64_t>(i), 32 * (static_cast<uint64_t>(i) + 1));
        }
    });
    ASSERT_EQ(s.allocators.size(), 200u);
    for (uint64_t i = 0; i < 200; ++i) {
        EXPECT_EQ(s.allocators[i].totals[0].bytes, 32 * (i + 1) * 12);
    }
}

TEST(Switch, OffMeansNoLedgerAndNoDirectory) {
    const LedgerHome home;
    const ChildResult result = in_child([] {
        client::set_tracking(false);
        tt_alloc_report_allocation(0, 1, 0, 1);
        open_n150();
    });
    EXPECT_EQ(result.status, 0);
    EXPECT_TRUE(std::filesystem::is_empty(home.base()));
}

TEST(Switch, OnMakesNothingBeforeTheFirstReportAndAFreeMakesNothing) {
    const LedgerHome home;
    in_child([] {
        tt_alloc_report_deallocation(0, 1);
        tt_alloc_buffer_freed(5);
    });
    EXPECT_TRUE(std::filesystem::is_empty(home.base()));
}

TEST(Errno, IsKept) {
    const LedgerHome home;
    left_by(home, [] {
        errno = 4711;
        const uint32_t allocator = open_n150();
        allocate(allocator, 1);
        tt_alloc_buffer_freed(1);
        tt_alloc_buffer_freed(2);
        for (uint64_t id = 1; id < 20'000; ++id) {
            allocate(allocator, id);
        }
        if (errno != 4711) {
            _exit(2);
        }
    });
}

TEST(Size, AtMostTwoMebibytesBeforeTheFirstBuffer) {
    const LedgerHome home;
    left_by(home, [] { open_n150(); });
    uint64_t bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(home.base())) {
        struct stat file {};
        ASSERT_EQ(stat(entry.path().c_str(), &file), 0);
        bytes += static_cast<uint64_t>(file.st_blocks) * 512;
    }
    EXPECT_GT(bytes, 0u);
    EXPECT_LE(bytes, 2u << 20);
}

TEST(Size, AFullTableKeepsTotalsExactAndSaysWhatItCannotList) {
    const LedgerHome home;
    setenv("TT_ALLOC_LEDGER_MAX_BUFFERS", "4096", 1);
    const Snapshot s = left_by(home, [] {
        const uint32_t allocator = open_n150();
        for (uint64_t id = 1; id <= 10'000; ++id) {
            allocate(allocator, id, 32);
        }
        for (uint64_t id = 1; id <= 10'000; id += 4) {
            tt_alloc_buffer_freed(id);
        }
    });
    unsetenv("TT_ALLOC_LEDGER_MAX_BUFFERS");
    EXPECT_EQ(s.allocators.at(0).totals[0].buffers, 7500u);
    EXPECT_EQ(s.allocators[0].totals[0].bytes, 7500u * 32 * 12);
    EXPECT_EQ(s.allocators[0].totals[0].peak_bytes, 10'000u * 32 * 12);
    EXPECT_EQ(s.buffers.size() + s.unlisted_buffers, 7500u);
    EXPECT_EQ(s.lost[ledger::kLostUnlisted], 10'000u - 4096);
}

// Threads allocate, free their own and each other's buffers; every thread keeps its own book, and the books together
// are what the ledger must hold.
TEST(Threads, RandomRunAgainstBooks) {
    const LedgerHome home;
    constexpr int kThreads = 8;
    constexpr int kRounds = 30'000;
    Shared<std::array<std::atomic<uint64_t>, 3>> expected;  // buffers, bytes, events
    const Snapshot s = left_by(home, [&] {
        const uint32_t allocator = open_n150();
        // Hand-over places: a thread puts a live id in, another takes it out and frees it.
        static std::array<std::atomic<uint64_t>, 64> places{};
        std::vector<std::thread> threads;
        for (int t = 0; t < kThreads; ++t) {
            threads.emplace_back([&, t] {
                std::mt19937 random(static_cast<unsigned>(t));
                std::vector<uint64_t> own;
                uint64_t next = (static_cast<uint64_t>(t) + 1) << 32;
                uint64_t events = 0;
                const auto size_of = [](uint64_t id) { return 32 * (id % 7 + 1); };
                for (int i = 0; i < kRounds; ++i) {
                    const unsigned what = random() % 4;
                    if (what == 0 && !own.empty()) {
                        const size_t at = random() % own.size();
                        tt_alloc_buffer_freed(own[at]);
                        own[at] = own.back();
                        own.pop_back();
                        ++events;
                    } else if (what == 1) {
                        // Swap one of ours into a place and free what was there.
                        uint64_t given = 0;
                        if (!own.empty()) {
                            given = own.back();
                            own.pop_back();
                        }
                        const uint64_t got = places[random() % places.size()].exchange(given);
                        if (got != 0) {
                            tt_alloc_buffer_freed(got);
                            ++events;
                        }
                    } else {
                        allocate(allocator, next, size_of(next));
                        own.push_back(next++);
                        ++events;
                    }
                }
                uint64_t bytes = 0;
                for (const uint64_t id : own) {
                    bytes += size_of(id) * 12;
                }
                (*expected)[0] += own.size();
                (*expected)[1] += bytes;
                (*expected)[2] += events;
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        for (const auto& place : places) {
            if (const uint64_t id = place.load(); id != 0) {
                (*expected)[0] += 1;
                (*expected)[1] += 32 * (id % 7 + 1) * 12;
            }
        }
    });
    const AccountTotals& totals = s.allocators.at(0).totals[0];
    EXPECT_EQ(totals.buffers, (*expected)[0]);
    EXPECT_EQ(totals.bytes, (*expected)[1]);
    EXPECT_EQ(s.buffers.size(), (*expected)[0]);
    EXPECT_EQ(totals.allocations + totals.frees, (*expected)[2]);
    EXPECT_EQ(s.events, (*expected)[2] + 1);  // and the allocator's opening
    EXPECT_EQ(s.lost[ledger::kLostUnknownFree], 0u);
    EXPECT_EQ(s.lost[ledger::kLostDuplicate], 0u);
    uint64_t bytes = 0;
    for (const ledger::Buffer& b : s.buffers) {
        bytes += b.allocated_bytes();
    }
    EXPECT_EQ(bytes, totals.bytes);
}

// Events of several threads, one after another by a token, so that the model knows every moment's sum: the peak must be
// the model's to the byte, whichever shard holds what was freed.
TEST(Threads, PeaksAreExactWhoeverFreesWhat) {
    const LedgerHome home;
    constexpr int kThreads = 3;
    constexpr uint64_t kEvents = 60'000;
    Shared<std::array<std::atomic<uint64_t>, 2>> expected;  // bytes, peak
    const Snapshot s = left_by(home, [&] {
        const uint32_t allocator = open_n150();
        std::atomic<uint64_t> turn{0};
        std::mt19937_64 random(4711);
        std::vector<uint64_t> live;
        uint64_t bytes = 0;
        uint64_t peak = 0;
        const auto size_of = [](uint64_t id) { return 32 * (id % 97 + 1); };
        std::vector<std::thread> threads;
        for (uint64_t t = 0; t < kThreads; ++t) {
            threads.emplace_back([&, t] {
                while (true) {
                    uint64_t at = turn.load(std::memory_order_acquire);
                    while (at < kEvents && at / 7 % kThreads != t) {  // seven events a turn
                        std::this_thread::yield();
                        at = turn.load(std::memory_order_acquire);
                    }
                    if (at >= kEvents) {
                        return;
                    }
                    // The level wanders slowly, so that the peak is quiet for long and rises at times.
                    const uint64_t wanted = 200 + at % 20'000 / 50;
                    if (live.size() < 10 || random() % 1000 < 500 + (live.size() < wanted ? 20 : 0)) {
                        const uint64_t id = at + 1;
                        allocate(allocator, id, size_of(id));
                        live.push_back(id);
                        bytes += size_of(id) * 12;
                        peak = std::max(peak, bytes);
                    } else {
                        const size_t which = random() % live.size();
                        tt_alloc_buffer_freed(live[which]);
                        bytes -= size_of(live[which]) * 12;
                        live[which] = live.back();
                        live.pop_back();
                    }
                    turn.store(at + 1, std::memory_order_release);
                }
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
        (*expected)[0] = bytes;
        (*expected)[1] = peak;
    });
    EXPECT_EQ(s.allocators.at(0).totals[0].bytes, (*expected)[0]);
    EXPECT_EQ(s.allocators[0].totals[0].peak_bytes, (*expected)[1]);
    EXPECT_GT((*expected)[1], (*expected)[0]);
}

TEST(Threads, TenThousandThatComeAndGoLeaveTheFileFlat) {
    const LedgerHome home;
    const Snapshot s = left_by(home, [] {
        const uint32_t allocator = open_n150();
        for (int round = 0; round < 2500; ++round) {
            std::thread threads[4];
            for (int t = 0; t < 4; ++t) {
                threads[t] = std::thread([=] {
                    const auto id = static_cast<uint64_t>(round) * 4 + static_cast<uint64_t>(t) + 1;
                    allocate(allocator, id);
                    if (id > 100) {
                        tt_alloc_buffer_freed(id - 100);
                    }
                });
            }
            for (std::thread& thread : threads) {
                thread.join();
            }
        }
    });
    EXPECT_EQ(s.allocators.at(0).totals[0].allocations, 10'000u);
    struct stat file {};
    ASSERT_EQ(stat(home.ledger().c_str(), &file), 0);
    EXPECT_LT(file.st_size, 3 << 20);
}

TEST(Threads, MoreAtOnceThanShards) {
    const LedgerHome home;
    const Snapshot s = left_by(home, [] {
        const uint32_t allocator = open_n150();
        std::vector<std::thread> threads;
        for (uint64_t t = 0; t < 64; ++t) {
            threads.emplace_back([=] {
                for (uint64_t i = 0; i < 500; ++i) {
                    allocate(allocator, t << 32 | (i + 1));
                    if (i % 2 == 0) {
                        tt_alloc_buffer_freed(t << 32 | (i + 1));
                    }
                }
            });
        }
        for (std::thread& thread : threads) {
            thread.join();
        }
    });
    EXPECT_EQ(s.allocators.at(0).totals[0].buffers, 64u * 250);
    EXPECT_EQ(s.buffers.size(), 64u * 250);
}

std::set<std::string> ledgers(const LedgerHome& home) {
    std::set<std::string> found;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(home.base())) {
        if (entry.path().extension() == ".ledger") {
            found.insert(entry.path());
        }
    }
    return found;
}

// `spawn` gives 0 in the new child.
void child_keeps_apart(const LedgerHome& home, const std::function<pid_t()>& spawn) {
    Shared<std::atomic<int>> parent_pid;
    const ChildResult result = in_child([&] {
        *parent_pid = getpid();
        const uint32_t allocator = open_n150();
        allocate(allocator, 1);
        allocate(allocator, 2);
        const pid_t child = spawn();
        if (child == 0) {
            tt_alloc_buffer_freed(1);  // inherited: not ours to free
            tt_alloc_report_allocation(0, 77, TT_ALLOC_DRAM, 0x40);
            tt_alloc_buffer_freed(2);
            tt_alloc_report_allocation(0, 33, TT_ALLOC_DRAM, 0x80);
            _exit(0);
        }
        int status = 0;
        waitpid(child, &status, __WALL);
        allocate(allocator, 3);
        _exit(status == 0 ? 0 : 4);
    });
    EXPECT_EQ(result.status, 0);
    EXPECT_EQ(result.stderr_text, "");
    const std::set<std::string> found = ledgers(home);
    ASSERT_EQ(found.size(), 2u);
    for (const std::string& path : found) {
        const auto answer = read_ledger(path, true);
        ASSERT_TRUE(std::holds_alternative<Snapshot>(answer));
        const Snapshot& s = std::get<Snapshot>(answer);
        const bool parent = static_cast<int>(s.identity.pid) == parent_pid->load();
        EXPECT_EQ(s.allocators.at(0).totals[0].bytes, parent ? 3u * 4096 * 12 : 110u) << path;
        EXPECT_EQ(s.lost[ledger::kLostUnknownFree], parent ? 0u : 1u);
    }
}

TEST(Fork, AChildLeavesItsParentsLedgerAloneAndGetsItsOwn) {
    const LedgerHome home;
    child_keeps_apart(home, [] { return fork(); });
}

TEST(Fork, ARawCloneIsNoticedToo) {
    const LedgerHome home;
    child_keeps_apart(
        home, [] { return static_cast<pid_t>(syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr)); });
}

TEST(Fork, AChildMadeWhileOthersAllocateDoesNotHang) {
    const LedgerHome home;
    const ChildResult result = in_child([] {
        const uint32_t allocator = open_n150();
        std::atomic<bool> stop{false};
        std::thread busy[2];
        for (uint64_t t = 0; t < 2; ++t) {
            busy[t] = std::thread([&stop, allocator, t] {
                for (uint64_t id = (t + 1) << 40; !stop; ++id) {
                    allocate(allocator, id);
                    tt_alloc_buffer_freed(id);
                }
            });
        }
        for (int i = 0; i < 200; ++i) {
            const pid_t child = fork();
            if (child == 0) {
                alarm(20);
                allocate(open_n150(), 1);
                _exit(0);
            }
            int status = 0;
            waitpid(child, &status, 0);
            if (status != 0) {
                _exit(5);
            }
        }
        stop = true;
        busy[0].join();
        busy[1].join();
    });
    EXPECT_EQ(result.status, 0);
}

TEST(Signals, AReportFromAHandlerInsideAReportIsCountedNotDeadlocked) {
    const LedgerHome home;
    const Snapshot s = left_by(home, [] {
        static uint32_t allocator;
        static std::atomic<uint64_t> next{uint64_t{1} << 40};
        allocator = open_n150();
        struct sigaction action {};
        action.sa_handler = [](int) { allocate(allocator, next++); };
        sigaction(SIGALRM, &action, nullptr);
        const itimerval every{{0, 200}, {0, 200}};
        setitimer(ITIMER_REAL, &every, nullptr);
        for (uint64_t id = 1; id < 3'000'000; ++id) {
            allocate(allocator, id);
            tt_alloc_buffer_freed(id);
        }
        const itimerval off{};
        setitimer(ITIMER_REAL, &off, nullptr);
        _exit(next == uint64_t{1} << 40 ? 6 : 0);
    });
    EXPECT_EQ(s.allocators.at(0).totals[0].buffers, s.buffers.size());
    EXPECT_GT(s.buffers.size() + s.lost[ledger::kLostReentrant], 0u);
}

TEST(Descriptors, AHostThatClosesThemAllGoesOnExactly) {
    const LedgerHome home;
    const Snapshot s = left_by(home, [] {
        const uint32_t allocator = open_n150();
        allocate(allocator, 1);
        for (int fd = 3; fd < 2048; ++fd) {
            close(fd);
        }
        // Takes the ledger's old number: the writer must not write into this.
        const int stolen = open("/dev/null", O_RDONLY);
        const long last = std::min(600L, sysconf(_SC_OPEN_MAX) / 2);
        for (int fd = stolen; fd >= 0 && fd < last;) {
            fd = dup(stolen);
        }
        for (uint64_t id = 2; id <= 30'000; ++id) {
            allocate(allocator, id);
        }
    });
    EXPECT_EQ(s.buffers.size(), 30'000u);
    EXPECT_EQ(s.allocators.at(0).totals[0].bytes, 30'000u * 4096 * 12);
}

}  // namespace
}  // namespace ttmem::test
