// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Reports of random programs against an oracle that keeps every state.
#include "report/report.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <sstream>

#include "recording/test_program.hpp"
#include "report/at_moment.hpp"
#include "report/bank_holes.hpp"
#include "report/course.hpp"
#include "report/export.hpp"
#include "report/recorded_course.hpp"
#include "report/write.hpp"

namespace ttmem::report {
namespace {

namespace fs = std::filesystem;
using recording::test::Program;

class ReportOfARun : public ::testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "ttmem-report.XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }
    void TearDown() override { fs::remove_all(folder_); }

    recording::Reader write(const Program& program, size_t chunk_events) {
        const std::string path = (folder_ / ("r" + std::to_string(files_++))).string();
        Result<recording::Writer> writer = recording::Writer::create(path);
        recording::test::write_program(writer.value(), program, chunk_events);
        writer.value().finish();
        return std::move(recording::Reader::open(path).value());
    }

    static std::string line_of(uint32_t context) { return "train.py:" + std::to_string(10 + context - 65536); }

    fs::path folder_;
    int files_ = 0;
};

using ByLine = std::map<std::string, std::pair<uint64_t, uint64_t>>;  // buffers, bytes
ByLine by_line(const Holders& holders) {
    ByLine all;
    for (const Holder& holder : holders) {
        all[holder.name.value_or("?")] = {holder.buffers, holder.bytes};
    }
    return all;
}

TEST_F(ReportOfARun, PeaksAreThoseOfTheOracle) {
    for (unsigned seed = 1; seed <= 6; ++seed) {
        const Program program = recording::test::random_program(seed, 2000);
        const Report report = make_report(write(program, 100 + seed * 77), {});
        size_t found = 0;
        for (uint32_t allocator = 0; allocator < 2; ++allocator) {
            for (uint32_t account = 0; account < 2; ++account) {
                uint64_t most = 0;
                size_t when = 0;
                for (size_t at = 0; at < program.states.size(); ++at) {
                    uint64_t held = 0;
                    for (const auto& [id, buffer] : program.states[at]) {
                        held += buffer.allocator == allocator && buffer.account == account ? buffer.bytes : 0;
                    }
                    if (held > most) {
                        most = held;
                        when = at;
                    }
                }
                ByLine holders;
                for (const auto& [id, buffer] : program.states[when]) {
                    if (buffer.allocator == allocator && buffer.account == account) {
                        auto& sum = holders[line_of(buffer.context)];
                        ++sum.first;
                        sum.second += buffer.bytes;
                    }
                }
                for (const Peak& peak : report.peaks) {
                    if (peak.allocator == allocator && static_cast<uint32_t>(peak.kind) == account) {
                        ++found;
                        EXPECT_EQ(peak.bytes, most);
                        EXPECT_EQ(peak.time_ns, program.events[when - 1].time_ns);
                        EXPECT_EQ(by_line(peak.holders), holders);
                        EXPECT_EQ(peak.devices, std::vector<int>{static_cast<int>(allocator)});
                        EXPECT_FALSE(peak.lower_bound);
                    }
                }
            }
        }
        EXPECT_EQ(found, 4u);
        EXPECT_EQ(report.peaks.size(), 4u);
    }
}

TEST_F(ReportOfARun, LeaksChurnAndShortLivedBuffersAreThoseOfTheOracle) {
    for (unsigned seed = 1; seed <= 6; ++seed) {
        const Program program = recording::test::random_program(seed, 2000);
        Options options;
        options.temporary = seed * 2;
        const Report report = make_report(write(program, 333), options);
        ByLine leaks, churn, temporary;
        const auto add = [](ByLine& to, const recording::Event& event) {
            auto& sum = to[line_of(event.context)];
            ++sum.first;
            sum.second += event.bytes;
        };
        uint64_t allocations = 0, frees = 0, refusals = 0;
        for (size_t at = 0; at < program.events.size(); ++at) {
            const recording::Event& event = program.events[at];
            frees += event.type == ledger::kEventFree ? 1 : 0;
            refusals += event.type == ledger::kEventFail ? 1 : 0;
            if (event.type != ledger::kEventAllocate) {
                continue;
            }
            ++allocations;
            add(churn, event);
            if (program.states.back().contains(event.id)) {
                add(leaks, event);
                continue;
            }
            uint64_t others = 0;
            size_t next = at + 1;
            for (; program.states[next + 1].contains(event.id); ++next) {
                others +=
                    program.events[next].type == ledger::kEventAllocate && program.events[next].thread == event.thread
                        ? 1
                        : 0;
            }
            if (others <= options.temporary) {
                add(temporary, event);
            }
        }
        EXPECT_EQ(by_line(report.leaks.at(0).holders), leaks);
        EXPECT_EQ(by_line(report.churn.at(0).holders), churn);
        EXPECT_EQ(by_line(report.temporary.at(0).holders), temporary);
        EXPECT_FALSE(temporary.empty());
        EXPECT_EQ(report.processes.at(0).allocations, allocations);
        EXPECT_EQ(report.processes.at(0).frees, frees);
        EXPECT_EQ(report.processes.at(0).refusals, refusals);
        EXPECT_EQ(report.processes.at(0).missed, 0u);
    }
}

TEST_F(ReportOfARun, WhatIsClearedWithItsDeviceWasNeverFreed) {
    Program program = recording::test::random_program(3, 200, false);
    const size_t kept = program.states.back().size();
    uint64_t number = 1000;
    const uint64_t cleared_ns = program.events.back().time_ns + 1;
    for (const auto& [id, buffer] : program.states.back()) {
        recording::Event event;
        event.time_ns = cleared_ns;
        event.number = number++;
        event.type = ledger::kEventFree;
        event.id = id;
        event.allocator = buffer.allocator;
        event.account = static_cast<uint8_t>(buffer.account);
        program.events.push_back(event);
    }
    const Report report = make_report(write(program, 50), {});
    uint64_t buffers = 0;
    for (const Holder& holder : report.leaks.at(0).holders) {
        buffers += holder.buffers;
    }
    EXPECT_EQ(buffers, kept);
    EXPECT_GT(kept, 2u);
}

TEST_F(ReportOfARun, GroupsAreByTheWordAskedFor) {
    const Program program = recording::test::random_program(2, 500);
    Options options;
    options.by = inventory::GroupBy::kOperation;
    EXPECT_EQ(by_line(make_report(write(program, 100), options).churn.at(0).holders).begin()->first, "ttnn.add");
    options.by = inventory::GroupBy::kKind;
    const ByLine kinds = by_line(make_report(write(program, 100), options).churn.at(0).holders);
    EXPECT_EQ(kinds.size(), 2u);
    EXPECT_TRUE(kinds.contains("dram") && kinds.contains("l1"));
    options.by = inventory::GroupBy::kScope;
    const ByLine scopes = by_line(make_report(write(program, 100), options).churn.at(0).holders);
    EXPECT_TRUE(scopes.contains("encoder") && scopes.contains("?"));
    options.by = inventory::GroupBy::kTensor;
    const ByLine tensors = by_line(make_report(write(program, 100), options).churn.at(0).holders);
    EXPECT_TRUE(tensors.contains("1x32x64 bfloat16 tile, interleaved"));
    EXPECT_TRUE(tensors.contains("?")) << "facts that the recording does not have are unknown";
}

TEST_F(ReportOfARun, AMomentIsThatOfTheOracle) {
    const Program program = recording::test::random_program(5, 800);
    const recording::Reader reader = write(program, 90);
    for (size_t at = 1; at < program.events.size(); at += 37) {
        const MomentReport report = moment_report(reader, program.events[at - 1].time_ns);
        ASSERT_EQ(report.rows.size(), program.states[at].size());
        for (const MomentRow& row : report.rows) {
            const auto& buffer = program.states[at].at(row.held.id);
            EXPECT_EQ(row.held.bytes, buffer.bytes);
            EXPECT_EQ(row.line, line_of(buffer.context));
            EXPECT_EQ(row.devices, std::vector<int>{static_cast<int>(buffer.allocator)});
        }
    }
    EXPECT_EQ(moment_report(reader, 5).unknown, std::vector<size_t>{0});
    EXPECT_TRUE(moment_report(reader, program.events.back().time_ns + 1000).rows.empty()) << "the process has ended";
}

TEST_F(ReportOfARun, TextNamesEverySection) {
    const Report report = make_report(write(recording::test::random_program(1, 1000), 100), {});
    std::string text;
    for (const monitor::Line& line : report_text(report, inventory::GroupBy::kLine, 3)) {
        text += line.text() + "\n";
    }
    for (const char* part :
         {"4711 python3 train.py: exited", "Peak of dram on device 0:", "Peak of l1 on device 1:", "Refusals",
          "Never freed by the program", "Short-lived", "Allocated, ever", "train.py:1", "in 2 others"}) {
        EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
    }
}

// A program of steps on one allocator's DRAM, placed by first fit: temporaries come and go in each step, and each
// `leak_every`th step leaks one. Keeps what an oracle needs.
struct Steps {
    static constexpr uint64_t kBanks = 8, kBase = 1024, kBankBytes = 1 << 30;
    Program program;
    std::map<uint64_t, uint64_t> taken;  // of a bank: begin to end
    uint64_t least_hole = ~uint64_t{0};  // smallest largest hole after any allocation
    size_t least_at = 0;                 // events until then
    uint64_t free_then = 0;
    uint64_t id = 0;

