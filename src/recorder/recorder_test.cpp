// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A process that allocates on three threads is recorded while snapshots of its ledger are taken; afterwards each snapshot
// must be in the recording. The process is this program, run again with kProducerVariable set.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <tuple>

#include "ledger/read/reader.hpp"
#include "recorder/session.hpp"
#include "recording/programs_then.hpp"
#include "recording/reader.hpp"
#include "recording/replay.hpp"
#include "tt_alloc/client.h"

namespace ttmem::recorder {
namespace {

namespace fs = std::filesystem;
constexpr const char* kProducerVariable = "TTMEM_RECORDER_TEST_PRODUCES";

// ./test.sh --long takes more.
bool is_long() {
    return std::getenv("TTMEM_LONG") != nullptr;
}
size_t moments() {
    return is_long() ? 1000 : 150;
}
int kills() {
    return is_long() ? 200 : 3;
}

// --- The recorded process ---------------------------------------------------------------------------------------------

uint32_t open_allocator(int32_t chip) {
    tt_alloc_device device{};
    device.struct_size = sizeof device;
    device.logical_id = chip;
    device.flags = TT_ALLOC_DEVICE_MOCK;
    device.arch = TT_ALLOC_ARCH_WORMHOLE_B0;
    std::strcpy(device.board, "n300");
    const uint32_t index = tt_alloc_describe_device(&device);
    tt_alloc_allocator allocator{};
    allocator.struct_size = sizeof allocator;
    allocator.mesh_id = chip;
    allocator.parent = TT_ALLOC_NONE;
    allocator.device_count = 1;
    allocator.devices = &index;
    allocator.banks[TT_ALLOC_DRAM] = {uint64_t{1} << 30, 0x40, 12, 32};
    allocator.banks[TT_ALLOC_L1] = {1'393'312, 0x19000, 64, 32};
    return tt_alloc_open_allocator(&allocator);
}

// Random allocations, frees and refusals, until the parent closes its end of stdin.
void allocate_at_random(uint32_t thread, const uint32_t (&allocators)[2], const std::atomic<bool>& stop) {
    std::mt19937_64 rng(thread);
    std::vector<uint64_t> live;
    uint64_t next = uint64_t{thread} << 40;
    while (!stop.load()) {
        tt_alloc_buffer buffer{};
        const uint64_t pages = 1 + rng() % 64;
        buffer.id = ++next;
        buffer.address = rng() % (1 << 20) * 32;
        buffer.requested_bytes = pages * 2048;
        buffer.bytes_per_bank = pages * 2048;
        buffer.type = rng() % 4 == 0 ? TT_ALLOC_L1 : TT_ALLOC_DRAM;
        buffer.banks = buffer.type == TT_ALLOC_L1 ? 64 : 12;
        buffer.allocator = allocators[rng() % 2];
        buffer.page_bytes = 2048;
        buffer.device = TT_ALLOC_NONE;
        const uint64_t what = rng() % 100;
        if (what < 2) {
            tt_alloc_allocation_failed(&buffer, 4096);
        } else if (live.size() < 5 || (what < 52 && live.size() < 60)) {
            tt_alloc_buffer_allocated(&buffer);
            live.push_back(buffer.id);
        } else {
            std::swap(live[rng() % live.size()], live.back());
            tt_alloc_buffer_freed(live.back());
            live.pop_back();
        }
        if (rng() % 8 == 0) {
            std::this_thread::sleep_for(std::chrono::microseconds(rng() % 4000));
        }
    }
}

// Loads, launches and unloads programs at random; each has another circular buffer and kernel.
void load_at_random(uint32_t allocator, const std::atomic<bool>& stop) {
    std::mt19937_64 rng(7);
    std::vector<uint64_t> loaded;
    uint64_t next = 0;
    while (!stop.load()) {
        const tt_alloc_core_range cores{0, 0, static_cast<uint16_t>(rng() % 8), static_cast<uint16_t>(rng() % 8)};
        if (loaded.size() < 3 || (loaded.size() < 20 && rng() % 2 == 0)) {
            const uint64_t id = ++next;
            tt_alloc_circular_buffer buffer{};
            buffer.id = id * 10;
            buffer.address = 0x19000;
            buffer.bytes = id % 100 * 2048;
            buffer.cores = &cores;
            buffer.core_ranges = 1;
            const std::string name = "kernel_" + std::to_string(id);
            tt_alloc_kernel kernel{};
            kernel.id = id * 100;
            kernel.name = name.c_str();
            kernel.cores = &cores;
            kernel.core_ranges = 1;
            kernel.packed_bytes = static_cast<uint32_t>(100 + id);
            kernel.processor = TT_ALLOC_PROCESSOR_COMPUTE;
            tt_alloc_program program{};
            program.struct_size = sizeof program;
            program.allocator = allocator;
            program.id = id;
            program.device = TT_ALLOC_NONE;
            program.circular_buffers = &buffer;
            program.kernels = &kernel;
            program.circular_buffer_count = 1;
            program.kernel_count = 1;
            program.config_bytes = UINT64_MAX;
            loaded.push_back(tt_alloc_program_loaded(&program));
        } else {
            std::swap(loaded[rng() % loaded.size()], loaded.back());
            tt_alloc_program_unloaded(loaded.back());
            loaded.pop_back();
        }
        if (!loaded.empty()) {
            tt_alloc_program_launched(loaded[rng() % loaded.size()]);
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(20 + rng() % 40));
    }
}

int produce() {
    const uint32_t allocators[2] = {open_allocator(0), open_allocator(1)};
    std::atomic<bool> stop{allocators[0] == TT_ALLOC_NONE};
    std::vector<std::thread> threads;
    for (uint32_t i = 1; i <= 3; ++i) {
        threads.emplace_back(allocate_at_random, i, std::cref(allocators), std::cref(stop));
    }
    threads.emplace_back(load_at_random, allocators[0], std::cref(stop));
    char byte = 0;
    [[maybe_unused]] const ssize_t ended = read(0, &byte, 1);
    stop = true;
    for (std::thread& thread : threads) {
        thread.join();
    }
    return 0;
}

[[maybe_unused]] const bool g_produced = [] {
    if (std::getenv(kProducerVariable) != nullptr) {
        _exit(produce());
    }
    return true;
}();

// --- The recorder and its judge ---------------------------------------------------------------------------------------

// The fields of a buffer that a snapshot and a recording must agree on, by id.
using Row = std::tuple<uint64_t, uint64_t, uint64_t, uint32_t, uint32_t, uint32_t, uint64_t>;
using Rows = std::map<uint64_t, Row>;

Row row_of(const recording::Held& held) {
    return {held.bytes, held.requested_bytes, held.address, held.allocator, held.account, held.thread, held.page_bytes};
}

// The rows in which the two differ, for a person.
std::string differences(const Rows& recorded, const Rows& live) {
    std::string text;
    const auto add = [&text](const char* where, const Rows& rows, const Rows& others) {
        for (const auto& [id, row] : rows) {
            const auto other = others.find(id);
            if (other == others.end() || other->second != row) {
                text += std::string(where) + ": " + ::testing::PrintToString(id) + " " + ::testing::PrintToString(row) +
                        "\n";
            }
        }
    };
    add("recorded", recorded, live);
    add("live", live, recorded);
    return text;
}

// Of a program, by id: what it takes.
using ProgramRow = std::tuple<uint64_t, uint64_t, uint32_t, uint64_t, size_t, size_t>;
using ProgramRows = std::map<uint64_t, ProgramRow>;

ProgramRows rows_of(const std::vector<ledger::Program>& programs) {
    ProgramRows rows;
    for (const ledger::Program& program : programs) {
        const uint64_t bytes = program.circular_buffers.empty() ? 0 : program.circular_buffers[0].bytes;
        const uint32_t name = program.kernels.empty() ? 0 : program.kernels[0].name;
        rows[program.id] = {
            program.circular_buffer_bytes, bytes, name, program.kernel_bytes, program.circular_buffers.size(),
            program.devices.size()};
    }
    return rows;
}

struct Seen {
    std::vector<uint64_t> positions;
    Rows rows;
    ProgramRows programs;
};

// The programs of the recording when exactly the events below the positions had happened.
std::optional<ProgramRows> programs_at(const recording::Reader& reader, const recording::RecordedProcess& process,
                                       const std::vector<uint64_t>& positions) {
    const auto wanted = [&positions](uint32_t shard) { return shard < positions.size() ? positions[shard] : 0; };
    std::optional<recording::EventChunk> begin;
    recording::MomentPlace place;
    for (size_t at = 0; at < process.events.size(); ++at) {
        std::optional<recording::EventChunk> chunk = reader.read(process.events[at]);
        bool before = chunk.has_value();
        for (uint32_t shard = 0; before && shard < chunk->positions.size(); ++shard) {
            before = chunk->positions[shard] <= wanted(shard);
        }
        if (before) {
            place.chunk = at;
            begin = std::move(chunk);
        }
    }
    if (!begin) {
        return std::nullopt;
    }
    const std::optional<recording::EventChunk> next =
        place.chunk + 1 < process.events.size() ? reader.read(process.events[place.chunk + 1]) : std::nullopt;
    if (next) {
        begin->events.insert(begin->events.end(), next->events.begin(), next->events.end());
    }
    std::erase_if(begin->events, [&](const recording::Event& event) { return event.number >= wanted(event.shard); });
    place.events = begin->events.size();
    recording::ProgramsThen then;
    const auto answer = then.at(reader, process, *begin, place);
    return answer ? std::optional(rows_of(answer->programs)) : std::nullopt;
}

// Empty: the recording has that snapshot. An event that a thread was in the middle of as the snapshot was taken may be in
// its rows already and in its ring a moment later: then it has one event more of that thread's shard than its positions say.
std::string differs(const recording::Reader& reader, const recording::RecordedProcess& process, const Seen& seen) {
    std::string first;
    for (uint32_t more = 0; more < 1u << seen.positions.size(); ++more) {
        std::vector<uint64_t> positions = seen.positions;
        for (size_t shard = 0; shard < positions.size(); ++shard) {
            positions[shard] += more >> shard & 1;
        }
        const auto moment = recording::moment_at_positions(reader, process, positions);
        if (!moment) {
            first = first.empty() ? "the recording has no such moment" : first;
            continue;
        }
        Rows rows;
        for (const recording::Held& one : moment->by_id()) {
            rows[one.id] = row_of(one);
        }
        std::string found = differences(rows, seen.rows);
        if (found.empty() && programs_at(reader, process, positions).value_or(ProgramRows()) != seen.programs) {
            found = "other programs than " + ::testing::PrintToString(seen.programs) + ": " +
                    ::testing::PrintToString(programs_at(reader, process, positions).value_or(ProgramRows()));
        }
        if (found.empty()) {
            return "";
        }
        first = first.empty() ? found : first;
    }
    return first;
}

class RecorderOfAProcess : public ::testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "ttmem-recorder.XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
        setenv("TT_ALLOC_LEDGER_DIR", folder_.c_str(), 1);
    }
    void TearDown() override {
        unsetenv("TT_ALLOC_LEDGER_DIR");
        fs::remove_all(folder_);
    }

