// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Every released version of the format has a golden ledger, kept for good: this reader must still find in it what the
// script that made it says. The scripts know the document only, so neither reader nor writer is its own judge.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <string>

#include "ledger/read/peak_pictures.hpp"
#include "ledger_json.hpp"

namespace ttmem::ledger {
namespace {

const std::string kFolder = TTMEM_GOLDEN_FOLDER;

// The parameter: a version's files, without their ends.
class GoldenLedger : public testing::TestWithParam<const char*> {
protected:
    static std::string path(const char* end) { return kFolder + "/" + GetParam() + end; }
    static Json expectations() {
        std::ifstream file(path(".json"));
        return Json::parse(file);
    }
    static Reader open_golden() {
        return Reader::from_fd(UniqueFd(::open(path(".bin").c_str(), O_RDONLY | O_CLOEXEC)));
    }
};

INSTANTIATE_TEST_SUITE_P(Versions, GoldenLedger, testing::Values("ledger-v1", "ledger-v1.1", "ledger-v1.2"),
                         [](const auto& version) {
                             std::string name = version.param;
                             std::replace_if(
                                 name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
                             return name;
                         });

// Compares part by part, so that a difference says where it is.
void expect_same(const Json& found, const Json& expected) {
    for (const auto& [key, value] : expected.items()) {
        ASSERT_TRUE(found.contains(key)) << key;
        EXPECT_EQ(Json::diff(found[key], value), Json::array()) << key << ": " << found[key].dump(1);
    }
    EXPECT_EQ(found.size(), expected.size());
}

TEST_P(GoldenLedger, EverythingIsFound) {
    ReadOptions options;
    options.buffers = true;
    options.programs = true;
    options.writer_halted = true;
    auto answer = open_golden().read(options);
    ASSERT_EQ(answer.index(), 0u) << std::get<ReadError>(answer).message;
    expect_same(to_json(std::get<Snapshot>(answer)), expectations()["snapshot"]);
}

TEST_P(GoldenLedger, TotalsAreTheSameWithoutTheList) {
    ReadOptions options;
    options.writer_halted = true;
    auto answer = open_golden().read(options);
    ASSERT_EQ(answer.index(), 0u) << std::get<ReadError>(answer).message;
    Json expected = expectations()["snapshot"];
    for (const char* absent : {"buffers", "programs", "config_rings", "regions"}) {
        expected[absent] = Json::array();
    }
    for (const char* of_buffers : {"core_sets", "core_addresses"}) {
        expected.erase(of_buffers);
    }
    expect_same(to_json(std::get<Snapshot>(answer)), expected);
}

TEST_P(GoldenLedger, EventsAreFollowed) {
    Reader reader = open_golden();
    EventCursor cursor;
    auto answer = reader.read_events(cursor);
    ASSERT_EQ(answer.index(), 0u) << std::get<ReadError>(answer).message;
    EXPECT_EQ(Json::diff(list_of(std::get<EventBatch>(answer).events), expectations()["event_list"]), Json::array());
    EXPECT_EQ(std::get<EventBatch>(reader.read_events(cursor)).events.size(), 0u);
}

// The golden ledger of 1.2 has a whole second picture; its first was being overwritten.
TEST_P(GoldenLedger, PicturesAreRead) {
    Reader reader = open_golden();
    const bool has_pictures = expectations()["snapshot"].value("pictures", 0) == 2;
    for (const uint64_t number : {0u, 1u, 2u}) {
        auto answer = reader.read_picture(number);
        ASSERT_EQ(answer.index(), 0u) << std::get<ReadError>(answer).message;
        const std::optional<Snapshot>& shown = std::get<0>(answer);
        ASSERT_EQ(shown.has_value(), has_pictures && number == 1) << number;
        if (!shown) {
            continue;
        }
        ASSERT_EQ(shown->buffers.size(), 1u);
        EXPECT_EQ(shown->buffers[0].id, 1001u);
        EXPECT_EQ(shown->buffers[0].bytes_per_bank, 1000u);
        EXPECT_EQ(shown->buffers[0].used_banks, 18u);
        EXPECT_EQ(shown->unlisted_buffers, 2u);
        EXPECT_EQ(shown->allocators.at(0).totals[kAccountL1].bytes, 30'000u);
        EXPECT_EQ(shown->allocators.at(0).totals[kAccountL1].peak_bytes, 31'000u);
        EXPECT_TRUE(shown->one_moment);
        EXPECT_EQ(shown->events, 55u);
        ASSERT_TRUE(shown->picture);
        EXPECT_EQ(shown->picture->failure, 3u);
        EXPECT_EQ(shown->picture->bytes_left_out, 12'345u);
        ASSERT_EQ(shown->picture->sums.size(), 1u);
        EXPECT_EQ(shown->picture->sums[0].bytes, 30'000u);
    }
}

// The pictures of the golden ledgers are of refusals. That of 1.2 made one of a peak, by the offsets of the page.
TEST_P(GoldenLedger, PicturesOfPeaksAreListed) {
    std::ifstream file(path(".bin"), std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    const auto peaks_of = [&bytes]() {
        return read_peaks([&bytes](uint64_t offset, void* to, uint64_t count) -> int64_t {
            return static_cast<int64_t>(offset >= bytes.size() ? 0 : bytes.copy(static_cast<char*>(to), count, offset));
        });
    };
    EXPECT_TRUE(std::get<std::vector<PeakPicture>>(peaks_of()).empty());
    if (std::string(GetParam()) != "ledger-v1.2") {
        return;
    }
    uint64_t ring = 0;
    for (uint64_t entry = 4096; entry < 20480 && ring == 0; entry += 32) {
        uint32_t kind = 0;
        std::memcpy(&kind, &bytes[entry], sizeof kind);
        if (kind == 19) {
            std::memcpy(&ring, &bytes[entry + 8], sizeof ring);
        }
    }
    ASSERT_NE(ring, 0u);
    const uint32_t peak = 2;
    const uint64_t held = 30'000;
    std::memcpy(&bytes[ring + 128 + 16], &peak, sizeof peak);
    std::memcpy(&bytes[ring + 128 + 88], &held, sizeof held);
    const auto peaks = std::get<std::vector<PeakPicture>>(peaks_of());
    ASSERT_EQ(peaks.size(), 1u) << "record 0 is still being written";
    EXPECT_EQ(peaks[0].number, 1u);
    EXPECT_EQ(peaks[0].allocator, 0u);
    EXPECT_EQ(peaks[0].account, 1u);
    EXPECT_EQ(peaks[0].bytes, 30'000u);
    bytes[ring + 128 + 32] = '\x7e';  // its allocator
    const auto damaged = peaks_of();
    ASSERT_EQ(damaged.index(), 1u);
    EXPECT_EQ(std::get<ReadError>(damaged).failure, ReadFailure::kCorrupt);
}

TEST_P(GoldenLedger, SidecarIsRead) {
    std::ifstream file(path(".bin.detail"), std::ios::binary);
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
