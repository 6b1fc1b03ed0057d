// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Reports read again: the peaks of random programs, and files that were made to harm.
#include "visualizer/import.hpp"

#include <algorithm>
#include <map>
#include <random>

#include "visualizer/schema.hpp"
#include "visualizer/test_report.hpp"

namespace ttmem::visualizer {
namespace {

using inventory::GroupBy;
using recording::test::Program;

class ReadReport : public test::ReportTest {
protected:
    static std::string why_not(const std::string& path) {
        const Result<Imported> imported = import_database(path, GroupBy::kLine);
        return imported ? "it was read" : imported.error().message;
    }

    // A small sound report, and what else the statements do to it.
    std::string report_with(const std::string& statements) {
        return make(std::string(kTables) +
                    "INSERT INTO operations VALUES(1, 'ttnn.add', 0.1, 0);"
                    "INSERT INTO buffers VALUES(1, 0, 4096, 2048, 0, 0, 0);" +
                    statements);
    }

    static std::string refusal(const std::string& message, const std::string& part) {
        return message.find(part) == std::string::npos ? message : part;
    }
};

TEST_F(ReadReport, PeaksAndHoldersAreThoseOfTheOracle) {
    for (unsigned seed = 1; seed <= 4; ++seed) {
        const Program program = recording::test::random_program(seed, 800);
        const std::string path = keep(export_database(record(program, 97), {}).value());
        const Result<Imported> read = import_database(path, GroupBy::kLine);
        ASSERT_TRUE(read.ok()) << read.error().message;
        ASSERT_EQ(read.value().report.peaks.size(), 4u);
        for (size_t number = 0; number < 4; ++number) {
            const report::Peak& peak = read.value().report.peaks[number];
            const auto allocator = static_cast<uint32_t>(peak.devices.front());
            const auto account = static_cast<uint32_t>(peak.kind);
            std::map<std::string, uint64_t> holders;
            uint64_t most = 0;
            for (const auto& state : program.states) {
                std::map<std::string, uint64_t> lines;
                uint64_t held = 0;
                for (const auto& [id, buffer] : state) {
                    if (buffer.allocator == allocator && buffer.account == account) {
                        held += buffer.bytes / 8;
                        lines["train.py:" + std::to_string(10 + buffer.context - 65536)] += buffer.bytes / 8;
                    }
                }
                if (held > most) {
                    most = held;
                    holders = lines;
                }
            }
            EXPECT_EQ(peak.bytes, most);
            std::map<std::string, uint64_t> found;
            for (const report::Holder& holder : peak.holders) {
                found[holder.name.value_or("?")] += holder.bytes;
            }
            EXPECT_EQ(found, holders);
            EXPECT_EQ(read.value().peak_operations[number].banks,
                      account == 1 ? std::optional<uint64_t>(64) : std::nullopt);
        }
    }
}

TEST_F(ReadReport, GroupsByOperationScopeTensorAndKind) {
    const std::string path = keep(export_database(record(recording::test::random_program(9, 400), 50), {}).value());
    for (const auto& [by, name] : {std::pair{GroupBy::kOperation, "ttnn.add"},
                                   {GroupBy::kScope, "encoder"},
                                   {GroupBy::kTensor, "1x32x64 bfloat16 tile, interleaved"},
                                   {GroupBy::kKind, "dram"}}) {
        const Result<Imported> read = import_database(path, by);
        ASSERT_TRUE(read.ok());
        const report::Holders& holders = read.value().report.peaks.front().holders;
        EXPECT_TRUE(std::any_of(holders.begin(), holders.end(), [&name = name](const report::Holder& holder) {
            return holder.name == name;
        })) << name;
    }
}

TEST_F(ReadReport, ASoundOneWithoutRanksIsRead) {
    const std::string path = make(
        "CREATE TABLE operations(operation_id int, name text, duration float);"
        "CREATE TABLE buffers(operation_id int, device_id int, address int, max_size_per_bank int, buffer_type int);"
        "INSERT INTO operations VALUES(7, 'ttnn.add', 0);"
        "INSERT INTO buffers VALUES(7, 0, 64, 2048, 1), (7, 0, 128, 2048, 1), (7, 0, 0, 5, NULL), (7, 0, 0, 5, 2);");
    const Result<Imported> read = import_database(path, GroupBy::kOperation);
    ASSERT_TRUE(read.ok()) << read.error().message;
    ASSERT_EQ(read.value().report.peaks.size(), 1u);
    EXPECT_EQ(read.value().report.peaks[0].bytes, 4096u);
    EXPECT_EQ(read.value().report.peaks[0].holders.size(), 1u);
    EXPECT_EQ(read.value().report.peaks[0].holders[0].name, "ttnn.add");
}

TEST_F(ReadReport, WhatIsNoReportIsRefusedByName) {
    EXPECT_EQ(refusal(why_not(keep("not a database, but longer than the header of one is, so that all of it is read: "
                                   "0123456789")),
                      "is no database of SQLite"),
              "is no database of SQLite");
    EXPECT_EQ(refusal(why_not(keep("")), "is no database"), "is no database");
    EXPECT_EQ(refusal(why_not(folder_.string()), "is no regular file"), "is no regular file");
    EXPECT_EQ(refusal(why_not((folder_ / "none").string()), "No such file"), "No such file");
    EXPECT_EQ(refusal(why_not(make("CREATE TABLE other(x)")), "no table 'operations'"), "no table 'operations'");
    EXPECT_EQ(refusal(why_not(make("CREATE TABLE operations(x); CREATE TABLE buffers(y)")), "no such column"),
              "no such column");
    const std::string open = report_with("");
    std::ofstream(open + "-wal") << "x";
    EXPECT_EQ(refusal(why_not(open), "is not finished"), "is not finished");
}

TEST_F(ReadReport, ViewsTriggersAndVirtualTablesAreRefused) {
    EXPECT_EQ(why_not(report_with("")), "it was read");
    const std::string view = report_with(
        "DROP TABLE buffers; CREATE VIEW buffers AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) "
        "SELECT x operation_id, 0 device_id, x address, 1 max_size_per_bank, 0 buffer_type, 0 rank FROM n;");
    EXPECT_EQ(refusal(why_not(view), "has a view 'buffers'"), "has a view 'buffers'");
    const std::string trigger =
        report_with("CREATE TRIGGER t AFTER INSERT ON buffers BEGIN DELETE FROM operations; END;");
    EXPECT_EQ(refusal(why_not(trigger), "has a trigger 't'"), "has a trigger 't'");
    const std::string fts = report_with("CREATE VIRTUAL TABLE f USING fts4(x);");
    EXPECT_EQ(refusal(why_not(fts), "has a virtual table 'f'"), "has a virtual table 'f'");
    const std::string computed = make(
        "CREATE TABLE operations(operation_id int, name text);"
        "CREATE TABLE buffers(operation_id int, device_id int, address int, buffer_type int, rank int,"
        " max_size_per_bank int GENERATED ALWAYS AS (length(zeroblob(1000000000))));"
        "INSERT INTO operations VALUES(1, 'x'); INSERT INTO buffers VALUES(1, 0, 0, 0, 0);");
    EXPECT_EQ(refusal(why_not(computed), "has a computed column 'max_size_per_bank'"),
              "has a computed column 'max_size_per_bank'");
}

TEST_F(ReadReport, FiguresThatNoDeviceHasAreRefused) {
    for (const char* const values :
         {"(1, 0, 4096, 4611686018427387904, 0, 0, 0)", "(1, 0, -1, 64, 0, 0, 0)", "(1, 0, 'x', 64, 0, 0, 0)",
          "(1, 4611686018427387904, 64, 64, 0, 0, 0)", "(1, 0, 64, 6.4e300, 0, 0, 0)", "(1, 0, 64, 64, 0, 0, -7)",
          "(4611686018427387904, 0, 64, 64, 0, 0, 0)"}) {
        const std::string why = why_not(report_with(std::string("INSERT INTO buffers VALUES") + values + ";"));
        EXPECT_NE(why.find("buffers has a row whose"), std::string::npos) << values << ": " << why;
    }
    EXPECT_EQ(why_not(report_with("INSERT INTO buffers VALUES(1, 0, 9, 9, 99, 0, 0), (99, 0, 9, 9, 0, 0, 0);")),
              "it was read");
}

// Cut and damaged anywhere, it is an answer in bounded time.
TEST_F(ReadReport, ACutOrDamagedFileIsAnAnswer) {
    const std::string whole = export_database(record(recording::test::random_program(3, 300), 50), {}).value();
    for (size_t bytes = whole.size() / 7; bytes < whole.size(); bytes += whole.size() / 7) {
        EXPECT_EQ(refusal(why_not(keep(whole.substr(0, bytes))), "is cut off"), "is cut off");
    }
    std::mt19937 rng(1);
    size_t refused = 0;
    for (int i = 0; i < 300; ++i) {
        std::string damaged = whole;
        for (int change = 0; change < 1 + i % 20; ++change) {
            damaged[100 + rng() % (damaged.size() - 100)] = static_cast<char>(rng());
        }
        refused += why_not(keep(damaged)) == "it was read" ? 0 : 1;
    }
    EXPECT_GT(refused, 10u);
}

// Pages whose children are all one page, three deep: more rows than could ever be read, from a small file.
TEST_F(ReadReport, ATreeWithoutEndIsGivenUp) {
    std::string bytes = export_database(record(recording::test::random_program(3, 400), 100), {}).value();
    const std::string sound = keep(bytes);
    ASSERT_EQ(why_not(sound), "it was read");
    const size_t page = 4096;
    const auto byte = [&bytes](size_t at) { return static_cast<size_t>(static_cast<unsigned char>(bytes[at])); };
    const size_t root =
        (std::stoul(select(sound, "SELECT rootpage FROM sqlite_schema WHERE name = 'buffers'")[0][0]) - 1) * page;
    ASSERT_EQ(byte(root), 5u);  // an interior page of a table: each cell begins with its child's number
    const size_t cells = byte(root + 3) << 8 | byte(root + 4);
    ASSERT_GT(cells, 10u);
    std::vector<size_t> places;
    for (size_t cell = 0; cell < cells; ++cell) {
        places.push_back(byte(root + 12 + cell * 2) << 8 | byte(root + 13 + cell * 2));
    }
    std::vector<std::string> children;
    for (size_t cell = 0; cell < 4; ++cell) {
        children.push_back(bytes.substr(root + places[cell], 4));
    }
    const auto page_of = [&](size_t child) {
        size_t number = 0;
        for (const char c : children[child]) {
            number = number << 8 | static_cast<unsigned char>(c);
        }
        return (number - 1) * page;
    };
    const std::string interior = bytes.substr(root, page);
    const auto write = [&](size_t at, size_t child) {
        bytes.replace(at, page, interior);
        for (const size_t place : places) {
            bytes.replace(at + place, 4, children[child]);
        }
    };
    write(root, 0);
    write(page_of(0), 1);
    write(page_of(1), 2);
    write(page_of(2), 3);
    EXPECT_EQ(refusal(why_not(keep(bytes)), "far longer"), "far longer");
}

}  // namespace
}  // namespace ttmem::visualizer