    // The process; it ends when `keep` is closed.
    pid_t start(UniqueFd& keep) {
        int ends[2] = {-1, -1};
        EXPECT_EQ(pipe2(ends, O_CLOEXEC), 0);
        const UniqueFd in(ends[0]);
        keep = UniqueFd(ends[1]);
        const pid_t pid = fork();
        if (pid == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            dup2(in.get(), 0);
            setenv("TT_ALLOC_TRACKING_ENABLED", "1", 1);
            setenv(kProducerVariable, "1", 1);
            char name[] = "producer";
            char* const words[] = {name, nullptr};
            execv("/proc/self/exe", words);
            _exit(127);
        }
        return pid;
    }

    std::optional<Seen> look() const {
        for (const fs::directory_entry& file : fs::recursive_directory_iterator(folder_)) {
            if (file.path().extension() != ".ledger") {
                continue;
            }
            ledger::Reader reader = ledger::Reader::from_fd(UniqueFd(open(file.path().c_str(), O_RDONLY | O_CLOEXEC)));
            ledger::ReadOptions options;
            options.buffers = true;
            options.programs = true;
            auto read = reader.read(options);
            const auto* snapshot = std::get_if<ledger::Snapshot>(&read);
            if (snapshot == nullptr || !snapshot->one_moment) {
                return std::nullopt;
            }
            Seen seen{snapshot->positions, {}, rows_of(snapshot->programs)};
            for (const ledger::Buffer& buffer : snapshot->buffers) {
                seen.rows[buffer.id] = row_of(recording::held_of(buffer));
            }
            return seen;
        }
        return std::nullopt;
    }

