// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The crash matrix for programs: the writer is stopped, then killed, after every store while programs come, are
// launched and go, and rings and regions with them. A reader finds each program whole, with all its circular buffers,
// kernels and their names, or not at all; each ring and region whole, or not at all.
#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ledger/write/test_point.hpp"
#include "ledger/write/writer.hpp"
#include "ledger_home.hpp"
#include "stopping_points.hpp"

namespace ttmem::test {
namespace {

using ledger::CoreRange;
using ledger::NewCircularBuffer;
using ledger::NewKernel;
using ledger::ThreadSlot;
using ledger::Writer;

// A program in words, as the model and the reader's answer are both put.
using Programs = std::map<uint64_t, std::string>;

std::string in_words(const std::vector<CoreRange>& cores) {
    std::string text;
    for (const CoreRange& r : cores) {
        text += " " + std::to_string(r.start_x) + "," + std::to_string(r.start_y) + "-" + std::to_string(r.end_x) +
                "," + std::to_string(r.end_y);
    }
    return text;
}

// A made-up program, by its id. Two ranges overlap in one core, which counts once.
struct Made {
    explicit Made(uint64_t program) : id(program) {
        const auto width = static_cast<uint16_t>(id % 8);
        cores = {{0, 0, width, 3}, {width, 3, width, 7}};
        core_count = (width + 1u) * 4 + 4;
        for (uint64_t i = 0; i < 1 + id % 4; ++i) {
            buffers.push_back({id * 100 + i, 0x19d60 + i * 4096, 4096 * (i + 1), cores.data(), 2,
                               i == 2 ? ledger::kCircularBufferGlobal : 0u});
        }
        for (uint64_t i = 0; i < 3; ++i) {
            names.push_back("kernel_" + std::to_string((id + i) % 5));
        }
        for (uint64_t i = 0; i < 3; ++i) {
            kernels.push_back({id * 10 + i, names[i].c_str(), cores.data(), 1, static_cast<uint32_t>(700 + i),
                               ledger::kProcessorCompute, ledger::kProgramApplication, 0});
        }
    }
    ledger::NewProgram program(uint16_t allocator) const {
        return {id,
                allocator,
                ledger::kAllDevices,
                ledger::kProgramApplication,
                0,
                27'808,
                buffers.data(),
                static_cast<uint32_t>(buffers.size()),
                kernels.data(),
                static_cast<uint32_t>(kernels.size()),
                nullptr,
                0,
                nullptr};
    }
    std::string in_words(uint64_t launch) const {
        std::string text = "launch " + std::to_string(launch) + " config 27808";
        uint64_t own = 0;
        for (const NewCircularBuffer& b : buffers) {
            text += "; cb " + std::to_string(b.id) + " " + std::to_string(b.address) + " " + std::to_string(b.bytes) +
                    " " + std::to_string(b.flags) + test::in_words(cores);
            own += b.flags == 0 ? b.bytes * core_count : 0;
        }
        for (const NewKernel& k : kernels) {
            text +=
                "; kernel " + std::string(k.name) + " " + std::to_string(k.packed_bytes) + test::in_words({cores[0]});
        }
        const uint64_t bytes = (700 + 701 + 702) * (id % 8 + 1) * 4;
        return text + "; sums " + std::to_string(own) + " " + std::to_string(bytes);
    }

