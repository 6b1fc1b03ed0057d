// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <set>

#include "recording/programs_then.hpp"
#include "recording/reader.hpp"
#include "recording/redact.hpp"
#include "recording/replay.hpp"
#include "recording/test_program.hpp"

namespace ttmem::recording {
namespace {

namespace fs = std::filesystem;

class Recording : public ::testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "ttmem-recording.XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }
    void TearDown() override { fs::remove_all(folder_); }

    std::string path(const char* name = "a.ttrec") const { return (folder_ / name).string(); }

    std::string write(const test::Program& program, size_t chunk_events, bool finish = true) {
        Result<Writer> writer = Writer::create(path());
        EXPECT_TRUE(writer.ok());
        test::write_program(writer.value(), program, chunk_events);
        if (finish) {
            EXPECT_TRUE(writer.value().finish());
        }
        std::ifstream file(path(), std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    static Result<Reader> read(const std::string& bytes) {
        return Reader::from_source(
            [bytes](uint64_t offset, void* to, uint64_t count) -> int64_t {
                const uint64_t got = offset < bytes.size() ? std::min<uint64_t>(count, bytes.size() - offset) : 0;
                std::copy_n(bytes.data() + std::min<uint64_t>(offset, bytes.size()), got, static_cast<char*>(to));
                return static_cast<int64_t>(got);
            },
            bytes.size());
    }

    // Positions after the first `count` events.
    static std::vector<uint64_t> positions(const test::Program& program, size_t count) {
        std::vector<uint64_t> all(3);
        for (size_t i = 0; i < count; ++i) {
            all[program.events[i].shard] = program.events[i].number + 1;
        }
        return all;
    }

    // Every moment that a reader still gives is the true one; the number of those that it gives.
    static size_t check_moments(const Reader& reader, const test::Program& program, size_t step) {
        size_t given = 0;
        for (size_t count = 0; count <= program.events.size(); count += step) {
            if (reader.processes().empty()) {
                break;
            }
            const std::optional<Moment> moment =
                moment_at_positions(reader, reader.processes()[0], positions(program, count));
            if (moment) {
                ++given;
                EXPECT_EQ(test::state_of(*moment), program.states[count]) << "after " << count << " events";
            }
        }
        return given;
    }

    fs::path folder_;
};

TEST_F(Recording, AnyMomentIsThatOfTheOracle) {
    for (unsigned seed = 1; seed <= 3; ++seed) {
        const test::Program program = test::random_program(seed, 3000);
        const std::string bytes = write(program, 250);
        const Result<Reader> reader = read(bytes);
        ASSERT_TRUE(reader.ok());
        EXPECT_TRUE(reader.value().finished());
        EXPECT_TRUE(reader.value().damages().empty());
        EXPECT_EQ(check_moments(reader.value(), program, 7), 3000 / 7 + 1);
        for (size_t count = 1; count <= program.events.size(); count += 13) {
            const std::optional<Moment> moment =
                moment_at_time(reader.value(), reader.value().processes()[0], program.events[count - 1].time_ns);
            ASSERT_TRUE(moment);
            EXPECT_EQ(test::state_of(*moment), program.states[count]);
        }
        fs::remove(path());
    }
}

TEST_F(Recording, EventsFactsAndTextsComeBackAsTheyWere) {
    const test::Program program = test::random_program(4, 1000);
    const Result<Reader> reader = read(write(program, 100));
    ASSERT_TRUE(reader.ok());
    const RecordedProcess& process = reader.value().processes().at(0);
    std::vector<Event> events;
    Visitor visitor;
    visitor.on_event = [&events](Moment&, const Event& event) { events.push_back(event); };
    replay(reader.value(), process, visitor);
    EXPECT_EQ(events, program.events);
    ASSERT_TRUE(process.facts);
    EXPECT_EQ(process.facts->command, "python3 train.py");
    ASSERT_EQ(process.facts->devices.size(), 2u);
    EXPECT_EQ(process.facts->devices[1].unique_id, 0x1235u);
    EXPECT_EQ(process.facts->allocators[1].geometry[1].banks, 64u);
    EXPECT_EQ(process.facts->allocators[1].devices, std::vector<uint32_t>{1});
    EXPECT_EQ(process.texts.texts, test::test_texts().texts);
    EXPECT_EQ(process.texts.tensors.at(0).second.shape, (std::vector<uint32_t>{1, 32, 64}));
    EXPECT_EQ(process.texts.tensors.at(0).second.distribution_shape, (std::vector<uint32_t>{2, 4}));
    EXPECT_EQ(process.texts.tensors.at(0).second.divided, (std::vector<int32_t>{ledger::kReplicated, -1}));
    ASSERT_TRUE(process.end);
    EXPECT_EQ(process.end->ending, Ending::kExited);
}

// Of a build before tensors on a mesh were known: the same without the last list.
std::string with_number(uint64_t number) {
    Packer packer;
    packer.number(number);
    return packer.take();
}

TEST(EventColumns, ComeBackAndNothingElseDoes) {
    const std::vector<Event> events = test::random_program(12, 700).events;
    EventColumns columns;
    for (const Event& event : events) {
        columns.add(event);
    }
    Packer packer;
    columns.pack_into(packer);
    const std::string bytes = packer.take().substr(with_number(events.size()).size());
    std::vector<Event> found(3, events.front());
    ASSERT_TRUE(unpack_event_columns(bytes, events.size(), found));
    EXPECT_EQ(found, events);
    for (size_t cut = 0; cut < bytes.size(); cut += 11) {
        EXPECT_FALSE(unpack_event_columns(bytes.substr(0, cut), events.size(), found)) << cut;
    }
    EXPECT_FALSE(unpack_event_columns(bytes, events.size() + 1, found));
    EXPECT_TRUE(unpack_event_columns("", 0, found) && found.empty());
}

// One event of fifteen columns, with a number instead of the zero of one of them.
TEST(EventColumns, ValuesThatNoFieldHasAreRefused) {
    std::vector<Event> found;
    const auto is_read = [&found](size_t column, const std::string& number) {
        return unpack_event_columns(std::string(column, '\0') + number + std::string(14 - column, '\0'), 1, found);
    };
    constexpr size_t kType = 0, kShard = 1, kTime = 2, kAllocator = 5, kAccount = 6, kNumber = 9, kPageBytes = 14;
    EXPECT_TRUE(is_read(kTime, with_number(UINT64_MAX)));
    EXPECT_TRUE(is_read(kNumber, with_number(UINT64_MAX)) && found[0].number == UINT64_MAX);
    EXPECT_TRUE(is_read(kPageBytes, with_number(zigzag(UINT32_MAX))) && found[0].page_bytes == UINT32_MAX);
    EXPECT_FALSE(is_read(kPageBytes, with_number(zigzag(uint64_t{1} << 32))));
    EXPECT_FALSE(is_read(kType, with_number(zigzag(256 + ledger::kEventFree))));
    EXPECT_TRUE(is_read(kShard, with_number(zigzag(kMostShards - 1))));
    EXPECT_FALSE(is_read(kShard, with_number(zigzag(kMostShards))));
    EXPECT_FALSE(is_read(kAccount, with_number(zigzag(ledger::kAccounts))));
    EXPECT_TRUE(is_read(kAllocator, with_number(zigzag(kNone))));
    EXPECT_FALSE(is_read(kAllocator, with_number(zigzag(kMostAllocators))));
    for (size_t column = 0; column < 15; ++column) {
        EXPECT_FALSE(is_read(column, std::string(10, '\x80') + '\0'))
            << "a number of eleven bytes in column " << column;
        EXPECT_FALSE(is_read(column, "\x80")) << "a number without an end in column " << column;
    }
}

// An exception's text keeps its lines and tabs, and is as safe as any other.
TEST_F(Recording, TextsOfSeveralLinesKeepThem) {
    ledger::Sidecar texts = test::test_texts();
    texts.operations = {{1, "encoder\n\tlayer"}};
    texts.exceptions = {{1, "TT_FATAL\ninfo:\n\tno room"}, {2, "a\x1b[2J\r\nb\xe2\x80\xae\x9b"}};
    TextsDone done;
    ledger::Sidecar read_back;
    ASSERT_TRUE(unpack_texts(pack_more(texts, done), read_back));
    EXPECT_EQ(read_back.exceptions.at(0).second, texts.exceptions[0].second);
    EXPECT_EQ(read_back.exceptions.at(1).second, "a?[2J?\nb?\xef\xbf\xbd");
    EXPECT_EQ(read_back.operations.at(0).second, "encoder??layer") << "a name is on one line";
}

TEST_F(Recording, TextsWithoutDistributionsAreRead) {
    TextsDone done;
    std::string bytes = pack_more(test::test_texts(), done);
    bytes.resize(bytes.size() - 6);  // one entry: its rank, two extents, two dimensions; and how many there are
    ledger::Sidecar texts;
    EXPECT_TRUE(unpack_texts(bytes, texts));
    EXPECT_EQ(texts.tensors.at(0).second.shape, (std::vector<uint32_t>{1, 32, 64}));
    EXPECT_TRUE(texts.tensors.at(0).second.distribution_shape.empty());
    EXPECT_FALSE(unpack_texts(bytes + '\x02', texts)) << "two entries that are not there";
}

TEST_F(Recording, FactsOfATensorMayChangeWhileItsBufferLives) {
    Moment moment;
    Event event;
    event.type = ledger::kEventAllocate;
    event.id = 7;
    event.allocator = 0;
    event.tensor = 1;
    moment.apply(event);
    Event change;
    change.type = ledger::kEventTensor;
    change.id = 7;
    change.tensor = 2;
    EXPECT_EQ(moment.apply(change), Change::kOther);
    EXPECT_EQ(moment.find(7)->tensor, 2u);
    change.id = 8;  // not there
    EXPECT_EQ(moment.apply(change), Change::kOther);
    EXPECT_EQ(moment.buffers(), 1u);
}

// A recorder that is killed leaves a file that ends anywhere.
TEST_F(Recording, CutAnywhereItIsGoodUpToItsLastWholeChunk) {
    const test::Program program = test::random_program(5, 600);
    const std::string bytes = write(program, 100);
    const Result<Reader> whole = read(bytes);
    ASSERT_TRUE(whole.ok());
    const std::vector<ChunkPlace> chunks = whole.value().processes().at(0).events;
    ASSERT_EQ(chunks.size(), 7u);
    for (size_t length = sizeof(FileHeader); length < bytes.size(); length += 41) {
        const Result<Reader> reader = read(bytes.substr(0, length));
        ASSERT_TRUE(reader.ok()) << reader.error().message;
        EXPECT_FALSE(reader.value().finished());
        const size_t there =
            static_cast<size_t>(std::count_if(chunks.begin(), chunks.end(), [&](const ChunkPlace& chunk) {
                return chunk.offset + sizeof(ChunkHead) + (chunk.head.stored_bytes + 7) / 8 * 8 <= length;
            }));
        const size_t read_back = reader.value().processes().empty() ? 0 : reader.value().processes()[0].events.size();
        EXPECT_EQ(read_back, there) << "cut at " << length;
        check_moments(reader.value(), program, 97);
    }
}

TEST_F(Recording, WithoutItsIndexNothingIsMissing) {
    const test::Program program = test::random_program(6, 500);
    const Result<Reader> reader = read(write(program, 64, false));
    ASSERT_TRUE(reader.ok());
    EXPECT_FALSE(reader.value().finished());
    EXPECT_TRUE(reader.value().damages().empty());
    EXPECT_EQ(check_moments(reader.value(), program, 1), 501u);
}

// Whatever byte is damaged: no wrong moment is given, and the other chunks are still read.
TEST_F(Recording, ADamagedChunkIsLeftOutAndSaid) {
    const test::Program program = test::random_program(7, 600);
    const std::string bytes = write(program, 100);
    const Result<Reader> whole = read(bytes);
    ASSERT_TRUE(whole.ok());
    const std::vector<ChunkPlace> chunks = whole.value().processes().at(0).events;
    for (size_t at = sizeof(FileHeader); at < bytes.size(); at += 131) {
        std::string bad = bytes;
        bad[at] = static_cast<char>(bad[at] ^ 0x20);
        const Result<Reader> reader = read(bad);
        ASSERT_TRUE(reader.ok());
        const size_t given = check_moments(reader.value(), program, 20);
        EXPECT_GE(given, 20u) << "byte " << at << ": more than one chunk is lost";
    }
    // In the payload of the third chunk: its events are counted as missed, and the chunks after it are right again.
    std::string bad = bytes;
    bad[chunks[2].offset + sizeof(ChunkHead) + 40] ^= 1;
    const Result<Reader> reader = read(bad);
    ASSERT_TRUE(reader.ok());
    uint64_t missed = 0;
    Visitor visitor;
    visitor.on_event = [](Moment& moment, const Event& event) { moment.apply(event); };
    visitor.on_break = [&missed](const Moment&, const EventChunk&, uint64_t events) { missed += events; };
    const Moment last = replay(reader.value(), reader.value().processes().at(0), visitor);
    EXPECT_EQ(missed, 100u);
    EXPECT_EQ(test::state_of(last), program.states.back());
}

TEST_F(Recording, AnotherMajorVersionIsRefusedAndNoRecordingIsNone) {
    std::string bytes = write(test::random_program(8, 10), 100);
    bytes[8] = 9;
    const Result<Reader> newer = read(bytes);
    ASSERT_FALSE(newer.ok());
    EXPECT_NE(newer.error().message.find("format version 9"), std::string::npos);
    EXPECT_FALSE(read("").ok());
    EXPECT_FALSE(read(std::string(4096, 'x')).ok());
}

TEST_F(Recording, NoFileIsOverwrittenAndNoLinkFollowed) {
    Result<Writer> first = Writer::create(path());
    ASSERT_TRUE(first.ok());
    struct stat status {};
    ASSERT_EQ(stat(path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    EXPECT_FALSE(Writer::create(path()).ok());
    ASSERT_EQ(symlink((folder_ / "target").c_str(), path("link").c_str()), 0);
    EXPECT_FALSE(Writer::create(path("link")).ok());
    EXPECT_FALSE(fs::exists(folder_ / "target"));
}

TEST_F(Recording, AFileThatCannotGrowIsAnErrorAndTheRestIsGood) {
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    const test::Program program = test::random_program(9, 600);
    Result<Writer> writer = Writer::create(path());
    ASSERT_TRUE(writer.ok());
    const rlimit small{12000, before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
    test::write_program(writer.value(), program, 50);
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
    ASSERT_TRUE(writer.value().error());
    const Result<Reader> reader = Reader::open(path());
    ASSERT_TRUE(reader.ok());
    const size_t given = check_moments(reader.value(), program, 25);
    EXPECT_GT(given, 2u);
    EXPECT_LT(given, 25u);
}

// The table that a moment keeps its buffers in, against std::map; ids that lie close together and far apart.
ledger::Program test_program(uint64_t id, uint64_t bytes) {
    ledger::Program program;
    program.id = id;
    program.allocator = 1;
    program.type = ledger::kProgramFabric;
    program.loaded_ns = 1'700'000'000'000'000'000 + id;
    program.devices = {0, 1};
    program.circular_buffer_bytes = bytes;
    program.kernel_bytes = ledger::kUnknown64;
    program.config_bytes = 512;
    program.context = 65536;
    program.circular_buffers = {{7, 0x19000, bytes, ledger::kCircularBufferGlobal, {{0, 0, 7, 7}, {0, 8, 3, 9}}, 5, 2}};
    program.kernels = {{9, 3, ledger::kNone, ledger::kProcessorCompute, ledger::kProgramFabric, 1, {{1, 1, 2, 2}}}};
    return program;
}

std::string bytes_of(const ledger::Program& program) {
    return pack(program);
}

TEST(Programs, ComeBackAsTheyWere) {
    ProgramState state;
    state.loaded = {{0, 17}, {1, 0}};
    state.rings = {{0, 1, 2, true, 3, 0x8000, 70656, 4096, 5}};
    state.regions = {{1, 1, ledger::kRegionFirmware, ledger::kSourceHal, 0, 4096, 0, {{0, 0, 7, 9}}}, {}};
    const std::string definitions =
        pack_definitions({bytes_of(test_program(1, 2048)), bytes_of(test_program(2, 4096))});
    ProgramBudget budget;
    const std::optional<std::vector<ledger::Program>> programs = unpack_definitions(definitions, budget);
    ASSERT_TRUE(programs && programs->size() == 2);
    EXPECT_EQ(bytes_of((*programs)[0]), bytes_of(test_program(1, 2048)));
    EXPECT_EQ(bytes_of((*programs)[1]), bytes_of(test_program(2, 4096)));
    EXPECT_EQ((*programs)[0].circular_buffers[0].data_format, 2);
    EXPECT_EQ((*programs)[0].kernels[0].cores[0].end_y, 2);
    const std::string packed = pack({{{2, 44}, 1}}, state);
    const std::optional<ProgramChunk> chunk = unpack_programs(packed, budget);
    ASSERT_TRUE(chunk);
    ASSERT_EQ(chunk->loads.size(), 1u);
    EXPECT_EQ(chunk->loads[0].event, EventPlace(2, 44));
    EXPECT_EQ(chunk->state.loaded, state.loaded);
    EXPECT_EQ(pack({}, chunk->state), pack({}, state));
    for (size_t cut = 0; cut < packed.size(); ++cut) {
        EXPECT_FALSE(unpack_programs(packed.substr(0, cut), budget)) << cut;
    }
    for (size_t cut = 0; cut < definitions.size(); ++cut) {
        EXPECT_FALSE(unpack_definitions(definitions.substr(0, cut), budget)) << cut;
    }
    ProgramState loaded_alone;
    loaded_alone.loaded.resize(7);
    ASSERT_TRUE(unpack_programs(pack({}, loaded_alone), budget)) << "its records take two bytes each";
    EXPECT_EQ(unpack_programs(pack({}, loaded_alone), budget)->state.loaded.size(), 7u);
    ProgramBudget small{5};
    EXPECT_FALSE(unpack_definitions(definitions, small)) << "two definitions with their parts are more";
}

TEST(Programs, ARefusalComesBackAsItWas) {
    ledger::Failure failure;
    failure.number = 12;
    failure.time_ns = 1'700'000'000'000'000'000;
    failure.type = ledger::kFailureClash;
    failure.allocator = 2;
    failure.account = ledger::kAccountL1;
    failure.bytes_per_bank = 4096;
    failure.largest_free_per_bank = 0;
    failure.cores = {{0, 0, 3, 4}};
    failure.handled = true;
    failure.limit_bytes = ledger::kUnknown64 - 1;
    const std::string packed = pack_refusals({pack(failure)});
    ProgramBudget budget;
    const auto refusals = unpack_refusals(packed, budget);
    ASSERT_TRUE(refusals && refusals->size() == 1);
    EXPECT_EQ(pack((*refusals)[0]), pack(failure));
    EXPECT_EQ((*refusals)[0].largest_free_per_bank, 0u);
    EXPECT_EQ((*refusals)[0].available_bytes, std::nullopt);
    for (size_t cut = 0; cut < packed.size(); ++cut) {
        ProgramBudget whole;
        EXPECT_FALSE(unpack_refusals(packed.substr(0, cut), whole)) << cut;
    }
}

// A program that is loaded, another one of the same number after it, one of which no record was read.
TEST_F(Recording, ProgramsAreThoseOfTheMoment) {
    Result<Writer> writer = Writer::create(path());
    ASSERT_TRUE(writer.ok());
    ProgramState state;
    state.loaded = {{0, 3}};
    writer.value().append(kChunkDefinitions, 0,
                          pack_definitions({bytes_of(test_program(1, 2048)), bytes_of(test_program(1, 6144))}), 0, 1,
                          1);
    writer.value().append(kChunkPrograms, 0, pack({{{0, 2}, 1}}, state), 0, 1, 1);
    OpenChunk chunk;
    chunk.begin(Moment(), {}, 0, 0);
    const auto event = [&chunk](uint8_t type, uint64_t id, uint64_t number) {
        Event one;
        one.type = type;
        one.id = id;
        one.number = number;
        one.time_ns = 100 + number;
        one.bytes = 77;
        one.account = ledger::kAccountKernelApplication;
        chunk.add(one);
    };
    event(ledger::kEventProgramUnload, 1, 1);
    event(ledger::kEventProgramLoad, 1, 2);
    event(ledger::kEventProgramLoad, 5, 3);
    chunk.write(writer.value(), 0, false);
    chunk.begin(Moment(), {4}, 0, 0);
    event(ledger::kEventProgramUnload, 1, 4);
    chunk.write(writer.value(), 0, false);
    ASSERT_TRUE(writer.value().finish());

    const Result<Reader> reader = Reader::open(path());
    ASSERT_TRUE(reader.ok());
    EXPECT_TRUE(reader.value().damages().empty());
    const RecordedProcess& process = reader.value().processes().at(0);
    ProgramsThen then;
    const auto bytes_at = [&](size_t number, size_t events) {
        const std::optional<EventChunk> of = reader.value().read(process.events.at(number));
        const auto answer = then.at(reader.value(), process, *of, {number, events});
        std::vector<uint64_t> bytes;
        for (const ledger::Program& program : answer->programs) {
            const bool known = (program.flags & ledger::kProgramBuffersUnknown) == 0;
            bytes.push_back(known ? program.circular_buffer_bytes : 1);
        }
        return bytes;
    };
    EXPECT_EQ(bytes_at(0, 0), (std::vector<uint64_t>{2048}));
    EXPECT_EQ(bytes_at(0, 1), (std::vector<uint64_t>{}));
    EXPECT_EQ(bytes_at(0, 2), (std::vector<uint64_t>{6144}));
    EXPECT_EQ(bytes_at(0, 3), (std::vector<uint64_t>{6144, 1})) << "the second is known by its event alone";
}

TEST(IdTable, IsAMap) {
    std::mt19937_64 rng(11);
    IdTable<uint64_t> table;
    std::map<uint64_t, uint64_t> oracle;
    for (int i = 0; i < 200000; ++i) {
        const uint64_t id = rng() % 3 == 0 ? (rng() % 300) << 40 : rng() % 300;
        if (rng() % 2 == 0) {
            const auto [value, is_new] = table.insert(id);
            ASSERT_EQ(is_new, !oracle.contains(id));
            *value = oracle[id] = rng();
        } else {
            ASSERT_EQ(table.erase(id), oracle.erase(id) != 0);
        }
        ASSERT_EQ(table.size(), oracle.size());
        const uint64_t asked = rng() % 300;
        const auto known = oracle.find(asked);
        const uint64_t* found = table.find(asked);
        ASSERT_EQ(found != nullptr, known != oracle.end());
        ASSERT_TRUE(found == nullptr || *found == known->second);
    }
    std::multiset<uint64_t> all, expected;
    table.for_each([&all](uint64_t value) { all.insert(value); });
    for (const auto& [id, value] : oracle) {
        expected.insert(value);
    }
    EXPECT_EQ(all, expected);
}

// A bound of the file: the latest events stay, each moment of them is right, and the file says what is missing.
TEST_F(Recording, AFileWithABoundKeepsTheLatest) {
    const test::Program program = test::random_program(8, 60000);
    constexpr uint64_t kMost = 200 << 10;
    Result<Writer> writer = Writer::create(path(), kMost);
    ASSERT_TRUE(writer.ok());
    test::write_program(writer.value(), program, 500);
    ASSERT_TRUE(writer.value().finish());
    EXPECT_LT(fs::file_size(path()), kMost + (16 << 10));
    EXPECT_FALSE(fs::exists(path() + ".shorter"));
    struct stat status {};
    ASSERT_EQ(::stat(path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    const Result<Reader> reader = Reader::open(path());
    ASSERT_TRUE(reader.ok()) << reader.error().message;
    EXPECT_TRUE(reader.value().finished());
    EXPECT_TRUE(reader.value().damages().empty());
    const RecordedProcess& process = reader.value().processes().at(0);
    size_t first = 0, events = 0, dropped = 0;
    for (const ChunkPlace& place : process.events) {
        const std::optional<EventChunk> chunk = reader.value().read(place);
        ASSERT_TRUE(chunk.has_value());
        dropped += chunk->after_dropped ? 1 : 0;
        EXPECT_EQ(chunk->after_dropped, events == 0);
        events += chunk->events.size();
    }
    EXPECT_EQ(dropped, 1u);
    EXPECT_GT(events, 2000u);
    EXPECT_LT(events, program.events.size() / 2);
    first = program.events.size() - events;
    size_t at = first;
    Visitor visitor;
    visitor.on_event = [&](Moment& moment, const Event& event) {
        moment.apply(event);
        ++at;
        if (at % 97 == 0) {
            ASSERT_EQ(test::state_of(moment), program.states[at]);
        }
    };
    EXPECT_EQ(test::state_of(replay(reader.value(), process, visitor)), program.states.back());
    EXPECT_EQ(at, program.events.size());
}

TEST(Redact, KeepsNamesAndLosesFolders) {
    ledger::Sidecar texts = test::test_texts();
    texts.operations.push_back({2, "decoder/ttnn.matmul (/srv/me/models/attention.py:42 < /srv/me/run.py:7)"});
    texts.texts = {
        {1, "ttnn.add"}, {2, "/srv/me/my files/train.py"}, {3, "step"}, {4, "/srv/me/venv/ttnn/decorators.py"}};
    texts.stacks = {{1, "/srv/me/a.py:3 f\n/srv/me/b.py:4 g"}};
    texts.labels = {{1, "secret"}};
    texts.exceptions = {{1, "no room for /srv/me"}};
    redact(texts);
    EXPECT_TRUE(texts.command_line.empty() && texts.labels.empty() && texts.exceptions.empty());
    EXPECT_EQ(texts.operations.at(0).second, "encoder");
    EXPECT_EQ(texts.operations.at(1).second, "decoder/ttnn.matmul (attention.py:42 < run.py:7)");
    EXPECT_EQ(texts.texts.at(0).second, "ttnn.add");
    EXPECT_EQ(texts.texts.at(1).second, "train.py");
    // By which readers know that the line is ttnn's, not the program's.
    EXPECT_EQ(texts.texts.at(3).second, "/ttnn/decorators.py");
    EXPECT_EQ(texts.stacks.at(0).second, "a.py:3 f\nb.py:4 g");
    EXPECT_EQ(without_folders("libtt_metal.so"), "libtt_metal.so");
}

}  // namespace
}  // namespace ttmem::recording