    fs::path folder_;
};

TEST_F(RecorderOfAProcess, EachSnapshotThatWasTakenLiveIsInTheRecording) {
    const std::string path = (folder_ / "run.ttrec").string();
    Result<recording::Writer> writer = recording::Writer::create(path);
    ASSERT_TRUE(writer.ok());
    Session session(std::move(writer.value()), {getpid(), true});
    UniqueFd keep;
    const pid_t pid = start(keep);
    std::vector<Seen> live;
    const auto patience = std::chrono::steady_clock::now() + std::chrono::minutes(3);
    while (live.size() < moments() && std::chrono::steady_clock::now() < patience) {
        session.step();
        if (std::optional<Seen> seen = session.found_any() ? look() : std::nullopt) {
            live.push_back(std::move(*seen));
        }
        poll(nullptr, 0, 1);
    }
    keep.reset();
    int status = -1;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
    session.look_now();
    const Result<Tally> tally = session.finish();
    ASSERT_TRUE(tally.ok()) << tally.error().message;
    EXPECT_EQ(tally.value().missed, 0u);
    ASSERT_EQ(live.size(), moments());

    const Result<recording::Reader> reader = recording::Reader::open(path);
    ASSERT_TRUE(reader.ok()) << reader.error().message;
    EXPECT_TRUE(reader.value().finished() && reader.value().damages().empty());
    ASSERT_EQ(reader.value().processes().size(), 1u);
    const recording::RecordedProcess& process = reader.value().processes()[0];
    ASSERT_TRUE(process.end.has_value());
    EXPECT_EQ(process.end->ending, recording::Ending::kDied) << "_exit() does not say good-bye to the ledger";
    size_t held = 0, programs = 0;
    for (const Seen& seen : live) {
        programs += seen.programs.size();
        const std::string wrong = differs(reader.value(), process, seen);
        ASSERT_EQ(wrong, "");
        held += seen.rows.size();
    }
    EXPECT_GT(held, moments() * 10) << "the snapshots must have something to compare";
    EXPECT_GT(programs, moments());
    EXPECT_GT(process.refusals.size(), 0u);
    for (const auto& [number, refusal] : process.refusals) {
        EXPECT_EQ(refusal.largest_free_per_bank, 4096u) << number;
        EXPECT_EQ(refusal.bytes_per_bank % 2048, 0u) << number;
    }
}

