// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The data of a page against an oracle that keeps every state, and against hostile names.
#include "report/page/page.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <set>

#include "recording/test_program.hpp"

namespace ttmem::report {
namespace {

namespace fs = std::filesystem;
using api::Json;
using recording::test::OracleState;
using recording::test::Program;

class PageOfARun : public ::testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "ttmem-page.XXXXXX").string();
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
    static std::string data_of(const std::string& page) {
        const std::string begin = "id=\"data\">";
        const size_t at = page.find(begin) + begin.size();
        return page.substr(at, page.find("</script>", at) - at);
    }

    fs::path folder_;
    int files_ = 0;
};

// Times of a random program rise strictly, so a time names one state.
const OracleState& state_at(const Program& program, uint64_t since_first) {
    size_t done = 0;
    while (done < program.events.size() &&
           program.events[done].time_ns - program.events.front().time_ns <= since_first) {
        ++done;
    }
    return program.states[done];
}

using Sums = std::map<std::pair<uint32_t, uint32_t>, std::pair<uint64_t, uint64_t>>;  // by allocator, account
Sums sums_of(const OracleState& state) {
    Sums sums;
    for (const auto& [id, buffer] : state) {
        auto& sum = sums[{buffer.allocator, buffer.account}];
        ++sum.first;
        sum.second += buffer.bytes;
    }
    return sums;
}

uint32_t account_of(const Json& pool) {
    return pool[1] == "dram" ? 0u : 1u;
}

TEST_F(PageOfARun, EveryMomentIsTheOracles) {
    for (unsigned seed = 1; seed <= 3; ++seed) {
        const Program program = recording::test::random_program(seed, 3000);
        const recording::Reader reader = write(program, 100 + 50 * seed);
        const Json data = Json::parse(data_of(report_page(reader, "a.ttrec", {}).value()));
        const Json& process = data["processes"][0];
        const Json& buffers = process["buffers"];
        std::set<uint64_t> live;
        size_t refusals = 0, peaks = 0;
        for (const Json& moment : process["moments"]) {
            for (const Json& row : moment["minus"]) {
                live.erase(row.get<uint64_t>());
            }
            for (const Json& row : moment["plus"]) {
                live.insert(row.get<uint64_t>());
            }
            OracleState listed;
            for (const uint64_t row : live) {
                const Json& pool = process["pools"][buffers["pool"][row].get<size_t>()];
                const Json& context = process["contexts"][buffers["context"][row].get<size_t>()];
                const uint32_t line = process["frames"][context[3][0].get<size_t>()][2].get<uint32_t>();
                listed[buffers["id"][row].get<uint64_t>()] = {
                    buffers["bytes"][row].get<uint64_t>(), buffers["address"][row].get<uint64_t>(),
                    pool[0].get<uint32_t>(), account_of(pool), 65536 + line - 10};
            }
            ASSERT_EQ(listed, state_at(program, moment["at"].get<uint64_t>()));
            for (const Json& why : moment["why"]) {
                refusals += why[0] == "refusal" ? 1 : 0;
                peaks += why[0] == "peak" ? 1 : 0;
            }
        }
        EXPECT_EQ(peaks, data["report"]["peak"].size());
        EXPECT_EQ(refusals, data["report"]["refusals"].size());
        EXPECT_GT(process["moments"].size(), 200u);
    }
}

TEST_F(PageOfARun, TheTimelineKeepsEachPoolsExtremesAndItsSums) {
    const Program program = recording::test::random_program(11, 4000);
    const recording::Reader reader = write(program, 350);
    const Json data = Json::parse(data_of(report_page(reader, "a.ttrec", {}).value()));
    const Json& process = data["processes"][0];
    const Json& points = process["points"];
    for (size_t all = 0; all < 3 * process["pools"].size(); ++all) {
        const size_t pool = all / 3;
        const char* const by = std::array{"scope", "operation", "line"}[all % 3];
        const Json& what = process["pools"][pool];
        std::vector<uint64_t> by_name(points["at"].size());
        for (const Json& series : points[by]) {
            for (size_t i = 0; series[0] == pool && i < series[2].size(); ++i) {
                const size_t end = i + 1 < series[2].size() ? series[2][i + 1].get<size_t>() : by_name.size();
                for (size_t at = series[2][i].get<size_t>(); at < end; ++at) {
                    by_name[at] += series[3][i].get<uint64_t>();
                }
            }
        }
        uint64_t most = 0, most_of_oracle = 0;
        for (size_t i = 0; i < points["at"].size(); ++i) {
            const uint64_t bytes = points["bytes"][pool][i].get<uint64_t>();
            most = std::max(most, bytes);
            Sums sums = sums_of(state_at(program, points["at"][i].get<uint64_t>()));
            const uint64_t expected = sums[{what[0].get<uint32_t>(), account_of(what)}].second;
            ASSERT_EQ(bytes, expected);
            ASSERT_EQ(by_name[i], expected);
        }
        for (const OracleState& state : program.states) {
            most_of_oracle =
                std::max(most_of_oracle, sums_of(state)[{what[0].get<uint32_t>(), account_of(what)}].second);
        }
        EXPECT_EQ(most, most_of_oracle);
    }
}

