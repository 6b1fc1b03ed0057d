// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Reports of random programs against an oracle that keeps every state.
#include "report/report.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "recording/test_program.hpp"
#include "report/at_moment.hpp"
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

}  // namespace
}  // namespace ttmem::report
