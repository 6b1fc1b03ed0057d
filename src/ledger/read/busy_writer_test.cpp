// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A writer that goes on while it is read. The source runs some of its stores before each copy, so that every run is the
// same and a reader that mixes moments is caught at once.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "ledger/read/reader.hpp"
#include "ledger/read/test_ledger.hpp"

namespace ttmem::ledger {
namespace {

using NewBuffer = TestLedger::NewBuffer;

// Two threads that allocate and free at random, store by store.
class BusyWriter {
public:
    explicit BusyWriter(uint64_t seed) : random_(seed) {}

    TestLedger file{TestLedger::Shape{.shards = 2, .buffers = 256, .ring = 16}};
    // The buffers that live, by slot, once every event that has begun is complete; and the bytes that they hold.
    std::map<uint32_t, NewBuffer> live;

    // Makes one store of one of the two threads, chosen at random.
    void step() {
        const auto shard = static_cast<uint32_t>(random_() % 2);
        std::vector<TestLedger::Step>& steps = steps_[shard];
        if (steps.empty()) {
            steps = begin(shard);
        }
        steps.front()();
        steps.erase(steps.begin());
    }
    void finish() {
        for (std::vector<TestLedger::Step>& steps : steps_) {
            TestLedger::run(steps);
            steps.clear();
        }
    }

private:
    std::vector<TestLedger::Step> begin(uint32_t shard) {
        if (live.empty() || (live.size() < 100 && random_() % 2 == 0)) {
            auto slot = static_cast<uint32_t>(random_() % 256);
            while (live.count(slot) != 0 || slot == freeing_[1 - shard]) {
                slot = (slot + 1) % 256;
            }
            const NewBuffer buffer{.slot = slot,
                                   .id = ++last_id_,
                                   .bytes_per_bank = 32 * (1 + random_() % 100),
                                   .banks = 12,
                                   .requested = random_() % 1000,
                                   .allocator = static_cast<uint16_t>(random_() % 2),
                                   .account = static_cast<uint8_t>(random_() % 3)};
            allocating_[shard] = slot;
            freeing_[shard] = kNoThread;
            live[slot] = buffer;
            return file.allocate_steps(shard, buffer);
        }
        // A buffer whose allocation the other thread has not ended is not known to other threads yet.
        auto chosen = std::next(live.begin(), static_cast<int64_t>(random_() % live.size()));
        if (!steps_[1 - shard].empty() && chosen->first == allocating_[1 - shard]) {
            return {[] {}};
        }
        const NewBuffer buffer = chosen->second;
        freeing_[shard] = buffer.slot;
        live.erase(chosen);
        return file.free_steps(shard, buffer);
    }

