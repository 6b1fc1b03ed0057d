// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The peak is exact although threads share no counter (docs/decisions/0004): random events of several threads, in an
// order that the test knows, against a plain sum and its maximum.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "ledger/write/test_point.hpp"
#include "ledger/write/writer.hpp"
#include "ledger_home.hpp"

namespace ttmem::test {
namespace {

using ledger::NewBuffer;
using ledger::ThreadSlot;
using ledger::Writer;

std::map<std::string, uint64_t> points_passed;
void count_point(const char* name) noexcept {
    ++points_passed[name];
}

class ExactPeak : public testing::Test {
protected:
    void SetUp() override {
        ledger::FileError error;
        ASSERT_TRUE(writer->start("peak test", ledger::kDefaultMaxBuffers, error)) << error.what;
        for (ThreadSlot& slot : slots) {
            writer->shards().attach_thread(slot);
        }
        const uint32_t index = writer->devices().describe(ledger::DeviceRecord{});
        const ledger::BankGeometry geometry[ledger::kBufferTypes] = {{1 << 30, 32, 12, 32}};
        ASSERT_EQ(writer->allocators().open(slots[0], {1, ledger::kNone, &index, 1, geometry}), 0u);
    }
    void TearDown() override { ledger::test_point_hook = nullptr; }

    void allocate(ThreadSlot& slot, uint64_t id, uint64_t bytes, uint8_t flags = 0) const {
        NewBuffer buffer{};
        buffer.flags = flags;
        buffer.id = id;
        buffer.bytes_per_bank = bytes;
        buffer.requested_bytes = bytes;
        buffer.banks = 1;
        buffer.device = ledger::kAllDevices;
        writer->buffers().allocate(slot, buffer);
    }
    ledger::AccountTotals totals() const {
        const auto answer = read_ledger(home.ledger(), false);
        return std::get<ledger::Snapshot>(answer).allocators.at(0).totals[ledger::kAccountDram];
    }

    LedgerHome home;
    std::unique_ptr<Writer> writer = std::make_unique<Writer>();
    ThreadSlot slots[3];
};

TEST_F(ExactPeak, RandomEventsOfThreeThreadsAgreeWithASum) {
    ledger::test_point_hook = count_point;
    std::mt19937_64 random(7);
    std::vector<std::pair<uint64_t, uint64_t>> live;  // id, bytes
    uint64_t next_id = 1, held = 0, peak = 0, recent = 0, largest = 0, target = 40;
    for (int event = 0; event < 200'000; ++event) {
        if (event % 1'700 == 0) {
            ASSERT_EQ(writer->extremes().restart(slots[random() % 3], 0, ledger::kAccountDram), recent)
                << "event " << event;
            recent = held;
        }
        if (event % 5'000 == 0) {
            target = 20 + random() % 200;  // the level moves, so peaks come and go
        }
        ThreadSlot& slot = slots[random() % 3];
        if (live.size() < target / 2 || (live.size() < 2 * target && random() % 2 == 0)) {
            // An empty buffer is one too; and larger ones come as long as the run goes on.
            const uint64_t bytes = 32 * (random() % (64 + event / 1000));
            largest = std::max(largest, bytes);
            live.emplace_back(next_id, bytes);
            allocate(slot, next_id++, bytes);
            held += bytes;
            peak = std::max(peak, held);
            recent = std::max(recent, held);
        } else {
            std::swap(live[random() % live.size()], live.back());
            writer->buffers().free(slot, live.back().first);
            held -= live.back().second;
            live.pop_back();
        }
        if (event % 1'000 == 999 || event < 300) {
            const ledger::AccountTotals found = totals();
            ASSERT_EQ(found.bytes, held) << "event " << event;
            ASSERT_EQ(found.peak_bytes, peak) << "event " << event;
            ASSERT_EQ(found.largest_bytes_per_bank, largest) << "event " << event;
            const ledger::OwnTotals own = writer->totals().of(0, ledger::kAccountDram);
            ASSERT_EQ(own.bytes, held) << "event " << event;
            ASSERT_EQ(own.buffers, live.size()) << "event " << event;
            ASSERT_EQ(own.peak_bytes, peak) << "event " << event;
            ASSERT_EQ(own.recent_peak_bytes, recent) << "event " << event;
        }
    }
    // Each way through was taken often, or the run showed nothing.
    for (const char* point : {"slack taken", "slack used up", "slack kept", "settled", "slack allowed", "peak raised",
                              "largest buffer noted"}) {
        EXPECT_GE(points_passed[point], 3u) << point;
    }
}

TEST_F(ExactPeak, ABufferOnCoresOfItsOwnIsNotTheLargest) {
    allocate(slots[0], 1, 4096);
    allocate(slots[1], 2, 65'536, ledger::kBufferPerCore);
    allocate(slots[2], 3, 65'536, ledger::kBufferRangeLockstep);
    EXPECT_EQ(totals().largest_bytes_per_bank, 4096u);
    writer->buffers().free(slots[0], 1);
    allocate(slots[1], 4, 2048);
    EXPECT_EQ(totals().largest_bytes_per_bank, 4096u) << "so far";
}

// Each thread allocates one buffer and frees it, all at once. The peak can be no more than one buffer of each, and the
// first alone makes one.
TEST_F(ExactPeak, ThreadsAtOnceNeverRaiseItAboveWhatTheyCanHold) {
    constexpr uint64_t kBytes = 4096;
    std::vector<std::thread> threads;
    for (uint64_t i = 0; i < 3; ++i) {
        threads.emplace_back([this, i] {
            for (uint64_t n = 0; n < 100'000; ++n) {
                const uint64_t id = (i + 1) << 32 | n;
                allocate(slots[i], id, kBytes);
                writer->buffers().free(slots[i], id);
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    const ledger::AccountTotals found = totals();
    EXPECT_EQ(found.bytes, 0u);
    EXPECT_EQ(found.allocations, 300'000u);
    EXPECT_GE(found.peak_bytes, kBytes);
    EXPECT_LE(found.peak_bytes, 3 * kBytes);
}

}  // namespace
}  // namespace ttmem::test