    std::vector<std::pair<uint64_t, uint64_t>> holes() const {
        std::vector<std::pair<uint64_t, uint64_t>> all;
        uint64_t at = kBase;
        for (const auto& [begin, end] : taken) {
            if (begin > at) {
                all.emplace_back(at, begin);
            }
            at = end;
        }
        if (at < kBase + kBankBytes) {
            all.emplace_back(at, kBase + kBankBytes);
        }
        return all;
    }
    recording::Event& event(uint8_t type) {
        recording::Event& made = program.events.emplace_back();
        made.type = type;
        made.time_ns = 1'700'000'000'000'000'000 + program.events.size() * 1000;
        made.number = program.events.size() - 1;
        made.thread = 100;
        made.allocator = 0;
        return made;
    }
    uint64_t allocate(uint32_t line, uint64_t bank_bytes) {
        uint64_t address = 0;
        for (const auto& [begin, end] : holes()) {
            if (end - begin >= bank_bytes) {
                address = begin;
                break;
            }
        }
        recording::Event& made = event(ledger::kEventAllocate);
        made.id = ++id;
        made.bytes = made.requested_bytes = bank_bytes * kBanks;
        made.address = address;
        made.context = 65536 + line;
        made.form = ledger::event_form(kBanks, ledger::kFormAllDevices, 0, 1, 0);
        taken[address] = address + bank_bytes;
        addresses[id] = address;
        uint64_t largest = 0, all = 0;
        for (const auto& [begin, end] : holes()) {
            largest = std::max(largest, end - begin);
            all += end - begin;
        }
        if (largest < least_hole) {
            least_hole = largest;
            least_at = program.events.size();
            free_then = all;
        }
        return id;
    }
    void free(uint64_t which) {
        event(ledger::kEventFree).id = which;
        taken.erase(addresses.at(which));
    }
    std::map<uint64_t, uint64_t> addresses;
};

// `marked`: each step begins with a mark of the program's own, after an allocation that repeats as steps do.
Steps steps(unsigned seed, size_t count, size_t leak_every, bool marked = false) {
    std::mt19937 rng(seed);
    Steps run;
    for (int i = 0; i < 40; ++i) {
        run.allocate(0, 1 << 20);  // weights: held, and no growth
    }
    for (size_t step = 0; step < count; ++step) {
        if (marked && step % 2 == 0) {
            recording::Event& mark = run.event(ledger::kEventMark);
            mark.id = step / 2 + 1;
        }
        std::vector<uint64_t> here{run.allocate(1, 1 << 18)};
        for (int i = 0; i < 6; ++i) {
            here.push_back(run.allocate(2, (1 + rng() % 64) << 14));
        }
        if (leak_every != 0 && step % leak_every == 0) {
            run.allocate(3, 3 << 15);
        }
        std::shuffle(here.begin(), here.end(), rng);
        for (const uint64_t id : here) {
            run.free(id);
        }
    }
    return run;
}

TEST_F(ReportOfARun, GrowthNamesTheLineThatLeaksAndNoOther) {
    for (const size_t leak_every : {size_t{1}, size_t{5}, size_t{0}}) {
        const Steps run = steps(4, 400, leak_every);
        const Report report = make_report(write(run.program, 300), {});
        const Growth& growth = report.growth.at(0);
        EXPECT_EQ(growth.steps, 400u);
        EXPECT_EQ(growth.step, line_of(65537)) << "what each step allocates once";
        if (leak_every == 0) {
            EXPECT_TRUE(growth.rows.empty());
            continue;
        }
        ASSERT_EQ(growth.rows.size(), 1u);
        EXPECT_EQ(growth.rows[0].name, line_of(65539));
        const double slope = static_cast<double>(3 << 15) * Steps::kBanks / static_cast<double>(leak_every);
        EXPECT_NEAR(growth.rows[0].bytes_per_step, slope, slope * 0.05);
        EXPECT_GE(growth.rows[0].certainty, kLeastCertainty);
    }
}

TEST_F(ReportOfARun, TheCourseForWhyIsThatOfTheMemoryAndTheMoment) {
    const Steps run = steps(4, 400, 1);
    const recording::Reader reader = write(run.program, 300);
    const recording::RecordedProcess& process = reader.processes()[0];
    const Growth growth = make_report(reader, {}).growth.at(0);
    const auto course = recorded_course(reader, process, api::MemoryKind::kDram, 0, UINT64_MAX);
    ASSERT_TRUE(course);
    EXPECT_EQ(course->step, growth.step);
    EXPECT_EQ(course->steps, 400u);
    ASSERT_EQ(course->rows.size(), 1u);
    EXPECT_EQ(course->rows[0].last_bytes, growth.rows.at(0).last_bytes);
    EXPECT_TRUE(recorded_course(reader, process, api::MemoryKind::kL1, 0, UINT64_MAX)->rows.empty());
    EXPECT_TRUE(recorded_course(reader, process, api::MemoryKind::kDram, 1, UINT64_MAX)->rows.empty());
    const uint64_t half = (course->first_step_ns + course->last_step_ns) / 2;
    const auto until = recorded_course(reader, process, api::MemoryKind::kDram, std::nullopt, half);
    ASSERT_TRUE(until);
    EXPECT_NEAR(static_cast<double>(until->steps), 200, 20);
    EXPECT_LE(until->last_step_ns, half);
}

TEST_F(ReportOfARun, StepsThatAProgramMarksAreTheSteps) {
    const Steps run = steps(4, 400, 1, true);
    const recording::Reader reader = write(run.program, 300);
    const Report report = make_report(reader, {});
    const Growth& growth = report.growth.at(0);
    EXPECT_EQ(growth.steps, 200u) << "every second one of those that would be found";
    EXPECT_EQ(growth.step, "ttmem.step()");
    ASSERT_EQ(growth.rows.size(), 1u);
    EXPECT_EQ(growth.rows[0].name, line_of(65539));
    const double slope = static_cast<double>(2 * (3 << 15)) * Steps::kBanks;
    EXPECT_NEAR(growth.rows[0].bytes_per_step, slope, slope * 0.05);
    ASSERT_EQ(report.peaks.size(), 1u);
    uint64_t last_mark = 0;
    for (const recording::Event& event : run.program.events) {
        if (event.time_ns > report.peaks[0].time_ns) {
            break;
        }
        last_mark = event.type == ledger::kEventMark ? event.id : last_mark;
    }
    EXPECT_EQ(report.peaks[0].step, last_mark);
    EXPECT_EQ(make_report(write(steps(4, 400, 1).program, 300), {}).peaks.at(0).step, std::nullopt);
}

TEST_F(ReportOfARun, GrowthOfNoiseIsNotCertain) {
    std::mt19937 rng(9);
    int certain = 0;
    for (int i = 0; i < 200; ++i) {
        std::vector<uint64_t> noise(60);
        std::generate(noise.begin(), noise.end(), [&rng] { return rng() % 1000; });
        certain += analysis::certainty_of_rise(noise) >= kLeastCertainty ? 1 : 0;
    }
    EXPECT_LE(certain, 8) << "one in a hundred is to be expected";
    EXPECT_EQ(analysis::certainty_of_rise({5, 5, 5, 5, 5, 5}), 0);
    EXPECT_EQ(analysis::certainty_of_rise({9, 8, 7, 6, 5, 4}), 0);
    EXPECT_GT(analysis::certainty_of_rise({1, 2, 3, 4, 5, 6, 7, 8}), 0.999);
}

TEST_F(ReportOfARun, TheSmallestLargestHoleIsThatOfTheOracle) {
    for (unsigned seed = 1; seed <= 4; ++seed) {
        const Steps run = steps(seed, 120, 2);
        const recording::Reader reader = write(run.program, 37 * seed);
        const Report report = make_report(reader, {});
        ASSERT_EQ(report.fragmentation.size(), 1u);
        const Fragmentation& worst = report.fragmentation[0];
        EXPECT_EQ(worst.kind, api::MemoryKind::kDram);
        EXPECT_EQ(worst.devices, std::vector<int>{0});
        EXPECT_EQ(worst.bank_bytes, Steps::kBankBytes);
        EXPECT_EQ(worst.largest_hole_bytes, run.least_hole);
        EXPECT_EQ(worst.free_bytes, run.free_then);
        EXPECT_EQ(worst.time_ns, run.program.events[run.least_at - 1].time_ns);
        EXPECT_GT(worst.holes, 1u);
        EXPECT_GE(worst.joined_bytes, worst.largest_hole_bytes);
        uint64_t between = 0;
        for (const Holder& holder : worst.between) {
            between += holder.bytes;
        }
        EXPECT_GT(between, 0u);
        EXPECT_LE(worst.joined_bytes - between, worst.free_bytes);
    }
}

TEST_F(ReportOfARun, HolesOfABankAreThoseOfABitmap) {
    std::mt19937 rng(3);
    constexpr uint64_t kBase = 10, kBytes = 200;
    BankHoles holes(kBase, kBytes);
    std::vector<bool> taken(kBytes);
    std::map<uint64_t, uint64_t> buffers;
    for (int i = 0; i < 5000; ++i) {
        if (rng() % 2 == 0 && !buffers.empty()) {
            const auto gone = std::next(buffers.begin(), static_cast<std::ptrdiff_t>(rng() % buffers.size()));
            ASSERT_TRUE(holes.give_back(gone->first, gone->second));
            std::fill_n(taken.begin() + static_cast<std::ptrdiff_t>(gone->first - kBase), gone->second, false);
            buffers.erase(gone);
        } else {
            const uint64_t bytes = 1 + rng() % 20, address = kBase + rng() % (kBytes - bytes);
            const auto from = taken.begin() + static_cast<std::ptrdiff_t>(address - kBase);
            if (std::find(from, from + static_cast<std::ptrdiff_t>(bytes), true) !=
                from + static_cast<std::ptrdiff_t>(bytes)) {
                continue;
            }
            ASSERT_TRUE(holes.take(address, bytes));
            std::fill_n(from, bytes, true);
            buffers[address] = bytes;
        }
        uint64_t largest = 0, run = 0, count = 0, free = 0;
        for (const bool bit : taken) {
            count += !bit && run == 0 ? 1 : 0;
            run = bit ? 0 : run + 1;
            free += bit ? 0 : 1;
            largest = std::max(largest, run);
        }
        ASSERT_EQ(holes.largest(), largest);
        ASSERT_EQ(holes.count(), count);
        ASSERT_EQ(holes.free_bytes(), free);
    }
    BankHoles wrong(0, 100);
    EXPECT_FALSE(wrong.take(90, 20));
    EXPECT_FALSE(wrong.is_known());
    BankHoles twice(0, 100);
    EXPECT_TRUE(twice.take(10, 20));
    EXPECT_FALSE(twice.take(29, 2));
    BankHoles never(0, 100);
    EXPECT_FALSE(never.give_back(10, 5));
}

TEST_F(ReportOfARun, FoldedStacksAddUpToTheirList) {
    const Program program = recording::test::random_program(2, 900, false);
    Options options;
    options.folded = true;
    options.course = false;
    const recording::Reader reader = write(program, 100);
    const Report folded = make_report(reader, options), plain = make_report(reader, {});
    uint64_t listed = 0, held = 0;
    for (const Holder& holder : plain.leaks.at(0).holders) {
        held += holder.bytes;
    }
    std::istringstream lines(report_folded(folded, "leaks"));
    for (std::string line; std::getline(lines, line);) {
        const size_t space = line.rfind(' ');
        listed += std::stoull(line.substr(space + 1));
        EXPECT_TRUE(line.substr(0, space).ends_with(";ttnn.add")) << line;
        EXPECT_NE(line.find("step (train.py:1"), std::string::npos) << line;
    }
    EXPECT_EQ(listed, held);
    EXPECT_NE(report_folded(folded, "peak").find("dram on device 0;"), std::string::npos);
}

TEST(FlameSvg, HasNoLetterThatXmlForbids) {
    Report report;
    report.processes.emplace_back();
    Peak& peak = report.peaks.emplace_back();
    peak.bytes = 100;
    peak.holders = {{"a\xef\xbf\xbe<b\xef\xbf\xbf\xef\xbf\xbd", 1, 100}};
    const std::string svg = report_flame_svg(report, kFoldedWords[0]);
    EXPECT_EQ(svg.find("\xef\xbf\xbe"), std::string::npos);
    EXPECT_EQ(svg.find("\xef\xbf\xbf"), std::string::npos);
    EXPECT_NE(svg.find("a?&lt;b?\xef\xbf\xbd"), std::string::npos);
}

TEST_F(ReportOfARun, AProfileHasNoNegativeValue) {
    Program program = recording::test::random_program(3, 50, false);
    for (recording::Event& event : program.events) {
        event.bytes |= event.type == ledger::kEventAllocate ? uint64_t{1} << 63 : 0;
    }
    // As varints: the largest signed number has nine bytes, the largest unsigned one ten.
    const std::string profile = export_pprof(write(program, 20));
    const std::string largest = std::string(8, '\xff') + '\x7f';
    EXPECT_NE(profile.find(largest), std::string::npos);
    EXPECT_EQ(profile.find(std::string(9, '\xff') + '\x01'), std::string::npos);
}

}  // namespace
}  // namespace ttmem::report
