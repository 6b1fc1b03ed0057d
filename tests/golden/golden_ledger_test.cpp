// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Every released version of the format has a golden ledger, kept for good: this reader must still find in it what the
// script that made it says. The scripts know the document only, so neither reader nor writer is its own judge.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "ledger_json.hpp"

namespace ttmem::ledger {
namespace {

const std::string kFolder = TTMEM_GOLDEN_FOLDER;

Json expectations() {
    std::ifstream file(kFolder + "/ledger-v1.json");
    return Json::parse(file);
}

Reader open_golden() {
    return Reader::from_fd(UniqueFd(::open((kFolder + "/ledger-v1.bin").c_str(), O_RDONLY | O_CLOEXEC)));
}

// Compares part by part, so that a difference says where it is.
void expect_same(const Json& found, const Json& expected) {
    for (const auto& [key, value] : expected.items()) {
        ASSERT_TRUE(found.contains(key)) << key;
        EXPECT_EQ(Json::diff(found[key], value), Json::array()) << key << ": " << found[key].dump(1);
    }
    EXPECT_EQ(found.size(), expected.size());
}

TEST(GoldenLedgerV1, EverythingIsFound) {
    ReadOptions options;
    options.buffers = true;
    options.programs = true;
    options.writer_halted = true;
    auto answer = open_golden().read(options);
    ASSERT_EQ(answer.index(), 0u) << std::get<ReadError>(answer).message;
    expect_same(to_json(std::get<Snapshot>(answer)), expectations()["snapshot"]);
}

TEST(GoldenLedgerV1, TotalsAreTheSameWithoutTheList) {
    ReadOptions options;
    options.writer_halted = true;
    auto answer = open_golden().read(options);
    ASSERT_EQ(answer.index(), 0u) << std::get<ReadError>(answer).message;
    Json expected = expectations()["snapshot"];
    for (const char* absent : {"buffers", "programs", "config_rings", "regions"}) {
        expected[absent] = Json::array();
    }
    expect_same(to_json(std::get<Snapshot>(answer)), expected);
}

TEST(GoldenLedgerV1, EventsAreFollowed) {
    Reader reader = open_golden();
    EventCursor cursor;
    auto answer = reader.read_events(cursor);
    ASSERT_EQ(answer.index(), 0u) << std::get<ReadError>(answer).message;
    EXPECT_EQ(Json::diff(list_of(std::get<EventBatch>(answer).events), expectations()["event_list"]), Json::array());
    EXPECT_EQ(std::get<EventBatch>(reader.read_events(cursor)).events.size(), 0u);
}

TEST(GoldenLedgerV1, SidecarIsRead) {
    std::ifstream file(kFolder + "/ledger-v1.bin.detail", std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    auto answer = read_sidecar(
        [&bytes](uint64_t offset, void* to, uint64_t count) -> int64_t {
            return static_cast<int64_t>(offset >= bytes.size() ? 0 : bytes.copy(static_cast<char*>(to), count, offset));
        },
        expectations()["snapshot"]["identity"]["nonce"]);
    ASSERT_EQ(answer.index(), 0u) << std::get<ReadError>(answer).message;
    expect_same(to_json(std::get<Sidecar>(answer)), expectations()["sidecar"]);
}

}  // namespace
}  // namespace ttmem::ledger