// A forked child may allocate and end between two looks for ledgers: as long as no parent has reaped it, it is recorded.
TEST_F(RecorderOfAProcess, WhatEndedBeforeItWasLookedForIsRecordedUntilItIsReaped) {
    const std::string path = (folder_ / "late.ttrec").string();
    Result<recording::Writer> writer = recording::Writer::create(path);
    ASSERT_TRUE(writer.ok());
    Session session(std::move(writer.value()), {getpid(), true});
    UniqueFd keep;
    const pid_t pid = start(keep);
    const auto patience = std::chrono::steady_clock::now() + std::chrono::minutes(3);
    while (!look() && std::chrono::steady_clock::now() < patience) {
        poll(nullptr, 0, 1);
    }
    kill(pid, SIGKILL);
    siginfo_t info{};
    ASSERT_EQ(waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
    session.look_for_ledgers();
    ASSERT_EQ(waitpid(pid, nullptr, 0), pid);
    EXPECT_TRUE(session.found_any());
    session.look_now();
    EXPECT_TRUE(session.all_ended());
    ASSERT_TRUE(session.finish().ok());
    EXPECT_TRUE(session.notices().empty());
    const Result<recording::Reader> reader = recording::Reader::open(path);
    ASSERT_TRUE(reader.ok()) << reader.error().message;
    ASSERT_EQ(reader.value().processes().size(), 1u);
    ASSERT_TRUE(reader.value().processes()[0].end.has_value());
    EXPECT_EQ(reader.value().processes()[0].end->ending, recording::Ending::kDied);
}

uint64_t size_of(const std::string& path) {
    std::error_code error;
    const uintmax_t size = fs::file_size(path, error);
    return error ? 0 : size;
}

// A recorder that is killed leaves a file that holds what it had written, and says that it was cut off.
TEST_F(RecorderOfAProcess, KilledAtRandomLeavesAReadableFile) {
    std::mt19937 rng(5);
    for (int round = 0; round < kills(); ++round) {
        const std::string path = (folder_ / ("killed." + std::to_string(round))).string();
        UniqueFd keep;
        const pid_t pid = start(keep);
        const pid_t recorder = fork();
        if (recorder == 0) {
            Result<recording::Writer> writer = recording::Writer::create(path);
            Session session(std::move(writer.value()), {pid, true});
            for (;;) {
                session.step();
                poll(nullptr, 0, 1);
            }
        }
        // From the first events in the file on: each second has a chunk.
        for (int tries = 0; size_of(path) < 4096 && tries < 30'000; ++tries) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(rng() % 1500));
        kill(recorder, SIGKILL);
        waitpid(recorder, nullptr, 0);
        keep.reset();
        int status = -1;
        waitpid(pid, &status, 0);
        EXPECT_EQ(status, 0) << "the application goes on";
        const Result<recording::Reader> reader = recording::Reader::open(path);
        ASSERT_TRUE(reader.ok()) << reader.error().message;
        EXPECT_FALSE(reader.value().finished());
        ASSERT_EQ(reader.value().processes().size(), 1u);
        uint64_t events = 0;
        recording::Visitor visitor;
        visitor.on_event = [&events](recording::Moment& moment, const recording::Event& event) {
            ++events;
            EXPECT_NE(moment.apply(event), recording::Change::kUnknownFree);
        };
        replay(reader.value(), reader.value().processes()[0], visitor);
        EXPECT_GT(events, 0u);
    }
}

}  // namespace
}  // namespace ttmem::recorder
