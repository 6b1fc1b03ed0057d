// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A process's questions to itself: its totals, its recent peak, its ledger's bytes, the names of its regions. Each
// child checks for itself and exits with the number of the check that failed.
#include <atomic>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "../crash/ledger_home.hpp"
#include "in_child.hpp"
#include "ledger/read/reader.hpp"

namespace ttmem::test {
namespace {

#define CHECK_OR_EXIT(code, condition) \
    do {                               \
        if (!(condition)) {            \
            _exit(code);               \
        }                              \
    } while (false)

void expect_success(const std::function<void()>& act) {
    const ChildResult result = in_child(act);
    EXPECT_TRUE(WIFEXITED(result.status)) << result.status;
    EXPECT_EQ(WEXITSTATUS(result.status), 0);
    EXPECT_EQ(result.stderr_text, "");
}

tt_alloc_own_totals_t dram_totals(uint32_t allocator) {
    tt_alloc_own_totals_t totals;
    tt_alloc_own_totals(allocator, TT_ALLOC_DRAM, &totals);
    return totals;
}

TEST(Own, NothingRecordedIsNothingToAsk) {
    const LedgerHome home;
    expect_success([] {
        tt_alloc_own_allocator found;
        CHECK_OR_EXIT(1, tt_alloc_own_generation() == 0);
        CHECK_OR_EXIT(2, tt_alloc_own_device() == -1);
        CHECK_OR_EXIT(3, tt_alloc_own_allocators(0, &found, 1) == 0);
        CHECK_OR_EXIT(4, dram_totals(0).bytes == 0);
        CHECK_OR_EXIT(5, tt_alloc_restart_peak(0, 0) == 0);
        char byte = 0;
        CHECK_OR_EXIT(6, tt_alloc_own_ledger(0, &byte, 1) == 0 && *tt_alloc_own_ledger_path() == '\0');
    });
    EXPECT_TRUE(home.ledger().empty());  // asking makes no ledger
}

TEST(Own, TotalsAndPeaksFollowEachEvent) {
    const LedgerHome home;
    expect_success([] {
        const uint32_t allocator = open_n150(3);
        tt_alloc_own_allocator found[2];
        CHECK_OR_EXIT(1, tt_alloc_own_device() == 3);
        CHECK_OR_EXIT(2, tt_alloc_own_allocators(0, found, 2) == 0);
        CHECK_OR_EXIT(3, tt_alloc_own_allocators(3, found, 2) == 1 && found[0].open == 1);
        CHECK_OR_EXIT(4, tt_alloc_own_allocators(-1, found, 0) == 1);
        allocate(allocator, 1, 4096);
        allocate(allocator, 2, 4096);
        tt_alloc_buffer_freed(1);
        tt_alloc_own_totals_t totals = dram_totals(found[0].allocator);
        CHECK_OR_EXIT(5, totals.bytes == 4096 * 12 && totals.buffers == 1 && totals.requested_bytes == 4096 * 12 - 5);
        CHECK_OR_EXIT(6, totals.peak_bytes == 2 * 4096 * 12 && totals.recent_peak_bytes == totals.peak_bytes);
        CHECK_OR_EXIT(7, totals.allocations == 2 && totals.frees == 1 && totals.freed_bytes == 4096 * 12);
        CHECK_OR_EXIT(8, tt_alloc_restart_peak(found[0].allocator, TT_ALLOC_DRAM) == 2 * 4096 * 12);
        totals = dram_totals(found[0].allocator);
        CHECK_OR_EXIT(9, totals.recent_peak_bytes == 4096 * 12 && totals.peak_bytes == 2 * 4096 * 12);
        CHECK_OR_EXIT(10, dram_totals(7).bytes == 0);  // no such allocator
        CHECK_OR_EXIT(11, tt_alloc_restart_peak(7, 0) == 0 && tt_alloc_restart_peak(0, 99) == 0);
    });
}

// A restart while threads allocate: what was reported as recent must never exceed what they can hold, and never be
// below what is held for certain.
TEST(Own, PeaksRestartWhileThreadsAllocate) {
    const LedgerHome home;
    expect_success([] {
        const uint32_t allocator = open_n150();
        constexpr uint64_t kBytes = 64 * 12;
        allocate(allocator, 1, 64);
        std::atomic<bool> stop{false};
        std::vector<std::thread> threads;
        for (uint64_t t = 1; t <= 3; ++t) {
            threads.emplace_back([&stop, allocator, t] {
                for (uint64_t id = t << 40; !stop; ++id) {
                    allocate(allocator, id, 64);
                    tt_alloc_buffer_freed(id);
                }
            });
        }
        for (int i = 0; i < 20'000; ++i) {
            const uint64_t recent = tt_alloc_restart_peak(0, TT_ALLOC_DRAM);
            CHECK_OR_EXIT(1, recent >= kBytes && recent <= 4 * kBytes);
            const tt_alloc_own_totals_t totals = dram_totals(0);
            CHECK_OR_EXIT(2, totals.bytes >= kBytes);
        }
        stop = true;
        for (std::thread& thread : threads) {
            thread.join();
        }
        tt_alloc_restart_peak(0, TT_ALLOC_DRAM);
        CHECK_OR_EXIT(3, dram_totals(0).bytes == kBytes && dram_totals(0).recent_peak_bytes == kBytes);
        CHECK_OR_EXIT(4, dram_totals(0).peak_bytes <= 4 * kBytes);
    });
}

TEST(Own, TheLedgerIsReadWithoutOpeningIt) {
    const LedgerHome home;
    expect_success([] {
        allocate(open_n150(), 5);
        ledger::Reader reader = ledger::Reader::from_source([](uint64_t offset, void* to, uint64_t bytes) {
            return static_cast<int64_t>(tt_alloc_own_ledger(offset, to, bytes));
        });
        ledger::ReadOptions options;
        options.buffers = true;
        const auto answer = reader.read(options);
        const auto* snapshot = std::get_if<ledger::Snapshot>(&answer);
        CHECK_OR_EXIT(1, snapshot != nullptr);
        CHECK_OR_EXIT(2, snapshot->buffers.size() == 1 && snapshot->buffers[0].id == 5);
        char byte = 0;
        CHECK_OR_EXIT(3, tt_alloc_own_ledger(~uint64_t{0}, &byte, 1) == 0);
    });
}

TEST(Own, BuffersOfAThreadAreTaggedWithItsRegion) {
    const LedgerHome home;
    expect_success([] {
        const uint32_t early = tt_alloc_name_context("before the ledger");
        CHECK_OR_EXIT(1, early != 0 && tt_alloc_name_context("before the ledger") == early);
        CHECK_OR_EXIT(2, tt_alloc_set_context(early) == 0);
        const uint32_t allocator = open_n150();
        allocate(allocator, 1);
        const uint32_t late = tt_alloc_name_context("after");
        CHECK_OR_EXIT(3, tt_alloc_set_context(late) == early);
        allocate(allocator, 2);
        std::thread([allocator] { allocate(allocator, 3); }).join();
        CHECK_OR_EXIT(4, tt_alloc_set_context(12345) == late && tt_alloc_set_context(late) == late);  // no such region
        CHECK_OR_EXIT(5, tt_alloc_set_context(0) == late);
        allocate(allocator, 4);
        CHECK_OR_EXIT(6, tt_alloc_name_context("") == 0);
    });
    const auto answer = read_ledger(home.ledger(), true);
    const auto& snapshot = std::get<ledger::Snapshot>(answer);
    std::map<uint64_t, uint16_t> contexts;
    for (const ledger::Buffer& buffer : snapshot.buffers) {
        contexts[buffer.id] = buffer.context;
    }
    EXPECT_EQ(contexts, (std::map<uint64_t, uint16_t>{{1, 1}, {2, 2}, {3, 0}, {4, 0}}));
    const UniqueFd fd(open((home.ledger() + ".detail").c_str(), O_RDONLY | O_CLOEXEC));
    const auto texts = ledger::read_sidecar(
        [&fd](uint64_t offset, void* to, uint64_t bytes) -> int64_t {
            return pread(fd.get(), to, bytes, static_cast<off_t>(offset));
        },
        snapshot.identity.nonce);
    EXPECT_EQ(std::get<ledger::Sidecar>(texts).operations,
              (std::vector<std::pair<uint32_t, std::string>>{{1, "before the ledger"}, {2, "after"}}));
}

}  // namespace
}  // namespace ttmem::test