    uint64_t id;
    std::vector<CoreRange> cores;
    uint64_t core_count;
    std::vector<NewCircularBuffer> buffers;
    std::vector<std::string> names;
    std::vector<NewKernel> kernels;
};

// Rings and regions stand among the programs under numbers of their own.
constexpr uint64_t kRing = 1'000'000;
constexpr uint64_t kRegion = 2'000'000;

std::string ring_in_words(uint64_t base, uint64_t capacity, const ledger::ConfigRingFill& fill) {
    return "ring at " + std::to_string(base) + " of " + std::to_string(capacity) + ": " +
           std::to_string(fill.used_bytes) + " " + std::to_string(fill.evictions) + " " +
           std::to_string(fill.programs) + " " + std::to_string(fill.flags);
}

std::string region_in_words(uint32_t type, uint32_t source, uint64_t bytes, uint32_t device) {
    return "region " + std::to_string(type) + " from " + std::to_string(source) + " of " + std::to_string(bytes) +
           " on " + std::to_string(device);
}

Programs read_programs(const std::string& path, std::string& problem) {
    ledger::Reader reader = ledger::Reader::from_fd(UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC)));
    ledger::ReadOptions options;
    options.programs = true;
    options.writer_halted = true;
    const auto answer = reader.read(options);
    if (const auto* error = std::get_if<ledger::ReadError>(&answer)) {
        problem = error->message;
        return {};
    }
    const auto& snapshot = std::get<ledger::Snapshot>(answer);
    const UniqueFd sidecar(open((path + ".detail").c_str(), O_RDONLY | O_CLOEXEC));
    const auto texts = ledger::read_sidecar(
        [&](uint64_t offset, void* to, uint64_t bytes) -> int64_t {
            return pread(sidecar.get(), to, bytes, static_cast<off_t>(offset));
        },
        snapshot.identity.nonce);
    std::map<uint32_t, std::string> names;
    if (const auto* read = std::get_if<ledger::Sidecar>(&texts)) {
        names.insert(read->kernel_names.begin(), read->kernel_names.end());
    }
    Programs programs;
    for (const ledger::Program& p : snapshot.programs) {
        std::string text =
            "launch " + std::to_string(p.last_launch) + " config " + std::to_string(p.config_bytes.value_or(0));
        for (const ledger::CircularBuffer& b : p.circular_buffers) {
            text += "; cb " + std::to_string(b.id) + " " + std::to_string(b.address) + " " + std::to_string(b.bytes) +
                    " " + std::to_string(b.flags) + in_words(b.cores);
        }
        for (const ledger::Kernel& k : p.kernels) {
            text += "; kernel " + names[k.name] + " " + std::to_string(k.packed_bytes) + in_words(k.cores);
        }
        programs[p.id] =
            text + "; sums " + std::to_string(p.circular_buffer_bytes) + " " + std::to_string(p.kernel_bytes);
    }
    for (const ledger::ConfigRing& r : snapshot.config_rings) {
        programs[kRing + r.core_type] =
            ring_in_words(r.base_address, r.capacity_bytes, {r.used_bytes, r.evictions, r.programs, r.trace ? 1u : 0u});
    }
    for (const ledger::Region& r : snapshot.regions) {
        programs[kRegion + r.address] =
            region_in_words(r.type, r.source, r.bytes, r.device.value_or(ledger::kAllDevices)) + in_words(r.cores);
    }
    return programs;
}

struct Model {
    Programs programs;
    uint64_t launches = 0;
};

struct Hands {
    Writer* writer;
    ThreadSlot slot;
    std::map<uint64_t, uint64_t> handles;
    uint32_t allocator = 0;
    std::map<uint64_t, ledger::ProgramPlace> places = {};
};

struct Step {
    std::function<void(Hands&)> act;
    std::function<void(Model&)> expect;
    std::optional<uint64_t> may_miss = std::nullopt;  // what a reader leaves out while the step is on its way
};

Step load(uint64_t id) {
    return {[id](Hands& h) { h.handles[id] = h.writer->programs().load(h.slot, Made(id).program(0)); },
            [id](Model& m) { m.programs[id] = Made(id).in_words(0); }};
}
Step launch(uint64_t id) {
    return {[id](Hands& h) { h.writer->programs().launch(h.handles[id]); },
            [id](Model& m) { m.programs[id] = Made(id).in_words(++m.launches); }};
}
// The same from the place that a caller keeps; a place of a program that is gone does nothing.
Step launch_again(uint64_t id) {
    return {[id](Hands& h) { h.writer->programs().launch_again(h.places.at(id)); },
            [id](Model& m) { m.programs[id] = Made(id).in_words(++m.launches); }};
}
Step keep_place(uint64_t id) {
    return {[id](Hands& h) { h.places[id] = h.writer->programs().place_of(h.handles[id]); }, [](Model&) {}};
}
Step ignore_stale_place(uint64_t id) {
    return {[id](Hands& h) { h.writer->programs().launch_again(h.places.at(id)); }, [](Model&) {}};
}
// The program launched last is so already.
Step launch_the_last(uint64_t id) {
    return {[id](Hands& h) {
                h.writer->programs().launch(h.handles[id]);
                h.writer->programs().launch_again(h.writer->programs().place_of(h.handles[id]));
            },
            [](Model&) {}};
}
Step unload(uint64_t id) {
    return {[id](Hands& h) { h.writer->programs().unload(h.slot, h.handles[id]); },
            [id](Model& m) { m.programs.erase(id); }};
}
// A handle of a program that is gone does nothing, also when its record serves another one.
Step ignore_stale(uint64_t id) {
    return {[id](Hands& h) {
                h.writer->programs().launch(h.handles[id]);
                h.writer->programs().unload(h.slot, h.handles[id]);
            },
            [](Model&) {}};
}

