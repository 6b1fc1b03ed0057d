// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A test for each way in which a ledger can be damaged, and which of the reader's answers it gets.
#include <gtest/gtest.h>

#include <cerrno>

#include "ledger/read/reader.hpp"
#include "ledger/read/test_ledger.hpp"

namespace ttmem::ledger {
namespace {

constexpr auto kCorrupt = ReadFailure::kCorrupt;
constexpr auto kStarting = ReadFailure::kStarting;

// A ledger with a live buffer in slot 3 of allocator 0, a freed one, a failure, and a shard that never wrote.
TestLedger healthy() {
    TestLedger file({.shards = 3});
    const uint64_t failures = file.add_section(9, 0, 0, 4, 128);
    file.allocate(0, {.slot = 3, .id = 10, .bytes_per_bank = 2048, .banks = 12, .requested = 20000});
    file.allocate(1, {.slot = 4, .id = 11, .bytes_per_bank = 64, .banks = 8, .requested = 500, .account = 1});
    file.free(1, {.slot = 4, .id = 11, .bytes_per_bank = 64, .banks = 8, .requested = 500, .account = 1});
    file.put<uint64_t>(failures, 2);
    file.put<uint32_t>(failures + 16, 1);
    file.put<uint32_t>(failures + 96, 0xffffffff);
    file.put<uint64_t>(536, 1);
    return file;
}

// Reads the ledger with every combination of options and expects the same answer from all.
std::variant<Snapshot, ReadError> read_all_ways(const TestLedger& file) {
    std::variant<Snapshot, ReadError> last;
    for (int bits = 0; bits < 8; ++bits) {
        ReadOptions options;
        options.writer_halted = (bits & 1) != 0;
        options.programs = (bits & 2) != 0;
        options.buffers = (bits & 4) != 0;
        last = Reader::from_source(file.source()).read(options);
    }
    return last;  // the one that reads everything
}

struct Damage {
    const char* name;
    ReadFailure answer;
    void (*make)(TestLedger& file);
};

const Damage kDamages[] = {
    // Header
    {"EmptyFile", kStarting, [](TestLedger& f) { f.bytes.clear(); }},
    {"ReadyWordAbsent", kStarting, [](TestLedger& f) { f.put<uint64_t>(16, 0); }},
    {"NothingWrittenYet", kStarting, [](TestLedger& f) { std::fill(f.bytes.begin(), f.bytes.end(), uint8_t{0}); }},
    {"MagicWrong", kCorrupt, [](TestLedger& f) { f.put<uint8_t>(0, 'X'); }},
    {"ReadyWordWrong", kCorrupt, [](TestLedger& f) { f.put<uint8_t>(20, 'X'); }},
    {"AnotherMajorVersion", ReadFailure::kForeignVersion, [](TestLedger& f) { f.put<uint16_t>(8, 2); }},
    {"AnotherMajorVersionIsSaidBeforeDamage", ReadFailure::kForeignVersion,
     [](TestLedger& f) {
         f.put<uint16_t>(8, 9);
         f.put<uint32_t>(12, 8192);
         f.put<uint32_t>(516, 9999);
     }},
    {"FileEndsInTheHeader", kCorrupt, [](TestLedger& f) { f.bytes.resize(600); }},
    {"HeaderTooShort", kCorrupt, [](TestLedger& f) { f.put<uint32_t>(12, 512); }},
    {"CommandWithoutEnd", kCorrupt, [](TestLedger& f) { f.put_text(120, std::string(64, 'a')); }},
    {"LibraryWithoutEnd", kCorrupt, [](TestLedger& f) { f.put_text(184, std::string(64, 'a')); }},
    {"ProcessStateUnknown", kCorrupt, [](TestLedger& f) { f.put<uint32_t>(512, 7); }},
    // Directory
    {"TooManySections", kCorrupt, [](TestLedger& f) { f.put<uint32_t>(516, 513); }},
    {"OffsetNotAligned", kCorrupt, [](TestLedger& f) { f.put<uint64_t>(f.entry_of(8) + 8, f.buffers + 8); }},
    {"OffsetBehindTheEnd", kCorrupt, [](TestLedger& f) { f.put<uint64_t>(f.entry_of(8) + 8, uint64_t{1} << 31); }},
    {"OffsetThatOverflows", kCorrupt, [](TestLedger& f) { f.put<uint64_t>(f.entry_of(8) + 8, ~uint64_t{63}); }},
    {"SectionInTheDirectory", kCorrupt, [](TestLedger& f) { f.put<uint64_t>(f.entry_of(8) + 8, 4096); }},
    {"StrideShorterThanTheRecord", kCorrupt, [](TestLedger& f) { f.put<uint32_t>(f.entry_of(8) + 24, 56); }},
    {"StrideOfZero", kCorrupt, [](TestLedger& f) { f.put<uint32_t>(f.entry_of(8) + 24, 0); }},
    {"StrideTooLong", kCorrupt, [](TestLedger& f) { f.put<uint32_t>(f.entry_of(8) + 24, 1 << 20); }},
    {"StrideThatBreaksWords", kCorrupt, [](TestLedger& f) { f.put<uint32_t>(f.entry_of(8) + 24, 65); }},
    {"CountBehindTheEnd", kCorrupt, [](TestLedger& f) { f.put<uint32_t>(f.entry_of(8) + 20, 1 << 20); }},
    {"CountAboveTheBound", kCorrupt, [](TestLedger& f) { f.put<uint32_t>(f.entry_of(8) + 20, 0xffffffff); }},
    {"GapInATable", kCorrupt, [](TestLedger& f) { f.put<uint32_t>(f.entry_of(8) + 16, 1); }},
    {"TableContinuedTwice", kCorrupt,
     [](TestLedger& f) {
         f.add_section(8, 0, 64, 8, 64);
         f.add_section(8, 0, 64, 8, 64);
     }},
    {"SectionsOverlap", kCorrupt, [](TestLedger& f) { f.put<uint64_t>(f.entry_of(8) + 8, f.counters[0]); }},
    {"ShardTwice", kCorrupt, [](TestLedger& f) { f.add_section(5, 1, 0, 1, 128); }},
    {"ShardOfTwoRecords", kCorrupt, [](TestLedger& f) { f.add_section(5, 3, 0, 2, 128); }},
    {"ShardNumberAboveTheBound", kCorrupt, [](TestLedger& f) { f.add_section(5, 1 << 20, 0, 1, 128); }},
    {"RingNoPowerOfTwo", kCorrupt, [](TestLedger& f) { f.put<uint32_t>(f.entry_of(7) + 20, 7); }},
    {"RingOfNothing", kCorrupt, [](TestLedger& f) { f.put<uint32_t>(f.entry_of(7) + 20, 0); }},
    {"InternedWithAStride", kCorrupt, [](TestLedger& f) { f.put<uint32_t>(f.entry_of(3) + 24, 8); }},
    {"FailureTableTwice", kCorrupt, [](TestLedger& f) { f.add_section(9, 0, 0, 4, 128); }},
    {"FileCutInTheLastTable", kCorrupt, [](TestLedger& f) { f.bytes.resize(f.bytes.size() - 1); }},
    // Cold tables
    {"MoreAllocatorsThanRecords", kCorrupt, [](TestLedger& f) { f.put<uint32_t>(520, 5); }},
    {"MoreDevicesThanRecords", kCorrupt, [](TestLedger& f) { f.put<uint32_t>(524, 5); }},
    {"MoreInternedBytesThanThereAre", kCorrupt, [](TestLedger& f) { f.put<uint64_t>(528, 4104); }},
    {"InternedBytesNotWhole", kCorrupt, [](TestLedger& f) { f.put<uint64_t>(528, f.get<uint64_t>(528) + 4); }},
    {"InternedEntryLeavesItsSection", kCorrupt,
     [](TestLedger& f) { f.put<uint32_t>(f.interned + f.second_device + 4, 1 << 20); }},
    {"DeviceSetInsideAnEntry", kCorrupt, [](TestLedger& f) { f.put<uint32_t>(f.allocators + 16, 8); }},
    {"DeviceSetOfAnotherType", kCorrupt, [](TestLedger& f) { f.put<uint32_t>(f.interned + f.both_devices, 2); }},
    {"DeviceSetOfHalfAnElement", kCorrupt, [](TestLedger& f) { f.put<uint32_t>(f.interned + f.both_devices + 4, 7); }},
    {"DeviceSetNamesNoDevice", kCorrupt, [](TestLedger& f) { f.put<uint32_t>(f.interned + f.both_devices + 8, 2); }},
    {"AllocatorStateUnknown", kCorrupt, [](TestLedger& f) { f.put<uint32_t>(f.allocators + 4, 3); }},
    {"AllocatorParentUnknown", kCorrupt, [](TestLedger& f) { f.put<uint32_t>(f.allocators + 12, 2); }},
    {"AllocatorNeverOpened", kCorrupt, [](TestLedger& f) { f.put<uint32_t>(f.allocators + 20, 0); }},
    {"BoardWithoutEnd", kCorrupt, [](TestLedger& f) { f.put_text(f.devices + 56, std::string(32, 'b')); }},
    {"PciWithoutEnd", kCorrupt, [](TestLedger& f) { f.put_text(f.devices + 88, std::string(16, 'p')); }},
    {"ColumnsThatAreNoGrid", kCorrupt, [](TestLedger& f) { f.put<uint64_t>(f.devices + 48, 72 | uint64_t{7} << 32); }},
    // Counters and journals
    {"MoreFreedThanAllocated", kCorrupt, [](TestLedger& f) { f.put<uint64_t>(f.counter(0, 1, 1) + 24, 1); }},
    {"MoreBytesFreedThanAllocated", kCorrupt, [](TestLedger& f) { f.put<uint64_t>(f.counter(0, 0, 0) + 32, 1 << 30); }},
    {"BytesWithoutABuffer", kCorrupt, [](TestLedger& f) { f.put<uint64_t>(f.counter(0, 1, 1) + 8, 4096); }},
    {"CountersForTooFewAllocators", kCorrupt, [](TestLedger& f) { f.put<uint32_t>(f.entry_of(6) + 20, 16); }},
    {"TotalsForTooFewAllocators", kCorrupt, [](TestLedger& f) { f.put<uint32_t>(f.entry_of(4) + 20, 16); }},
    {"JournalOfAnUnknownOperation", kCorrupt,
     [](TestLedger& f) { f.put<uint64_t>(f.shards[0], 3 | uint64_t{5} << 32); }},
    {"JournalOfAnUnknownAccount", kCorrupt, [](TestLedger& f) { f.put<uint64_t>(f.shards[0], 1 | 16 << 8); }},
    {"JournalOfAnUnknownAllocator", kCorrupt, [](TestLedger& f) { f.put<uint64_t>(f.shards[0], 1 | 2 << 16); }},
    {"JournalOfAnUnknownSlot", kCorrupt, [](TestLedger& f) { f.put<uint64_t>(f.shards[0], 1 | uint64_t{64} << 32); }},
    {"JournalAllocatesALiveRecord", kCorrupt,
     [](TestLedger& f) {
         f.put<uint32_t>(f.shards[0] + 8, 2);
         f.put<uint64_t>(f.shards[0], 1 | uint64_t{3} << 32);
     }},
    {"JournalFreesAFreeRecord", kCorrupt,
     [](TestLedger& f) {
         f.put<uint32_t>(f.shards[0] + 8, 0);
         f.put<uint64_t>(f.shards[0], 2 | uint64_t{9} << 32);
     }},
    {"JournalContradictsTheCounters", kCorrupt,
     [](TestLedger& f) {
         TestLedger::run(
             {f.free_steps(0, {.slot = 3, .id = 10, .bytes_per_bank = 2048, .banks = 12, .requested = 20000})[0],
              f.free_steps(0, {.slot = 3, .id = 10, .bytes_per_bank = 2048, .banks = 12, .requested = 20000})[1]});
         f.put<uint64_t>(f.shards[0] + 48, 12345);
     }},
    {"JournalOfAShardWithoutCounters", kCorrupt,
     [](TestLedger& f) {
         f.put<uint64_t>(f.add_section(5, 3, 0, 1, 128), 1 | uint64_t{0xffffffff} << 32);
         f.put<uint64_t>(576 + 8, 1);
     }},
    {"EventsOfAShardWithoutCounters", kCorrupt,
     [](TestLedger& f) { f.put<uint64_t>(f.add_section(5, 3, 0, 1, 128) + 64, 5); }},
    // Failures
    {"FailureOfAnUnknownAllocator", kCorrupt,
     [](TestLedger& f) { f.put<uint16_t>(f.get<uint64_t>(f.entry_of(9) + 8) + 24, 2); }},
    {"FailureOfAnUnknownAccount", kCorrupt,
     [](TestLedger& f) { f.put<uint8_t>(f.get<uint64_t>(f.entry_of(9) + 8) + 26, 16); }},
    {"FailuresWithoutATable", kCorrupt, [](TestLedger& f) { f.put<uint32_t>(f.entry_of(9), 999); }},
};

// Damage that only a reader of the table can see; without it the totals are still good.
const Damage kTableDamages[] = {
    {"RowOfAnUnknownAllocator", kCorrupt, [](TestLedger& f) { f.put<uint16_t>(f.buffer(3) + 56, 2); }},
    {"RowOfAnUnknownDevice", kCorrupt, [](TestLedger& f) { f.put<uint16_t>(f.buffer(3) + 60, 2); }},
    {"RowOfAnUnknownAccount", kCorrupt, [](TestLedger& f) { f.put<uint8_t>(f.buffer(3) + 4, 16); }},
    {"RowOfAnUnknownType", kCorrupt, [](TestLedger& f) { f.put<uint8_t>(f.buffer(3) + 5, 5); }},
    {"RowWhoseBytesOverflow", kCorrupt, [](TestLedger& f) { f.put<uint64_t>(f.buffer(3) + 32, uint64_t{1} << 62); }},
    {"RowThatNobodyCounted", kCorrupt, [](TestLedger& f) { f.put<uint32_t>(f.buffer(8), 2); }},
    {"RowWithOtherBytesThanCounted", kCorrupt, [](TestLedger& f) { f.put<uint64_t>(f.buffer(3) + 32, 4096); }},
    {"RowWithOtherRequestThanCounted", kCorrupt, [](TestLedger& f) { f.put<uint64_t>(f.buffer(3) + 24, 1); }},
};

// Whole in itself, and more than any machine has: what is computed from it would be wrong or endless.
const Damage kClaims[] = {
    {"RowsThatWrapTheirSum", kCorrupt,
     [](TestLedger& f) {
         for (uint32_t i = 0; i < 16; ++i) {
             f.allocate(0, {.slot = 20 + i, .id = 100 + i, .bytes_per_bank = uint64_t{1} << 60, .requested = 1});
         }
     }},
    {"DramBeyondAnyDevice", kCorrupt,
     [](TestLedger& f) {
         f.put<uint32_t>(f.devices + 28, 12);
         f.put<uint64_t>(f.devices + 32, ~uint64_t{0});
     }},
    {"BanksBeyondAnyDevice", kCorrupt,
     [](TestLedger& f) {
         f.put<uint64_t>(f.allocators + 40, uint64_t{1} << 60);
         f.put<uint32_t>(f.allocators + 56, 64);
     }},
    {"ABufferOfAnExabyte", kCorrupt,
     [](TestLedger& f) { f.allocate(0, {.slot = 20, .id = 99, .bytes_per_bank = uint64_t{1} << 60, .requested = 1}); }},
    {"ARequestOfAnExabyte", kCorrupt,
     [](TestLedger& f) {
         f.allocate(0, {.slot = 20, .id = 99, .bytes_per_bank = 32, .requested = uint64_t{1} << 62});
     }},
};

std::string name_of(const testing::TestParamInfo<Damage>& one) {
    return one.param.name;
}

class DamagedLedger : public testing::TestWithParam<Damage> {};

TEST(HealthyLedger, IsReadAllWays) {
    const auto answer = read_all_ways(healthy());
    ASSERT_EQ(answer.index(), 0u) << std::get<ReadError>(answer).message;
    EXPECT_EQ(std::get<Snapshot>(answer).failures.size(), 1u);
}

TEST_P(DamagedLedger, GetsItsAnswer) {
    TestLedger file = healthy();
    GetParam().make(file);
    for (int bits = 0; bits < 8; ++bits) {
        ReadOptions options;
        options.writer_halted = (bits & 1) != 0;
        options.programs = (bits & 2) != 0;
        options.buffers = (bits & 4) != 0;
        const auto answer = Reader::from_source(file.source()).read(options);
        ASSERT_EQ(answer.index(), 1u) << "read without noticing";
        EXPECT_EQ(std::get<ReadError>(answer).failure, GetParam().answer) << std::get<ReadError>(answer).message;
        EXPECT_FALSE(std::get<ReadError>(answer).message.empty());
    }
}
INSTANTIATE_TEST_SUITE_P(Kinds, DamagedLedger, testing::ValuesIn(kDamages), name_of);
INSTANTIATE_TEST_SUITE_P(Claims, DamagedLedger, testing::ValuesIn(kClaims), name_of);

class DamagedTable : public testing::TestWithParam<Damage> {};

TEST_P(DamagedTable, IsNoticedWithTheList) {
    TestLedger file = healthy();
    GetParam().make(file);
    const auto answer = read_all_ways(file);
    ASSERT_EQ(answer.index(), 1u) << "read without noticing";
    EXPECT_EQ(std::get<ReadError>(answer).failure, GetParam().answer) << std::get<ReadError>(answer).message;
    EXPECT_EQ(Reader::from_source(file.source()).read({}).index(), 0u);
}
INSTANTIATE_TEST_SUITE_P(Kinds, DamagedTable, testing::ValuesIn(kTableDamages), name_of);

// A file cut anywhere is an answer, never a crash and never a value: the directory names its last byte.
TEST(TruncatedLedger, IsAnAnswerAtEveryLength) {
    const TestLedger whole = healthy();
    for (size_t length = 0; length < whole.bytes.size(); length += length < 4200 ? 1 : 61) {
        TestLedger cut = whole;
        cut.bytes.resize(length);
        ASSERT_EQ(read_all_ways(cut).index(), 1u) << "cut at " << length;
    }
}

// The owner truncates the file while it is read: after each number of copies.
TEST(TruncatedLedger, IsAnAnswerWhileItIsRead) {
    const TestLedger whole = healthy();
    bool was_read = false;
    for (int copies = 0; copies < 200 && !was_read; ++copies) {
        int left = copies;
        auto source = whole.source();
        ReadOptions options{.buffers = true, .programs = true};
        const auto answer = Reader::from_source([&](uint64_t offset, void* to, uint64_t bytes) -> int64_t {
                                return left-- > 0 ? source(offset, to, bytes) : 0;
                            }).read(options);
        was_read = answer.index() == 0;
        if (!was_read) {
            const ReadFailure failure = std::get<ReadError>(answer).failure;
            ASSERT_EQ(failure, copies == 0 ? kStarting : kCorrupt) << "after " << copies << " copies";
        }
    }
    EXPECT_TRUE(was_read);
}

// Found by the fuzzer: a shard that was there at the first look and not at the second.
TEST(ChangingDirectory, IsCorruptUnlessItGrows) {
    TestLedger file = healthy();
    file.put<uint64_t>(file.shards[2], 1 | uint64_t{0xffffffff} << 32);
    auto source = file.source();
    bool began = false;
    const auto answer = Reader::from_source([&](uint64_t offset, void* to, uint64_t bytes) -> int64_t {
                            if (began && offset == 516) {  // the reader reads the directory again
                                for (uint32_t i = 0; i < file.get<uint32_t>(516); ++i) {
                                    if (file.get<uint32_t>(TestLedger::entry(i) + 4) == 2) {
                                        file.put<uint32_t>(TestLedger::entry(i), 999);
                                    }
                                }
                            }
                            began = began || offset == 516;
                            return source(offset, to, bytes);
                        }).read({.buffers = true});
    ASSERT_EQ(answer.index(), 1u);
    EXPECT_EQ(std::get<ReadError>(answer).failure, kCorrupt);
}

TEST(RefusedLedger, IsAnIoErrorWithItsErrno) {
    const auto answer = Reader::from_source([](uint64_t, void*, uint64_t) -> int64_t {
                            errno = EACCES;
                            return -1;
                        }).read({});
    ASSERT_EQ(answer.index(), 1u);
    EXPECT_EQ(std::get<ReadError>(answer).failure, ReadFailure::kIo);
    EXPECT_EQ(std::get<ReadError>(answer).errno_value, EACCES);
}

TEST(RefusedLedger, IsReadOnAfterAnInterruption) {
    const TestLedger file = healthy();
    auto source = file.source();
    int calls = 0;
    const auto answer = Reader::from_source([&](uint64_t offset, void* to, uint64_t bytes) -> int64_t {
                            if (++calls % 2 == 0) {
                                errno = EINTR;
                                return -1;
                            }
                            return source(offset, to, std::min<uint64_t>(bytes, 100));  // and short copies
                        }).read({.buffers = true});
    ASSERT_EQ(answer.index(), 0u);
    EXPECT_EQ(std::get<Snapshot>(answer).buffers.size(), 1u);
}

// --- What is new in a later minor version, and what is not damage ----------------------------------------------------

TEST(NewerMinorVersion, UnknownSectionIsSkipped) {
    TestLedger file = healthy();
    file.put<uint16_t>(10, 7);
    file.add_entry(999, 0, 12345, 77, 0xffffffff, 3);  // means nothing to this version, so nothing of it is checked
    const auto answer = read_all_ways(file);
    ASSERT_EQ(answer.index(), 0u) << std::get<ReadError>(answer).message;
    EXPECT_EQ(std::get<Snapshot>(answer).buffers.size(), 1u);
}

TEST(NewerMinorVersion, LongerRecordsAreReadByTheirHead) {
    TestLedger file({.shards = 2, .buffers = 600, .extra_stride = 24});
    file.put<uint16_t>(10, 1);
    file.allocate(0, {.slot = 3, .id = 10, .bytes_per_bank = 2048, .banks = 12, .requested = 20000});
    file.allocate(1, {.slot = 599, .id = 11, .bytes_per_bank = 64, .banks = 8, .requested = 500, .account = 1});
    const auto answer = read_all_ways(file);
    ASSERT_EQ(answer.index(), 0u) << std::get<ReadError>(answer).message;
    const Snapshot& snapshot = std::get<Snapshot>(answer);
    ASSERT_EQ(snapshot.buffers.size(), 2u);
    EXPECT_EQ(snapshot.buffers[1].slot, 599u);
    EXPECT_EQ(snapshot.allocators[0].totals[kAccountL1].bytes, 512u);
    EXPECT_EQ(snapshot.allocators[1].devices, (std::vector<uint32_t>{1}));
}

TEST(NewerMinorVersion, UnknownInternedTypeIsSkipped) {
    TestLedger file = healthy();
    file.intern(77, {1, 2, 3});
    EXPECT_EQ(read_all_ways(file).index(), 0u);
}

TEST(GrowingLedger, TablesGoOnInFurtherSections) {
    TestLedger file = healthy();
    const uint64_t more = file.add_section(8, 0, 64, 8, 64);
    file.allocate(0, {.slot = 5, .id = 12, .bytes_per_bank = 1, .banks = 1, .requested = 1});
    std::copy_n(file.bytes.begin() + static_cast<int64_t>(file.buffer(5)), 64,
                file.bytes.begin() + static_cast<int64_t>(more) + 64 * 6);
    file.put<uint32_t>(file.buffer(5), 4);
    const auto answer = read_all_ways(file);
    ASSERT_EQ(answer.index(), 0u) << std::get<ReadError>(answer).message;
    EXPECT_EQ(std::get<Snapshot>(answer).buffers.back().slot, 70u);
}

TEST(GrowingLedger, ShardWithoutItsTablesYetCountsNothing) {
    TestLedger file = healthy();
    file.add_section(5, 3, 0, 1, 128);
    const auto answer = read_all_ways(file);
    ASSERT_EQ(answer.index(), 0u) << std::get<ReadError>(answer).message;
}

// Its writer died while it gave a closed record to other devices: the record is left out, nothing can live in it.
TEST(AllocatorBeingRewritten, IsLeftOut) {
    TestLedger file = healthy();
    file.put<uint32_t>(file.allocators + file.stride(256), 3);       // sequence odd
    file.put<uint32_t>(file.allocators + file.stride(256) + 16, 5);  // half written
    file.put<uint64_t>(file.counter(0, 1, 0) + 24, 9);               // half emptied
    for (const bool halted : {true, false}) {
        const auto answer = Reader::from_source(file.source()).read({.buffers = true, .writer_halted = halted});
        ASSERT_EQ(answer.index(), 0u) << std::get<ReadError>(answer).message;
        const Snapshot& snapshot = std::get<Snapshot>(answer);
        EXPECT_EQ(snapshot.one_moment, halted);
        ASSERT_EQ(snapshot.allocators.size(), 2u);
        EXPECT_FALSE(snapshot.allocators[1].open);
        EXPECT_EQ(snapshot.allocators[1].generation, 0u);
        EXPECT_EQ(snapshot.allocators[1].totals[0].frees, 0u);
        EXPECT_EQ(snapshot.allocators[0].totals[kAccountDram].buffers, 1u);
    }
}

}  // namespace
}  // namespace ttmem::ledger
