// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A recording looked at through an inventory, moment by moment, against an oracle that keeps every state.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "inventory/inventory.hpp"
#include "recording/test_program.hpp"
#include "replay/courses.hpp"
#include "replay/moment_words.hpp"
#include "replay/playback.hpp"

namespace ttmem::replay {
namespace {

namespace fs = std::filesystem;
using recording::test::OracleState;
using recording::test::Program;

class ReplayOfARun : public ::testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "ttmem-replay.XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }
    void TearDown() override { fs::remove_all(folder_); }

    // A file of these programs, a process each.
    std::string write(const std::vector<Program>& programs, size_t chunk_events) {
        const std::string path = (folder_ / ("r" + std::to_string(files_++))).string();
        Result<recording::Writer> writer = recording::Writer::create(path);
        for (uint32_t process = 0; process < programs.size(); ++process) {
            recording::test::write_program(writer.value(), programs[process], chunk_events, process);
        }
        writer.value().finish();
        return path;
    }

    static inventory::Settings settings(const std::shared_ptr<Playback>& playback) {
        inventory::Settings settings;
        settings.telemetry = inventory::TelemetryUse::kOff;
        settings.ledgers = playback;
        return settings;
    }

    fs::path folder_;
    int files_ = 0;
};

std::shared_ptr<const api::Model> model_of(inventory::Inventory& inventory) {
    inventory::Request request;
    request.depth = inventory::Depth::kBuffers;
    request.programs = inventory::ProgramDepth::kFailures;
    request.events = true;
    return inventory.refresh(request);
}

// The rows of the model as the oracle has them; contexts are left out.
OracleState rows_of(const api::Model& model, api::ProcessIndex process) {
    OracleState rows;
    for (const api::Buffer& buffer : model.buffers) {
        if (buffer.process == process) {
            rows[buffer.id] = {buffer.allocated_bytes, buffer.address,
                               static_cast<uint32_t>(model.devices[buffer.devices.at(0)].id.value()),
                               static_cast<uint32_t>(buffer.kind == api::BufferKind::kDram ? 0 : 1), 0};
        }
    }
    return rows;
}

OracleState without_contexts(OracleState state) {
    for (auto& [id, buffer] : state) {
        buffer.context = 0;
    }
    return state;
}

// Bytes of a kind that a device holds after so many events, and the most until then.
std::pair<uint64_t, uint64_t> held_and_peak(const Program& program, size_t events, uint32_t device, uint32_t kind) {
    uint64_t held = 0, peak = 0;
    for (size_t at = 0; at <= events; ++at) {
        held = 0;
        for (const auto& [id, buffer] : program.states[at]) {
            held += buffer.allocator == device && buffer.account == kind ? buffer.bytes : 0;
        }
        peak = std::max(peak, held);
    }
    return {held, peak};
}

void expect_moment(const api::Model& model, const Program& program, size_t events) {
    ASSERT_EQ(model.processes.size(), 1u);
    EXPECT_EQ(rows_of(model, 0), without_contexts(program.states[events])) << "after " << events << " events";
    EXPECT_EQ(model.time_ns, program.events[events - 1].time_ns);
    for (const api::Device& device : model.devices) {
        for (const auto kind : {api::MemoryKind::kDram, api::MemoryKind::kL1}) {
            const auto [held, peak] = held_and_peak(program, events, static_cast<uint32_t>(device.id.value()),
                                                    kind == api::MemoryKind::kDram ? 0 : 1);
            EXPECT_EQ(device.memory[kind].allocated_bytes, held);
            EXPECT_EQ(device.memory[kind].peak_bytes, peak) << "after " << events << " events";
        }
    }
    size_t refused = 0;
    for (size_t i = 0; i < events; ++i) {
        refused += program.events[i].is_refusal() ? 1 : 0;
    }
    EXPECT_EQ(model.failures.size(), std::min<size_t>(refused, 64));
    ASSERT_FALSE(model.events.empty());
    EXPECT_EQ(model.events.back().time_ns, program.events[events - 1].time_ns);
    EXPECT_EQ(model.events.size(), std::min(events, Track::kMostNews));
}

TEST_F(ReplayOfARun, AnyMomentIsThatOfTheOracle) {
    for (unsigned seed = 1; seed <= 3; ++seed) {
        const Program program = recording::test::random_program(seed, 3000);
        const auto playback = Playback::open(write({program}, 100 + seed * 77)).value();
        inventory::Inventory inventory(settings(playback));
        std::mt19937_64 rng(seed);
        for (int i = 0; i < 30; ++i) {
            const size_t events = 1 + rng() % program.events.size();
            playback->go_to_time(program.events[events - 1].time_ns);
            EXPECT_EQ(playback->events(), events);
            expect_moment(*model_of(inventory), program, events);
        }
    }
}

TEST_F(ReplayOfARun, StepsGoOverEachEventInBothDirections) {
    const Program program = recording::test::random_program(7, 400);
    const auto playback = Playback::open(write({program}, 37)).value();
    inventory::Inventory inventory(settings(playback));
    ASSERT_TRUE(playback->go_to("begin"));
    size_t events = 1;
    for (; playback->step(true); ++events) {
        ASSERT_EQ(playback->events(), events + 1);
        if (events % 23 == 0) {
            expect_moment(*model_of(inventory), program, events + 1);
        }
    }
    EXPECT_EQ(events, program.events.size());
    for (; events > 1; --events) {
        ASSERT_TRUE(playback->step(false)) << events;
        ASSERT_EQ(playback->events(), events - 1);
        if (events % 19 == 0) {
            expect_moment(*model_of(inventory), program, events - 1);
        }
    }
    EXPECT_TRUE(playback->step(false)) << "before the first event";
    EXPECT_FALSE(playback->step(false));
    EXPECT_TRUE(model_of(inventory)->buffers.empty());
    EXPECT_TRUE(playback->step(true)) << "and on again";
    expect_moment(*model_of(inventory), program, 1);
}

TEST_F(ReplayOfARun, EventsOfOneNanosecondAreOneMoment) {
    Program program = recording::test::random_program(8, 400);
    for (size_t i = 1; i < program.events.size(); ++i) {
        if (i % 5 < 2) {
            program.events[i].time_ns = program.events[i - 1].time_ns;
        }
    }
    std::vector<size_t> last_of_moment;  // so many events have happened
    for (size_t i = 1; i <= program.events.size(); ++i) {
        if (i == program.events.size() || program.events[i].time_ns != program.events[i - 1].time_ns) {
            last_of_moment.push_back(i);
        }
    }
    ASSERT_LT(last_of_moment.size(), 300u);
    const auto playback = Playback::open(write({program}, 37)).value();
    const auto again = Playback::open(playback->path()).value();
    inventory::Inventory inventory(settings(playback));
    ASSERT_TRUE(playback->go_to("begin"));
    for (size_t moment = 0; moment < last_of_moment.size(); ++moment) {
        ASSERT_TRUE(moment == 0 || playback->to_moment(true)) << moment;
        ASSERT_EQ(playback->events(), last_of_moment[moment]);
        again->go_to_time(playback->now_ns());
        ASSERT_EQ(again->events(), playback->events()) << "its time leads to it";
        if (moment % 29 == 0) {
            expect_moment(*model_of(inventory), program, last_of_moment[moment]);
        }
    }
    EXPECT_FALSE(playback->to_moment(true));
    for (size_t moment = last_of_moment.size() - 1; moment-- > 0;) {
        ASSERT_TRUE(playback->to_moment(false)) << moment;
        ASSERT_EQ(playback->events(), last_of_moment[moment]);
        ASSERT_EQ(playback->now_ns(), program.events[last_of_moment[moment] - 1].time_ns);
    }
    EXPECT_FALSE(playback->to_moment(false)) << "nothing is before the first moment";
    EXPECT_EQ(playback->events(), last_of_moment[0]);
}

TEST_F(ReplayOfARun, NotesAreThePeaksAndEachRefusal) {
    const Program program = recording::test::random_program(9, 2000);
    const auto playback = Playback::open(write({program}, 123)).value();
    inventory::Inventory inventory(settings(playback));
    EXPECT_NE(playback->said().find("peak"), std::string::npos) << "begins at the highest peak";
    ASSERT_TRUE(playback->go_to("begin"));
    std::map<NoteKind, size_t> seen;
    while (const Note* note = playback->to_note(true)) {
        ++seen[note->kind];
        const uint64_t events = playback->events();
        ASSERT_EQ(program.events[events - 1].time_ns, note->time_ns);
        if (note->kind == NoteKind::kPeak) {
            const std::shared_ptr<const api::Model> model = model_of(inventory);
            bool is_peak = false;
            for (uint32_t device = 0; device < 2; ++device) {
                const uint32_t kind = note->kind_of_memory == api::MemoryKind::kDram ? 0 : 1;
                const uint64_t most = held_and_peak(program, program.events.size(), device, kind).second;
                is_peak =
                    is_peak || (most == note->number && held_and_peak(program, events, device, kind).first == most);
            }
            EXPECT_TRUE(is_peak) << note->number;
        }
    }
    EXPECT_EQ(seen[NoteKind::kPeak], 4u);
    EXPECT_EQ(seen[NoteKind::kEnd], 1u);
    EXPECT_EQ(seen[NoteKind::kRefusal],
              static_cast<size_t>(std::count_if(program.events.begin(), program.events.end(),
                                                [](const recording::Event& event) { return event.is_refusal(); })));
    const size_t last = playback->timeline().notes.size() - 1;
    EXPECT_EQ(playback->note(), last);
    EXPECT_FALSE(playback->go_to_note(last + 1));
    EXPECT_TRUE(playback->go_to_note(last));
    size_t back = 0;
    while (playback->to_note(false) != nullptr) {
        ++back;
    }
    EXPECT_EQ(back, playback->timeline().notes.size() - 1) << "all but the one that it stood at";
}

TEST_F(ReplayOfARun, ProcessesOfOneFileAreSeenAtOneTime) {
    const Program a = recording::test::random_program(11, 500, false),
                  b = recording::test::random_program(12, 700, false);
    const auto playback = Playback::open(write({a, b}, 61)).value();
    inventory::Inventory inventory(settings(playback));
    ASSERT_TRUE(playback->go_to("begin"));
    std::vector<uint64_t> times;
    do {
        times.push_back(playback->now_ns());
    } while (playback->step(true));
    EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
    std::mt19937_64 rng(5);
    for (int i = 0; i < 20; ++i) {
        const uint64_t now = a.events.front().time_ns + rng() % (a.events.back().time_ns - a.events.front().time_ns);
        playback->go_to_time(now);
        const std::shared_ptr<const api::Model> model = model_of(inventory);
        const auto happened = [now](const Program& program) {
            return static_cast<size_t>(std::count_if(program.events.begin(), program.events.end(),
                                                     [now](const auto& event) { return event.time_ns <= now; }));
        };
        EXPECT_EQ(playback->events(), happened(a) + happened(b));
        for (api::ProcessIndex process{0}; process < model->processes.size(); ++process) {
            const OracleState rows = rows_of(*model, process);
            EXPECT_TRUE(rows == without_contexts(a.states[happened(a)]) ||
                        rows == without_contexts(b.states[happened(b)]));
        }
    }
}

TEST_F(ReplayOfARun, CoursesEndAtTheBytesHeldAndReachThePeak) {
    const Program program = recording::test::random_program(13, 3000);
    const auto playback = Playback::open(write({program}, 200)).value();
    inventory::Inventory inventory(settings(playback));
    const std::shared_ptr<const api::Model> model = model_of(inventory);
    const std::vector<DeviceCourse> courses = device_courses(*playback, *model);
    ASSERT_EQ(courses.size(), 2u);
    const recording::ProcessFacts facts = recording::test::test_facts();
    for (api::DeviceIndex device{0}; device < 2; ++device) {
        for (uint32_t kind = 0; kind < 2; ++kind) {
            const ledger::BankGeometry& banks = facts.allocators[device].geometry[kind];
            const double whole = static_cast<double>(banks.bank_bytes) * banks.banks;
            const auto [held, peak] = held_and_peak(program, program.events.size(),
                                                    static_cast<uint32_t>(model->devices[device].id.value()), kind);
            const std::vector<float>& course = courses[device][kind];
            ASSERT_FALSE(course.empty());
            EXPECT_NEAR(*std::max_element(course.begin(), course.end()), static_cast<double>(peak) / whole, 1e-6);
            EXPECT_GE(course.back(), static_cast<double>(held) / whole - 1e-6);
        }
    }
}

TEST_F(ReplayOfARun, WordsNameMoments) {
    Program program = recording::test::random_program(15, 300, false);
    for (uint64_t step = 1; step <= 3; ++step) {
        program.events[step * 50].type = ledger::kEventMark;
        program.events[step * 50].id = step;
    }
    const auto playback = Playback::open(write({program}, 64)).value();
    const uint64_t first = program.events.front().time_ns, last = program.events.back().time_ns;
    ASSERT_TRUE(playback->go_to("end"));
    EXPECT_EQ(playback->now_ns(), last);
    EXPECT_EQ(playback->program_step(), 3u);
    ASSERT_TRUE(playback->go_to("50%"));
    EXPECT_NEAR(static_cast<double>(playback->now_ns() - first), static_cast<double>(last - first) / 2, 2);
    ASSERT_TRUE(playback->go_to("step:2"));
    EXPECT_EQ(playback->now_ns(), program.events[100].time_ns);
    EXPECT_EQ(playback->program_step(), 2u);
    ASSERT_TRUE(playback->go_to("0.0001"));
    EXPECT_EQ(playback->now_ns(), first + 100'000);
    ASSERT_TRUE(playback->go_to("@1"));
    EXPECT_EQ(playback->now_ns(), first) << "a time before the recording is its beginning";
    EXPECT_EQ(playback->program_step(), std::nullopt);
    ASSERT_FALSE(playback->go_to("step:4"));
    EXPECT_EQ(playback->go_to("step:4").error().message,
              "no step 4 is in this recording (a program marks them with ttmem.step())");
    for (const char* words : {"", "-1", "101%", "step:", "step:0", "@", "@-3", "x", "1e400", "nan", "peak2"}) {
        EXPECT_FALSE(parse_moment(words)) << words;
    }
}

TEST_F(ReplayOfARun, FilesWithoutEventsAreRefused) {
    const Result<std::shared_ptr<Playback>> empty = Playback::open(write({}, 10));
    ASSERT_FALSE(empty);
    EXPECT_NE(empty.error().message.find("holds no event"), std::string::npos);
    EXPECT_FALSE(Playback::open((folder_ / "none").string()));
}

}  // namespace
}  // namespace ttmem::replay
