// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A recording of a random program in a folder of the test's own, and databases that are made from it.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "recording/test_program.hpp"
#include "visualizer/export.hpp"

namespace ttmem::visualizer::test {

namespace fs = std::filesystem;

class ReportTest : public ::testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "ttmem-visualizer.XXXXXX").string();
        ASSERT_NE(mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }
    void TearDown() override { fs::remove_all(folder_); }

    std::string new_path() { return (folder_ / ("f" + std::to_string(files_++))).string(); }

    recording::Reader record(const recording::test::Program& program, size_t chunk_events) {
        const std::string path = new_path();
        Result<recording::Writer> writer = recording::Writer::create(path);
        recording::test::write_program(writer.value(), program, chunk_events);
        writer.value().finish();
        return std::move(recording::Reader::open(path).value());
    }

    std::string keep(const std::string& bytes) {
        const std::string path = new_path();
        std::ofstream(path, std::ios::binary) << bytes;
        return path;
    }

    // A database that the statements make.
    std::string make(const std::string& statements) {
        const std::string path = new_path();
        sqlite3* database = nullptr;
        EXPECT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(database, statements.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
            << sqlite3_errmsg(database);
        sqlite3_close(database);
        return path;
    }

    using Rows = std::vector<std::vector<std::string>>;
    static Rows select(const std::string& path, const std::string& query) {
        sqlite3* database = nullptr;
        EXPECT_EQ(sqlite3_open(path.c_str(), &database), SQLITE_OK);
        Rows rows;
        const auto add = [](void* to, int count, char** values, char**) {
            auto& row = static_cast<Rows*>(to)->emplace_back();
            for (int i = 0; i < count; ++i) {
                row.emplace_back(values[i] == nullptr ? "NULL" : values[i]);
            }
            return 0;
        };
        EXPECT_EQ(sqlite3_exec(database, query.c_str(), add, &rows, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
        sqlite3_close(database);
        return rows;
    }

    fs::path folder_;
    int files_ = 0;
};

// A program's operations as a report has them: how many of its events have happened after each, and its name. An
// allocation, a run of frees and a refusal are one each.
struct Step {
    size_t events = 0;
    bool is_free = false;
    bool is_refusal = false;
};
inline std::vector<Step> steps_of(const recording::test::Program& program, size_t from = 0) {
    std::vector<Step> steps;
    if (from != 0 && !program.states[from].empty()) {
        steps.push_back({from, false, false});
    }
    for (size_t i = from; i < program.events.size(); ++i) {
        const bool is_free = program.events[i].type == ledger::kEventFree;
        const bool goes_on = is_free && steps.size() > (from != 0 ? 1u : 0u) && steps.back().is_free;
        if (goes_on) {
            steps.back().events = i + 1;
        } else {
            steps.push_back({i + 1, is_free, program.events[i].is_refusal()});
        }
    }
    return steps;
}

}  // namespace ttmem::visualizer::test