constexpr ledger::ConfigRingFill kNoFill{};

Step describe_ring(uint8_t type, uint64_t base, uint64_t capacity) {
    return {[=](Hands& h) {
                h.handles[kRing + type] = h.writer->layout().describe_config_ring(
                    {static_cast<uint16_t>(h.allocator), 0, type, base, capacity});
            },
            [=](Model& m) { m.programs[kRing + type] = ring_in_words(base, capacity, kNoFill); }, kRing + type};
}
Step fill_ring(uint8_t type, uint64_t base, uint64_t capacity, ledger::ConfigRingFill fill) {
    return {[=](Hands& h) { h.writer->layout().set_config_ring(h.handles[kRing + type], fill); },
            [=](Model& m) { m.programs[kRing + type] = ring_in_words(base, capacity, fill); }, kRing + type};
}
// On one core, of one device.
Step describe_region(uint32_t type, uint64_t address, uint64_t bytes) {
    return {[=](Hands& h) {
                const CoreRange core{3, 4, 3, 4};
                h.handles[kRegion + address] = h.writer->layout().describe_region(
                    {static_cast<uint16_t>(h.allocator), 1, ledger::kSourceHal, 0, type, address, bytes, &core, 1});
            },
            [=](Model& m) { m.programs[kRegion + address] = region_in_words(type, 1, bytes, 0) + " 3,4-3,4"; }};
}
Step forget_region(uint64_t address) {
    return {[=](Hands& h) { h.writer->layout().forget_region(h.handles[kRegion + address]); },
            [=](Model& m) { m.programs.erase(kRegion + address); }};
}
// Handles of what went with its allocator do nothing, also when the records serve the next one.
Step ignore_stale_layout(uint8_t type, uint64_t address) {
    return {[=](Hands& h) {
                h.writer->layout().set_config_ring(h.handles[kRing + type], {1, 2, 3, 1});
                h.writer->layout().forget_region(h.handles[kRegion + address]);
            },
            [](Model&) {}};
}
Step reopen() {
    return {[](Hands& h) {
                const uint32_t device = 0;
                const ledger::BankGeometry geometry[ledger::kBufferTypes] = {{1 << 20, 32, 12, 32}};
                h.allocator = h.writer->allocators().open(h.slot, {2, ledger::kNone, &device, 1, geometry});
            },
            [](Model&) {}};
}

[[noreturn]] void run_child(const std::vector<Step>& setup, const std::vector<Step>& steps) {
    auto* writer = new Writer;
    ledger::FileError error;
    if (!writer->start("crash test", ledger::kBuffersPerExtent, error)) {
        _exit(3);
    }
    Hands hands{writer, {}, {}, 0};
    writer->shards().attach_thread(hands.slot);
    const uint32_t device = writer->devices().describe(ledger::DeviceRecord{});
    const ledger::BankGeometry geometry[ledger::kBufferTypes] = {{1 << 30, 32, 12, 32}, {1 << 20, 16, 64, 16}};
    writer->allocators().open(hands.slot, {1, ledger::kNone, &device, 1, geometry});
    for (const Step& step : setup) {
        step.act(hands);
    }
    ledger::test_point_hook = count_points;
    for (const Step& step : steps) {
        ++progress->steps_begun;
        step.act(hands);
        ++progress->steps_done;
    }
    _exit(0);
}

void run_matrix(const std::vector<Step>& setup, const std::vector<Step>& steps) {
    Model model;
    for (const Step& step : setup) {
        step.expect(model);
    }
    std::vector<Programs> after{model.programs};
    for (const Step& step : steps) {
        step.expect(model);
        after.push_back(model.programs);
    }
    const LedgerHome home;
    const auto look = [&](const Halted& at) {
        if (!at.finished) {
            at.die();
        }
        std::string problem;
        const Programs seen = read_programs(home.ledger(), problem);
        ASSERT_EQ(problem, "") << at.where;
        Programs without = after[at.done];
        if (at.begun > at.done && steps[at.begun - 1].may_miss) {
            without.erase(*steps[at.begun - 1].may_miss);
        }
        EXPECT_TRUE(seen == after[at.done] || seen == after[at.begun] || seen == without)
            << at.where << ": " << testing::PrintToString(seen) << "\nwanted " << testing::PrintToString(after[at.done])
            << "\nor " << testing::PrintToString(after[at.begun]);
    };
    const uint64_t points = at_every_point(
        home, [&] { run_child(setup, steps); }, look);
    std::printf("stopped and killed at %llu points\n", static_cast<unsigned long long>(points));
    EXPECT_GE(points, steps.size()) << "the test points are not compiled in";
}

