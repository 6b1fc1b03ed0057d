// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The writer is stopped, then killed, after every store that a reader can see; the reader must find the state before or
// after the event in flight, never a third. Each scenario first builds a state at full speed, then runs its steps once
// for every test point they pass.
#include <chrono>
#include <cstdio>
#include <functional>
#include <vector>

#include "ledger/write/test_point.hpp"
#include "ledger/write/writer.hpp"
#include "ledger_home.hpp"
#include "stopping_points.hpp"
#include "world.hpp"

namespace ttmem::test {
namespace {

using ledger::NewBuffer;
using ledger::ThreadSlot;
using ledger::Writer;

Row row_of(const NewBuffer& b) {
    return {b.address, b.requested_bytes, b.bytes_per_bank, b.banks, b.allocator, b.account,
            b.type,    b.layout,          b.page_bytes};
}

NewBuffer buffer(uint64_t id, uint8_t type = ledger::kAccountDram, uint16_t allocator = 0) {
    NewBuffer b{};
    b.id = id;
    b.address = 0x100040 + id * 4096;
    b.requested_bytes = 1000 + id;
    b.bytes_per_bank = 2048 * (1 + id % 3);
    b.page_bytes = 2048;
    b.allocator = allocator;
    b.banks = 12;
    b.device = ledger::kAllDevices;
    b.account = type;
    b.type = type < ledger::kBufferTypes ? type : uint8_t{0};
    b.layout = ledger::kLayoutInterleaved;
    return b;
}

// A step of the matrix does something to the writer; `expect` does the same to the model. A step of several events
// lists the state after each of them.
struct Step {
    std::function<void(Writer&, ThreadSlot* slots)> act;
    std::function<void(World&)> expect;
};

struct Scenario {
    const char* name;
    uint32_t max_buffers = 4 * ledger::kBuffersPerExtent;
    std::vector<Step> setup;
    std::vector<Step> steps;
};

Step open_device() {
    return {
        [](Writer& w, ThreadSlot* s) {
            ledger::DeviceRecord device{};
            const uint32_t index = w.devices().describe(device);
            const ledger::BankGeometry geometry[ledger::kBufferTypes] = {{1 << 30, 32, 12, 32}, {1 << 20, 16, 64, 16}};
            w.allocators().open(s[0], {1, ledger::kNone, &index, 1, geometry});
        },
        [](World&) {}};
}

Step allocate(const NewBuffer& b, int thread = 0, bool listed = true) {
    return {[b, thread](Writer& w, ThreadSlot* s) { w.buffers().allocate(s[thread], b); },
            [b, listed](World& world) { world.allocate(b.id, row_of(b), listed); }};
}

Step free_buffer(uint64_t id, int thread = 0) {
    return {[id, thread](Writer& w, ThreadSlot* s) { w.buffers().free(s[thread], id); },
            [id](World& world) { world.free(id); }};
}

Step free_unlisted(const NewBuffer& b) {
    return {[b](Writer& w, ThreadSlot* s) { w.buffers().free(s[0], b.id); },
            [b](World& world) { world.free_unlisted(row_of(b)); }};
}

Step fail(const NewBuffer& b) {
    return {[b](Writer& w, ThreadSlot* s) { w.failures().refuse_buffer(s[0], b, {.largest_free_per_bank = 4096}); },
            [](World&) {}};
}

Step label_buffer(uint64_t id, int thread = 0) {
    return {[id, thread](Writer& w, ThreadSlot* s) { w.buffers().label(s[thread], id, 1); }, [](World&) {}};
}

Step set_tensor(uint64_t id, int thread = 0) {
    return {[id, thread](Writer& w, ThreadSlot* s) { w.buffers().set_tensor(s[thread], id, 1); }, [](World&) {}};
}

std::vector<Step> many(uint64_t first, uint32_t count) {
    std::vector<Step> steps;
    for (uint32_t i = 0; i < count; ++i) {
        steps.push_back(allocate(buffer(first + i)));
    }
    return steps;
}

std::vector<Scenario> scenarios() {
    std::vector<Scenario> all;
    all.push_back(
        {"allocate and free of every account",
         4 * ledger::kBuffersPerExtent,
         {open_device()},
         {allocate(buffer(1)), allocate(buffer(2, ledger::kAccountL1)), allocate(buffer(3, ledger::kAccountTrace)),
          free_buffer(2), allocate(buffer(4, ledger::kAccountFixed)), allocate(buffer(5, ledger::kAccountHooked)),
          free_buffer(1), allocate(buffer(6)), fail(buffer(7)), free_buffer(4), free_buffer(5), allocate(buffer(1)),
          free_buffer(6), free_buffer(3), free_buffer(1)}});
    all.push_back(
        {"a thread frees what another allocated",
         4 * ledger::kBuffersPerExtent,
         {open_device(), allocate(buffer(1)), allocate(buffer(2), 1)},
         {allocate(buffer(3), 1), set_tensor(3, 1), label_buffer(1, 1), set_tensor(1, 1), free_buffer(1, 1),
          free_buffer(2, 0), allocate(buffer(4), 0), label_buffer(4, 0), free_buffer(3, 0), free_buffer(4, 1)}});
    Scenario growth{"the table grows by an extent", 4 * ledger::kBuffersPerExtent, {open_device()}, {}};
    for (Step& step : many(1, ledger::kBuffersPerExtent)) {
        growth.setup.push_back(std::move(step));
    }
    growth.steps = {allocate(buffer(100'001)), allocate(buffer(100'002)), free_buffer(7), free_buffer(100'001)};
    all.push_back(std::move(growth));
    Scenario full{"the table is full", ledger::kBuffersPerExtent, {open_device()}, {}};
    for (Step& step : many(1, ledger::kBuffersPerExtent)) {
        full.setup.push_back(std::move(step));
    }
    full.steps = {allocate(buffer(200'001), 0, false), allocate(buffer(200'002, ledger::kAccountL1), 0, false),
                  free_unlisted(buffer(200'001)),      free_buffer(5),
                  allocate(buffer(200'003)),           free_unlisted(buffer(200'002, ledger::kAccountL1))};
    all.push_back(std::move(full));
    // Long enough below its peak that frees keep their bytes as slack; then past the peak, where slack is taken back.
    Scenario slack{"slack is kept, used and taken back", 4 * ledger::kBuffersPerExtent, {open_device()}, {}};
    for (Step& step : many(1, 3)) {
        slack.setup.push_back(std::move(step));
    }
    for (int i = 0; i < 70; ++i) {
        slack.setup.push_back(free_buffer(2));
        slack.setup.push_back(allocate(buffer(2)));
    }
    slack.steps = {free_buffer(2),         free_buffer(1, 1), allocate(buffer(4), 1), allocate(buffer(5), 1),
                   allocate(buffer(6), 1), free_buffer(6, 0), allocate(buffer(7)),    free_buffer(3, 1),
                   allocate(buffer(8)),    free_buffer(4),    free_buffer(5, 1),      free_buffer(7),
                   allocate(buffer(9), 1), free_buffer(8, 1), free_buffer(9)};
    all.push_back(std::move(slack));
    return all;
}

// In the child: never returns.
[[noreturn]] void run_child(const Scenario& scenario, bool from_start) {
    auto* writer = new Writer;
    ThreadSlot slots[2];
    ledger::FileError error;
    if (from_start) {
        ledger::test_point_hook = count_points;
    }
    if (!writer->start("crash test", scenario.max_buffers, error)) {
        std::fprintf(stderr, "%s %s: errno %d\n", error.what, error.path, error.errno_value);
        _exit(3);
    }
    for (ThreadSlot& slot : slots) {
        writer->shards().attach_thread(slot);
    }
    for (const Step& step : scenario.setup) {
        step.act(*writer, slots);
    }
    ledger::test_point_hook = count_points;
    for (const Step& step : scenario.steps) {
        ++progress->steps_begun;
        step.act(*writer, slots);
        ++progress->steps_done;
    }
    _exit(0);
}

class CrashMatrix : public testing::TestWithParam<size_t> {};

TEST_P(CrashMatrix, ReaderSeesBeforeOrAfter) {
    const Scenario scenario = scenarios()[GetParam()];
    SCOPED_TRACE(scenario.name);
    World start;
    for (const Step& step : scenario.setup) {
        step.expect(start);
    }
    std::vector<World> after{start};
    for (const Step& step : scenario.steps) {
        after.push_back(after.back());
        step.expect(after.back());
    }
    const LedgerHome home;
    uint64_t stopped_inside = 0;
    std::chrono::nanoseconds slowest{0};
    const auto look = [&](const Halted& at) {
        if (at.finished) {
            return;  // every point was passed
        }
        stopped_inside += at.begun > at.done ? 1 : 0;
        const std::string path = home.ledger();
        std::vector<World> seen;
        for (const bool killed : {false, true}) {
            if (killed) {
                at.die();
            }
            const auto began = std::chrono::steady_clock::now();
            const auto answer = read_ledger(path, true);
            slowest = std::max<std::chrono::nanoseconds>(slowest, std::chrono::steady_clock::now() - began);
            if (!std::holds_alternative<ledger::Snapshot>(answer)) {
                ADD_FAILURE() << at.where << ": " << std::get<ledger::ReadError>(answer).message;
                seen.emplace_back();
                continue;
            }
            const auto& snapshot = std::get<ledger::Snapshot>(answer);
            EXPECT_TRUE(snapshot.one_moment) << at.where;
            seen.push_back(world_of(snapshot));
        }
        EXPECT_TRUE(seen[0] == seen[1]) << at.where << ": stopped and killed differ: " << difference(seen[0], seen[1]);
        EXPECT_TRUE(seen[0] == after[at.done] || seen[0] == after[at.begun])
            << at.where << "\n  against before: " << difference(after[at.done], seen[0])
            << "\n  against after: " << difference(after[at.begun], seen[0]);
        for (const auto& [key, largest] : seen[0].largest) {
            const auto known = after[at.done].largest.find(key);
            EXPECT_GE(largest, known == after[at.done].largest.end() ? 0 : known->second) << at.where;
            EXPECT_LE(largest, after[at.begun].largest.at(key)) << at.where;
        }
    };
    const uint64_t points = at_every_point(
        home, [&] { run_child(scenario, false); }, look);
    RecordProperty("points", static_cast<int>(points));
    std::printf("%s: stopped and killed at %llu points, %llu inside an event; slowest read %.2f ms\n", scenario.name,
                static_cast<unsigned long long>(points), static_cast<unsigned long long>(stopped_inside),
                static_cast<double>(slowest.count()) / 1e6);
    EXPECT_GE(points, scenario.steps.size()) << "the test points are not compiled in";
}

INSTANTIATE_TEST_SUITE_P(Scenarios, CrashMatrix, testing::Range(size_t{0}, scenarios().size()));

// While the ledger is being made a reader says "starting" or, once it is ready, reads it.
TEST(CrashMatrixStart, HalfMadeLedgerIsStarting) {
    const Scenario scenario{"start", ledger::kBuffersPerExtent, {open_device()}, {}};
    const LedgerHome home;
    uint64_t starting = 0;
    uint64_t ready = 0;
    const auto look = [&](const Halted& at) {
        if (at.finished) {
            return;
        }
        at.die();
        const auto answer = read_ledger(home.ledger(), true);
        if (std::holds_alternative<ledger::ReadError>(answer)) {
            EXPECT_EQ(std::get<ledger::ReadError>(answer).failure, ledger::ReadFailure::kStarting)
                << at.where << ": " << std::get<ledger::ReadError>(answer).message;
            ++starting;
        } else {
            EXPECT_TRUE(world_of(std::get<ledger::Snapshot>(answer)) == World{}) << at.where;
            ++ready;
        }
    };
    at_every_point(
        home, [&] { run_child(scenario, true); }, look);
    EXPECT_GT(starting, 0u);
    EXPECT_GT(ready, 0u);
}

// Closing an allocator frees what lives in it one by one: at every point list and totals agree and nothing comes back.
TEST(CrashMatrixClose, EveryMomentOfACloseIsConsistent) {
    Scenario scenario{"close", ledger::kBuffersPerExtent, {open_device()}, {}};
    for (Step& step : many(1, 20)) {
        scenario.setup.push_back(std::move(step));
    }
    scenario.steps = {{[](Writer& w, ThreadSlot* s) { w.allocators().close(s[0], 0); }, [](World&) {}}};
    World full;
    for (const Step& step : scenario.setup) {
        step.expect(full);
    }
    const LedgerHome home;
    size_t rows_before = full.rows.size();
    const auto look = [&](const Halted& at) {
        if (at.finished) {
            return;
        }
        at.die();
        const auto answer = read_ledger(home.ledger(), true);
        ASSERT_TRUE(std::holds_alternative<ledger::Snapshot>(answer));
        const World found = world_of(std::get<ledger::Snapshot>(answer));
        uint64_t bytes = 0;
        uint64_t requested = 0;
        for (const auto& [id, row] : found.rows) {
            EXPECT_EQ(full.rows.at(id), row);
            bytes += std::get<2>(row) * std::get<3>(row);
            requested += std::get<1>(row);
        }
        const Figures figures = found.figures.at({0, 0});
        EXPECT_EQ(figures.bytes, bytes) << at.where;
        EXPECT_EQ(figures.requested, requested) << at.where;
        EXPECT_EQ(figures.buffers, found.rows.size()) << at.where;
        EXPECT_EQ(figures.peak, full.figures.at({0, 0}).peak);
        EXPECT_LE(found.rows.size(), rows_before);
        rows_before = found.rows.size();
    };
    at_every_point(
        home, [&] { run_child(scenario, false); }, look);
    EXPECT_EQ(rows_before, 0u);
}

}  // namespace
}  // namespace ttmem::test