TEST_F(PageOfARun, IsAsLargeAsItMayBe) {
    const Program program = recording::test::random_program(5, 5000);
    const recording::Reader reader = write(program, 500);
    const std::string whole = report_page(reader, "a.ttrec", {}).value();
    const size_t room = whole.size() * 2 / 3;
    const std::string smaller = report_page(reader, "a.ttrec", {}, room).value();
    EXPECT_LE(smaller.size(), room);
    const Json process = Json::parse(data_of(smaller))["processes"][0];
    EXPECT_LT(process["moments"].size(), Json::parse(data_of(whole))["processes"][0]["moments"].size());
    // Sums have what lists have no room for.
    const Json least =
        Json::parse(data_of(report_page(reader, "a.ttrec", {}, whole.size() / 2).value()))["processes"][0];
    EXPECT_GT(least["least_bytes"], 0);
    for (const Json& moment : least["moments"]) {
        Sums sums = sums_of(state_at(program, moment["at"].get<uint64_t>()));
        for (size_t pool = 0; pool < least["pools"].size(); ++pool) {
            const Json& what = least["pools"][pool];
            const auto& [count, bytes] = sums[{what[0].get<uint32_t>(), account_of(what)}];
            ASSERT_EQ(moment["held"][pool][0], count);
            ASSERT_EQ(moment["held"][pool][1], bytes);
        }
    }
}

// Ten buffers that live on, and one after the other that goes at once.
Program short_lives(size_t count, const std::function<uint64_t(size_t)>& time_of) {
    Program program;
    for (size_t i = 0; i < count; ++i) {
        recording::Event event;
        event.time_ns = 1'700'000'000'000'000'000 + time_of(i);
        event.number = i;
        event.type = i < 10 || i % 2 == 0 ? ledger::kEventAllocate : ledger::kEventFree;
        event.id = i < 10 || i % 2 == 0 ? i + 1 : i;
        event.bytes = event.type == ledger::kEventAllocate ? 4096 : 0;
        event.allocator = 0;
        event.account = 0;
        event.context = 65536;
        program.events.push_back(event);
    }
    return program;
}