TEST(CrashPrograms, LoadLaunchUnload) {
    run_matrix({}, {load(1), launch(1), load(2), launch(2), launch(1), unload(1), load(3), load(4), unload(2), load(5),
                    ignore_stale(1), ignore_stale(2), launch(3), unload(3), unload(4), unload(5), load(1)});
}

TEST(CrashPrograms, AreLaunchedAgain) {
    run_matrix({}, {load(1), keep_place(1), launch_again(1), launch_the_last(1), load(2), keep_place(2), launch(2),
                    launch_the_last(2), launch_again(1), launch_again(2), launch_the_last(2), unload(1), load(3),
                    ignore_stale_place(1), launch(3), unload(2), ignore_stale_place(2)});
}

TEST(CrashPrograms, TablesGrow) {
    std::vector<Step> setup;
    for (uint64_t id = 1; id <= 127; ++id) {
        setup.push_back(load(id));
    }
    run_matrix(setup, {load(128), load(129), unload(3), load(130), load(131)});
}

TEST(CrashPrograms, RingsAndRegions) {
    run_matrix({}, {describe_ring(0, 35'168, 70'656), describe_region(1, 4096, 512), describe_ring(1, 258'336, 640),
                    fill_ring(0, 35'168, 70'656, {27'808, 0, 1, 0}), describe_region(5, 8192, 1024),
                    fill_ring(0, 35'168, 70'656, {70'656, 1, 1, 1}), fill_ring(1, 258'336, 640, {64, 3, 2, 0}),
                    forget_region(4096), describe_region(7, 12'288, 64), describe_region(7, 16'384, 64),
                    forget_region(4096), describe_ring(0, 4096, 8192), fill_ring(0, 4096, 8192, {1, 2, 3, 0})});
}

// A record that went with its allocator serves the next one; whole at each point.
TEST(CrashPrograms, RingsAndRegionsOfTheNextAllocator) {
    const auto close = [](Hands& h) { h.writer->allocators().close(h.slot, 0); };
    const auto forget_all = [](Model& m) { m.programs.clear(); };
    run_matrix({describe_ring(0, 35'168, 70'656),
                describe_region(1, 4096, 512),
                {close, forget_all},
                reopen(),
                describe_ring(2, 500, 600),
                describe_region(2, 8192, 100),
                ignore_stale_layout(0, 4096)},
               {fill_ring(2, 500, 600, {64, 3, 2, 0}), ignore_stale_layout(0, 4096), describe_region(2, 4096, 100),
                describe_ring(0, 700, 800)});
}

// All programs of an allocator go with it, each whole.
TEST(CrashPrograms, GoWithTheirAllocator) {
    std::vector<Step> setup;
    for (uint64_t id = 1; id <= 4; ++id) {
        setup.push_back(load(id));
    }
    const LedgerHome home;
    size_t before = 4;
    const auto look = [&](const Halted& at) {
        if (!at.finished) {
            at.die();
        }
        std::string problem;
        const Programs seen = read_programs(home.ledger(), problem);
        ASSERT_EQ(problem, "") << at.where;
        for (const auto& [id, text] : seen) {
            EXPECT_EQ(text, Made(id).in_words(0));
        }
        EXPECT_LE(seen.size(), before);
        before = seen.size();
    };
    const uint64_t points = at_every_point(
        home,
        [&] {
            run_child(setup, {{[](Hands& h) { h.writer->allocators().close(h.slot, 0); }, {}}});
        },
        look);
    EXPECT_EQ(before, 0u);
    EXPECT_GE(points, 4u);
}

// A refused launch names both sides: the program, and the listed L1 buffer that begins where the text says.
TEST(Programs, ClashNamesBothSides) {
    const LedgerHome home;
    static auto* const writer = new Writer;  // like every writer, it lives until the process ends
    ledger::FileError error;
    ASSERT_TRUE(writer->start("test", ledger::kBuffersPerExtent, error));
    ThreadSlot slot;
    writer->shards().attach_thread(slot);
    const uint32_t device = writer->devices().describe(ledger::DeviceRecord{});
    const ledger::BankGeometry geometry[ledger::kBufferTypes] = {{1 << 30, 32, 12, 32}, {1 << 20, 16, 64, 16}};
    writer->allocators().open(slot, {1, ledger::kNone, &device, 1, geometry});
    for (const uint8_t account : {ledger::kAccountDram, ledger::kAccountL1}) {
        ledger::NewBuffer buffer{};
        buffer.id = 40u + account;
        buffer.address = 116'736;
        buffer.bytes_per_bank = 4096;
        buffer.banks = 64;
        buffer.device = ledger::kAllDevices;
        buffer.account = account;
        buffer.type = account;
        writer->buffers().allocate(slot, buffer);
    }
    const CoreRange cores[] = {{0, 0, 7, 7}};
    writer->failures().refuse_launch(slot, {0, 9, ledger::kUnknown64, 118'112, 116'736, cores, 1, "reader, writer"});
    writer->failures().refuse_launch(slot, {0, 9, ledger::kUnknown64, 118'112, 4096, nullptr, 0, nullptr});
    ledger::Reader reader = ledger::Reader::from_fd(UniqueFd(open(home.ledger().c_str(), O_RDONLY | O_CLOEXEC)));
    const auto answer = reader.read({});
    ASSERT_TRUE(std::holds_alternative<ledger::Snapshot>(answer)) << std::get<ledger::ReadError>(answer).message;
    const auto& failures = std::get<ledger::Snapshot>(answer).failures;
    ASSERT_EQ(failures.size(), 2u);
    EXPECT_EQ(failures[0].type, uint32_t{ledger::kFailureClash});
    EXPECT_EQ(failures[0].program_id, 9u);
    EXPECT_EQ(failures[0].buffer_id, 40u + ledger::kAccountL1);
    EXPECT_EQ(failures[0].end_address, 118'112u);
    EXPECT_EQ(failures[0].buffer_address, 116'736u);
    EXPECT_EQ(failures[0].requested_bytes, 118'112u - 116'736) << "the bytes that both want";
    EXPECT_EQ(in_words(failures[0].cores), " 0,0-7,7");
    EXPECT_NE(failures[0].kernels, 0u);
    EXPECT_EQ(failures[1].kernels, 0u);
    EXPECT_EQ(failures[1].buffer_id, ledger::kUnknown64) << "no listed buffer begins there";
    EXPECT_TRUE(failures[1].cores.empty());
}

// More sets of cores than the first section of them holds.
TEST(Programs, InternedSetsGrow) {
    const LedgerHome home;
    static auto* const writer = new Writer;
    ledger::FileError error;
    ASSERT_TRUE(writer->start("test", ledger::kBuffersPerExtent, error));
    ThreadSlot slot;
    writer->shards().attach_thread(slot);
    const uint32_t device = writer->devices().describe(ledger::DeviceRecord{});
    const ledger::BankGeometry geometry[ledger::kBufferTypes] = {};
    writer->allocators().open(slot, {1, ledger::kNone, &device, 1, geometry});
    std::map<uint64_t, std::string> wanted;
    for (uint16_t i = 0; i < 3000; ++i) {
        const CoreRange cores[] = {{0, 0, static_cast<uint16_t>(i % 64), static_cast<uint16_t>(i / 64)}};
        const NewCircularBuffer buffer{i, 64, 128, cores, 1, 0};
        ledger::NewProgram program{};
        program.id = i;
        program.device = ledger::kAllDevices;
        program.config_bytes = ledger::kUnknown64;
        program.circular_buffers = &buffer;
        program.circular_buffer_count = 1;
        ASSERT_NE(writer->programs().load(slot, program), 0u);
        wanted[i] = in_words({cores[0]});
    }
    ledger::Reader reader = ledger::Reader::from_fd(UniqueFd(open(home.ledger().c_str(), O_RDONLY | O_CLOEXEC)));
    ledger::ReadOptions options;
    options.programs = true;
    const auto answer = reader.read(options);
    ASSERT_TRUE(std::holds_alternative<ledger::Snapshot>(answer)) << std::get<ledger::ReadError>(answer).message;
    std::map<uint64_t, std::string> seen;
    for (const ledger::Program& program : std::get<ledger::Snapshot>(answer).programs) {
        seen[program.id] = in_words(program.circular_buffers.at(0).cores);
    }
    EXPECT_EQ(seen, wanted);
}

}  // namespace
}  // namespace ttmem::test
