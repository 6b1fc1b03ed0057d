// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "ledger/read/reader.hpp"
#include "ledger/read/test_ledger.hpp"

namespace ttmem::ledger {
namespace {

EventBatch follow(Reader reader, EventCursor& cursor) {
    auto answer = reader.read_events(cursor);
    if (const auto* error = std::get_if<ReadError>(&answer)) {
        ADD_FAILURE() << error->message;
        return {};
    }
    return std::get<EventBatch>(std::move(answer));
}

EventBatch follow(const TestLedger& file, EventCursor& cursor) {
    return follow(Reader::from_source(file.source()), cursor);
}

std::vector<uint64_t> ids(const EventBatch& batch) {
    std::vector<uint64_t> found;
    for (const Event& event : batch.events) {
        found.push_back(event.id);
    }
    return found;
}

using Ids = std::vector<uint64_t>;
constexpr uint64_t kBegin = TestLedger::kTicks;

TEST(Events, AreMergedByTimeAndReadOnce) {
    TestLedger file;
    EventCursor cursor;
    EXPECT_TRUE(follow(file, cursor).events.empty());
    file.add_event(0, kEventAllocate, kBegin + 30, 3, 300, 0, kAccountL1);
    file.add_event(1, kEventFail, kBegin + 10, 1, 100, 1, kAccountDram);
    file.add_event(0, kEventFree, kBegin + 40, 4, 300, 0, kAccountL1);
    file.add_event(1, kEventAllocatorClose, kBegin + 20, 2, 0, 0xffff, 0);
    const EventBatch batch = follow(file, cursor);
    EXPECT_EQ(ids(batch), (Ids{1, 2, 3, 4}));
    EXPECT_EQ(batch.missed, 0u);
    EXPECT_EQ(batch.events[0].type, kEventFail);
    EXPECT_EQ(batch.events[0].time_ns, TestLedger::ns(kBegin + 10));
    EXPECT_EQ(batch.events[0].allocator, 1u);
    EXPECT_EQ(batch.events[0].thread, 77u);
    EXPECT_EQ(batch.events[1].allocator, std::nullopt);
    EXPECT_EQ(batch.events[2].bytes, 300u);
    EXPECT_EQ(batch.events[2].account, kAccountL1);
    EXPECT_TRUE(follow(file, cursor).events.empty());
    file.add_event(1, kEventFree, kBegin + 50, 5, 1, 0, 0);
    EXPECT_EQ(ids(follow(file, cursor)), (Ids{5}));
}

TEST(Events, ReaderThatFallsBehindKnowsHowManyItMissed) {
    TestLedger file;  // rings of 8, of which 7 are whole at any time
    EventCursor cursor;
    file.add_event(0, kEventAllocate, kBegin, 0, 1, 0, 0);
    follow(file, cursor);
    for (uint64_t i = 1; i <= 20; ++i) {
        file.add_event(0, kEventAllocate, kBegin + i, i, 1, 0, 0);
    }
    file.add_event(1, kEventAllocate, kBegin + 99, 99, 1, 0, 0);
    const EventBatch batch = follow(file, cursor);
    EXPECT_EQ(ids(batch), (Ids{14, 15, 16, 17, 18, 19, 20, 99}));
    EXPECT_EQ(batch.missed, 13u);
}

TEST(Events, FreshReaderStartsAtTheOldestAndMissesNothing) {
    TestLedger file;
    for (uint64_t i = 0; i < 20; ++i) {
        file.add_event(0, kEventAllocate, kBegin + i, i, 1, 0, 0);
    }
    EventCursor cursor;
    const EventBatch batch = follow(file, cursor);
    EXPECT_EQ(ids(batch), (Ids{13, 14, 15, 16, 17, 18, 19}));
    EXPECT_EQ(batch.missed, 0u);
}

// The writer laps the reader between its copy of the ring and its second look at the position.
TEST(Events, EventsOverwrittenWhileTheyAreCopiedAreMissedNotTorn) {
    TestLedger file;
    EventCursor cursor;
    follow(file, cursor);
    for (uint64_t i = 0; i < 5; ++i) {
        file.add_event(0, kEventAllocate, kBegin + i, i, 1, 0, 0);
    }
    const uint64_t ring = file.rings[0];
    auto source = file.source();
    bool lapped = false;
    Reader reader = Reader::from_source([&](uint64_t offset, void* to, uint64_t bytes) -> int64_t {
        if (!lapped && offset >= ring && offset < ring + 8 * 32) {
            lapped = true;
            for (uint64_t i = 5; i < 11; ++i) {
                file.add_event(0, kEventAllocate, kBegin + i, i, 1, 0, 0);
            }
        }
        return source(offset, to, bytes);
    });
    auto answer = reader.read_events(cursor);
    ASSERT_TRUE(lapped);
    ASSERT_EQ(answer.index(), 0u);
    EXPECT_EQ(ids(std::get<EventBatch>(answer)),
              (Ids{4}));  // 11 - 8 + 1 = 4 is the oldest whole one, 5 the end of the copy
    EXPECT_EQ(std::get<EventBatch>(answer).missed, 4u);
    answer = reader.read_events(cursor);
    EXPECT_EQ(ids(std::get<EventBatch>(answer)), (Ids{5, 6, 7, 8, 9, 10}));
    EXPECT_EQ(std::get<EventBatch>(answer).missed, 0u);
}

TEST(Events, LappedFromEndToEndWhileCopied) {
    TestLedger file;
    EventCursor cursor;
    follow(file, cursor);
    file.add_event(0, kEventAllocate, kBegin, 0, 1, 0, 0);
    const uint64_t ring = file.rings[0];
    auto source = file.source();
    bool lapped = false;
    Reader reader = Reader::from_source([&](uint64_t offset, void* to, uint64_t bytes) -> int64_t {
        if (!lapped && offset >= ring && offset < ring + 8 * 32) {
            lapped = true;
            for (uint64_t i = 1; i < 100; ++i) {
                file.add_event(0, kEventAllocate, kBegin + i, i, 1, 0, 0);
            }
        }
        return source(offset, to, bytes);
    });
    auto answer = reader.read_events(cursor);
    ASSERT_EQ(answer.index(), 0u);
    EXPECT_TRUE(std::get<EventBatch>(answer).events.empty());
    EXPECT_EQ(std::get<EventBatch>(answer).missed, 1u);
    answer = reader.read_events(cursor);
    EXPECT_EQ(ids(std::get<EventBatch>(answer)), (Ids{93, 94, 95, 96, 97, 98, 99}));
    EXPECT_EQ(std::get<EventBatch>(answer).missed, 92u);
}

// A snapshot's totals and the events up to it are one: those that the writer adds between the two reads come later.
TEST(Events, UpToASnapshotAlone) {
    TestLedger file;
    EventCursor cursor;
    Reader reader = Reader::from_source(file.source());
    file.add_event(0, kEventAllocate, kBegin + 1, 1, 100, 0, kAccountL1);
    const auto answer = reader.read(ReadOptions());
    ASSERT_TRUE(std::holds_alternative<Snapshot>(answer));
    const std::vector<uint64_t> until = std::get<Snapshot>(answer).positions;
    file.add_event(0, kEventAllocate, kBegin + 2, 2, 100, 0, kAccountL1);
    file.add_event(1, kEventAllocate, kBegin + 3, 3, 100, 0, kAccountL1);
    auto batch = reader.read_events(cursor, &until);
    ASSERT_TRUE(std::holds_alternative<EventBatch>(batch));
    EXPECT_EQ(ids(std::get<EventBatch>(batch)), (Ids{1}));
    batch = reader.read_events(cursor, &until);
    ASSERT_TRUE(std::holds_alternative<EventBatch>(batch));
    EXPECT_TRUE(std::get<EventBatch>(batch).events.empty()) << "nothing that the snapshot does not know of";
    EXPECT_EQ(ids(follow(file, cursor)), (Ids{2, 3}));
    // Overwritten before it was read, and the position of the snapshot far back.
    for (uint64_t i = 4; i < 30; ++i) {
        file.add_event(0, kEventAllocate, kBegin + i, i, 1, 0, 0);
    }
    batch = reader.read_events(cursor, &until);
    ASSERT_TRUE(std::holds_alternative<EventBatch>(batch));
    EXPECT_TRUE(std::get<EventBatch>(batch).events.empty());
    EXPECT_EQ(std::get<EventBatch>(batch).missed, 0u);
}

TEST(Events, ShardThatCameLaterIsReadFromItsBeginning) {
    TestLedger file;
    EventCursor cursor;
    follow(file, cursor);
    file.shards.push_back(file.add_section(5, 2, 0, 1, 128));
    file.rings.push_back(file.add_section(7, 2, 0, 8, 32));
    file.add_event(2, kEventAllocate, kBegin, 42, 1, 0, 0);
    EXPECT_EQ(ids(follow(file, cursor)), (Ids{42}));
}

TEST(Events, AllTypesOfThisVersionAreRead) {
    for (uint8_t type = kEventAllocate; type <= kEventTensor; ++type) {
        TestLedger file;
        EventCursor cursor;
        file.add_event(0, type, kBegin, 7, 1, 0, 0);
        EXPECT_EQ(ids(follow(file, cursor)), (Ids{7})) << int{type};
    }
}

TEST(Events, TypesOfANewerMinorVersionAreSkipped) {
    TestLedger file;
    EventCursor cursor;
    file.add_event(0, 200, kBegin, 1, 1, 0, 0);
    file.add_event(0, kEventFree, kBegin, 2, 1, 0, 0);
    EXPECT_EQ(ids(follow(file, cursor)), (Ids{2}));
}

class DamagedEvents : public testing::Test {
protected:
    void expect_corrupt() {
        auto answer = Reader::from_source(file.source()).read_events(cursor);
        ASSERT_EQ(answer.index(), 1u);
        EXPECT_EQ(std::get<ReadError>(answer).failure, ReadFailure::kCorrupt);
    }
    TestLedger file;
    EventCursor cursor;
};

TEST_F(DamagedEvents, AccountOutOfRange) {
    file.add_event(0, kEventFree, kBegin, 2, 1, 0, 16);
    expect_corrupt();
}

TEST_F(DamagedEvents, AllocatorOutOfRange) {
    file.add_event(0, kEventFree, kBegin, 2, 1, 2, 0);
    expect_corrupt();
}

TEST_F(DamagedEvents, PositionWentBack) {
    file.add_event(0, kEventFree, kBegin, 2, 1, 0, 0);
    follow(file, cursor);
    file.put<uint64_t>(file.shards[0] + 64, 0);
    file.add_event(1, kEventFree, kBegin, 3, 1, 0, 0);
    EventCursor far;
    far.started = true;
    far.positions = {0, 9};
    cursor = far;
    expect_corrupt();
}

TEST_F(DamagedEvents, CursorOfAnotherLedger) {
    cursor.started = true;
    cursor.positions = {0, 0, 0, 0};
    expect_corrupt();
}

TEST_F(DamagedEvents, EventsWithoutARing) {
    file.put<uint64_t>(file.add_section(5, 2, 0, 1, 128) + 64, 3);
    expect_corrupt();
}

TEST_F(DamagedEvents, FailedReadLeavesTheCursor) {
    file.add_event(0, kEventFree, kBegin, 1, 1, 0, 0);
    follow(file, cursor);
    const std::vector<uint64_t> before = cursor.positions;
    file.add_event(0, kEventFree, kBegin, 2, 1, 0, 16);
    expect_corrupt();
    EXPECT_EQ(cursor.positions, before);
}

}  // namespace
}  // namespace ttmem::ledger