TEST_F(PageOfARun, TimesThatGoBackAndForthMakeItNoLarger) {
    const recording::Reader reader =
        write(short_lives(20000, [](size_t i) { return i % 2 == 0 ? uint64_t{0} : uint64_t{1'000'000'000}; }), 500);
    const Json process = Json::parse(data_of(report_page(reader, "a.ttrec", {}).value()))["processes"][0];
    EXPECT_LE(process["points"]["at"].size(), 3000u);
    EXPECT_LE(process["moments"].size(), 210u);
    const Json& at = process["points"]["at"];
    EXPECT_TRUE(std::is_sorted(at.begin(), at.end()));
}

TEST_F(PageOfARun, AMomentHasWhatLivesHoweverMuchCameBefore) {
    const recording::Reader reader =
        write(short_lives(30000, [](size_t i) { return i < 20 ? 0 : i + 1'000'000; }), 500);
    const Json process = Json::parse(data_of(report_page(reader, "a.ttrec", {}).value()))["processes"][0];
    std::set<uint64_t> live;
    for (const Json& moment : process["moments"]) {
        for (const Json& row : moment["minus"]) {
            live.erase(row.get<uint64_t>());
        }
        for (const Json& row : moment["plus"]) {
            live.insert(row.get<uint64_t>());
        }
    }
    std::set<uint64_t> ids;
    for (const uint64_t row : live) {
        ids.insert(process["buffers"]["id"][row].get<uint64_t>());
    }
    EXPECT_EQ(ids, (std::set<uint64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
    EXPECT_EQ(process["moments"].back()["held"][0][0], 10);
}

TEST_F(PageOfARun, OfManyPoolsTheLargestAreKept) {
    Program program = recording::test::random_program(7, 3000, false);
    for (recording::Event& event : program.events) {
        event.allocator = static_cast<uint32_t>(event.id % 200);
    }
    const recording::Reader reader = write(program, 300);
    const Json data = Json::parse(data_of(report_page(reader, "a.ttrec", {}).value()));
    const Json& process = data["processes"][0];
    const Json& peaks = data["report"]["peak"];
    ASSERT_GT(peaks.size(), 200u);
    EXPECT_EQ(data["peak_processes"], Json(std::vector<int>(peaks.size(), 0)));
    ASSERT_EQ(process["pools"].size(), 128u);
    EXPECT_EQ(process["pools_left_out"], peaks.size() - 128);
    uint64_t least_kept = UINT64_MAX, most_left_out = 0;
    for (const Json& peak : peaks) {
        const bool kept = std::any_of(process["pools"].begin(), process["pools"].end(), [&](const Json& pool) {
            return pool[0] == peak["allocator"] && pool[1] == peak["kind"];
        });
        const uint64_t bytes = peak["bytes"].get<uint64_t>();
        least_kept = kept ? std::min(least_kept, bytes) : least_kept;
        most_left_out = kept ? most_left_out : std::max(most_left_out, bytes);
    }
    EXPECT_GE(least_kept, most_left_out);
    EXPECT_LE(process["points"]["at"].size(), 6000u);
    EXPECT_EQ(data["flames"]["left_out"], peaks.size() - 128);
}

TEST_F(PageOfARun, IsNeverLargerThanItMayBe) {
    Program program = recording::test::random_program(9, 200);
    for (recording::Event& event : program.events) {
        event.bytes |= event.type == ledger::kEventAllocate ? uint64_t{1} << 62 : 0;
    }
    const recording::Reader reader = write(program, 100);
    const std::string whole = report_page(reader, "a.ttrec", {}).value();
    const auto buffers_of = [](const Json& graph) {
        uint64_t buffers = 0;
        for (const Json& stack : graph["stacks"]) {
            buffers += stack[2].get<uint64_t>();
        }
        return buffers;
    };
    const Json graphs = Json::parse(data_of(whole))["flames"]["graphs"];
    size_t too_small = 0, least = whole.size();  // sizes of which there is no page, and is one
    while (least - too_small > 1) {
        const size_t room = too_small + (least - too_small) / 2;
        (report_page(reader, "a.ttrec", {}, room) ? least : too_small) = room;
    }
    EXPECT_NE(report_page(reader, "a.ttrec", {}, too_small).error().message.find("too large for a page"),
              std::string::npos);
    const std::string smallest = report_page(reader, "a.ttrec", {}, least).value();
    EXPECT_LE(smallest.size(), least);
    EXPECT_EQ(Json::parse(data_of(smallest))["report_alone"], true);
    EXPECT_TRUE(Json::parse(data_of(smallest))["processes"].empty());
    size_t with_timelines = 0;
    for (size_t room = least; room <= whole.size(); room += (whole.size() - least) / 16 + 1) {
        const std::string page = report_page(reader, "a.ttrec", {}, room).value();
        EXPECT_LE(page.size(), room);
        const Json data = Json::parse(data_of(page));
        if (data["report_alone"] == false) {
            ++with_timelines;
            ASSERT_EQ(data["flames"]["graphs"].size(), graphs.size());
            for (size_t i = 0; i < graphs.size(); ++i) {
                EXPECT_EQ(buffers_of(data["flames"]["graphs"][i]), buffers_of(graphs[i]));
            }
        }
    }
    EXPECT_GT(with_timelines, 8u);
}

TEST_F(PageOfARun, NamesCannotEndTheElementThatHoldsThem) {
    const std::string hostile = "</script><script>window.hacked=1</script><!--\xe2\x80\xa8\xff";
    const std::string path = (folder_ / "hostile").string();
    Result<recording::Writer> writer = recording::Writer::create(path);
    recording::ProcessFacts facts = recording::test::test_facts();
    facts.name = facts.command = facts.library = hostile;
    writer.value().append(recording::kChunkProcess, 0, pack(facts), 0, 1, 1);
    writer.value().finish();
    const recording::Reader reader = std::move(recording::Reader::open(path).value());
    const std::string page = report_page(reader, hostile, {}).value();
    const auto count = [&page](std::string_view word) {
        size_t found = 0;
        for (size_t at = page.find(word); at != std::string::npos; at = page.find(word, at + 1)) {
            ++found;
        }
        return found;
    };
    EXPECT_EQ(count("</script"), 2u);
    EXPECT_EQ(count("<script"), 2u);
    const std::string data = data_of(page);
    EXPECT_EQ(data.find('<'), std::string::npos);
    EXPECT_TRUE(std::all_of(data.begin(), data.end(), [](char byte) { return byte >= ' ' && byte < 127; }));
    EXPECT_TRUE(
        Json::parse(data)["name"].get<std::string>().starts_with("</script><script>window.hacked=1</script><!--"));
}

}  // namespace
}  // namespace ttmem::report