    static constexpr uint32_t kNoThread = 0xffffffff;
    std::mt19937_64 random_;
    std::vector<TestLedger::Step> steps_[2];
    uint32_t allocating_[2] = {kNoThread, kNoThread};
    uint32_t freeing_[2] = {kNoThread, kNoThread};
    uint64_t last_id_ = 0;
};

void expect_rows_and_totals_agree(const Snapshot& snapshot) {
    std::map<std::pair<uint32_t, uint32_t>, AccountTotals> sums;
    for (const Buffer& row : snapshot.buffers) {
        AccountTotals& sum = sums[{row.allocator, row.account}];
        sum.buffers += 1;
        sum.bytes += row.allocated_bytes();
        sum.requested_bytes += row.requested_bytes;
    }
    for (const Allocator& allocator : snapshot.allocators) {
        for (uint32_t account = 0; account < kAccounts; ++account) {
            const AccountTotals& totals = allocator.totals[account];
            const AccountTotals& sum = sums[{allocator.index, account}];
            EXPECT_EQ(totals.buffers, sum.buffers);
            EXPECT_EQ(totals.bytes, sum.bytes);
            EXPECT_EQ(totals.requested_bytes, sum.requested_bytes);
            EXPECT_GE(totals.peak_bytes, totals.bytes);
            if (snapshot.one_moment) {
                EXPECT_EQ(totals.allocations - totals.frees, totals.buffers);
                EXPECT_EQ(totals.allocated_bytes - totals.freed_bytes, totals.bytes);
            }
        }
    }
    EXPECT_EQ(snapshot.unlisted_buffers, 0u);
}

// The invariants of every snapshot: list and totals agree, and each row is one that a thread wrote.
void expect_consistent(const Snapshot& snapshot) {
    expect_rows_and_totals_agree(snapshot);
    for (const Buffer& row : snapshot.buffers) {
        EXPECT_EQ(row.address, 0x10000 + row.id * 32) << "torn row";
        EXPECT_EQ(row.banks, 12u);
    }
}

class BusyWriterRead : public testing::TestWithParam<int> {};

// `pause`: copies of the reader between two stores of the writer, or stores between two copies if negative.
TEST_P(BusyWriterRead, ListAndTotalsAgree) {
    const int pause = GetParam();
    BusyWriter writer(static_cast<uint64_t>(pause + 1000));
    for (int i = 0; i < 3000; ++i) {
        writer.step();
    }
    auto source = writer.file.source();
    std::mt19937_64 cut(7);
    int copies = 0;
    int moments = 0;
    int answers = 0;
    for (int read = 0; read < 60; ++read) {
        const auto go_on = [&] {
            ++copies;
            if (pause > 0 && copies % pause == 0) {
                writer.step();
            }
            for (int i = 0; i < -pause; ++i) {
                writer.step();
            }
        };
        Reader reader = Reader::from_source([&](uint64_t offset, void* to, uint64_t bytes) -> int64_t {
            go_on();
            // A copy is no moment either: a step may fall between any two words of it.
            const uint64_t head = std::min(bytes, cut() % (bytes / 8 + 1) * 8);
            const int64_t copied = source(offset, to, head);
            go_on();
            return copied + source(offset + head, static_cast<char*>(to) + head, bytes - head);
        });
        ReadOptions options;
        options.buffers = true;
        if (pause >= 100) {
            options.patience_us = 10'000'000;  // a sanitizer on a busy machine is slow, and the writer counts copies
        }
        auto answer = reader.read(options);
        ASSERT_EQ(answer.index(), 0u) << std::get<ReadError>(answer).message;
        expect_consistent(std::get<Snapshot>(answer));
        moments += std::get<Snapshot>(answer).one_moment ? 1 : 0;
        ++answers;
    }
    if (pause >= 100) {
        EXPECT_EQ(moments, answers) << "a writer that pauses this long can be read as of one moment";
    }
    if (pause < -1) {
        EXPECT_EQ(moments, 0) << "nobody can have one moment of this writer";
    }
    writer.finish();
    auto answer = Reader::from_source(source).read({.buffers = true});
    ASSERT_EQ(answer.index(), 0u);
    const Snapshot& last = std::get<Snapshot>(answer);
    expect_consistent(last);
    EXPECT_TRUE(last.one_moment);
    ASSERT_EQ(last.buffers.size(), writer.live.size());
    for (const Buffer& row : last.buffers) {
        EXPECT_EQ(row.id, writer.live[row.slot].id);
    }
}
INSTANTIATE_TEST_SUITE_P(Pauses, BusyWriterRead, testing::Values(-50, -7, -1, 1, 2, 3, 5, 10, 20, 50, 100, 400),
                         [](const auto& one) {
                             return one.param < 0 ? std::to_string(-one.param) + "StoresACopy"
                                                  : std::to_string(one.param) + "CopiesAStore";
                         });

TEST(BusyWriterRead, TotalsOnlyAreMadeOfRowsToo) {
    BusyWriter writer(5);
    for (int i = 0; i < 3000; ++i) {
        writer.step();
    }
    auto source = writer.file.source();
    Reader reader = Reader::from_source([&](uint64_t offset, void* to, uint64_t bytes) -> int64_t {
        for (int i = 0; i < 30; ++i) {
            writer.step();
        }
        return source(offset, to, bytes);
    });
    auto answer = reader.read({});
    ASSERT_EQ(answer.index(), 0u);
    const Snapshot& snapshot = std::get<Snapshot>(answer);
    EXPECT_FALSE(snapshot.one_moment);
    EXPECT_TRUE(snapshot.buffers.empty());
    uint64_t buffers = 0;
    for (const Allocator& allocator : snapshot.allocators) {
        for (const AccountTotals& totals : allocator.totals) {
            buffers += totals.buffers;
        }
    }
    EXPECT_GT(buffers, 0u);
    EXPECT_LE(buffers, 256u);
}

// A slot that gets a new buffer in the middle of some copies of its record: the row is left out, or whole.
TEST(BusyWriterRead, RowIsNeverMadeOfTwoBuffers) {
    TestLedger file;
    uint64_t id = 1;
    const auto buffer = [](uint32_t slot, uint64_t number) {
        return NewBuffer{.slot = slot, .id = number, .bytes_per_bank = number * 32, .requested = number};
    };
    file.allocate(0, buffer(6, 1'000'000));
    file.allocate(0, buffer(5, id));
    auto source = file.source();
    const uint64_t middle = file.buffer(5) + 16;
    std::mt19937_64 random(3);
    int torn = 0;
    int rows_of_slot = 0;
    for (int read = 0; read < 40; ++read) {
        Reader reader = Reader::from_source([&](uint64_t offset, void* to, uint64_t bytes) -> int64_t {
            // Events of the other shard, so that no copy is of one moment.
            file.allocate(1, buffer(7, 9));
            file.free(1, buffer(7, 9));
            if (offset >= middle || offset + bytes <= middle || random() % 3 != 0) {
                return source(offset, to, bytes);
            }
            const uint64_t head = middle - offset;
            source(offset, to, head);
            file.free(0, buffer(5, id));
            ++id;
            file.allocate(0, buffer(5, id));
            ++torn;
            return static_cast<int64_t>(head) + source(middle, static_cast<char*>(to) + head, bytes - head);
        });
        const auto answer = reader.read({.buffers = true});
        ASSERT_EQ(answer.index(), 0u) << std::get<ReadError>(answer).message;
        const Snapshot& snapshot = std::get<Snapshot>(answer);
        EXPECT_FALSE(snapshot.one_moment);
        expect_rows_and_totals_agree(snapshot);
        ASSERT_FALSE(snapshot.buffers.empty());
        EXPECT_EQ(snapshot.buffers.back().id, 1'000'000u);
        for (const Buffer& row : snapshot.buffers) {
            EXPECT_EQ(row.address, 0x10000 + row.id * 32) << "half of one buffer, half of another";
            EXPECT_EQ(row.bytes_per_bank, row.id * 32);
            EXPECT_EQ(row.requested_bytes, row.id);
            rows_of_slot += row.slot == 5 ? 1 : 0;
        }
    }
    EXPECT_GT(torn, 40);
    EXPECT_GT(rows_of_slot, 20);
}

}  // namespace
}  // namespace ttmem::ledger
