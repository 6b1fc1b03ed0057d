// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Pictures of peaks: what they show, which pictures they may take room from, and the writer stopped, then killed, at
// every store of their freezing.
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "ledger/write/picture_writer.hpp"
#include "ledger/write/test_point.hpp"
#include "ledger/write/writer.hpp"
#include "ledger_home.hpp"
#include "picture_hands.hpp"
#include "stopping_points.hpp"

namespace ttmem::test {
namespace {

constexpr uint64_t kBig = 256 * 1024;  // in a bank: 3 MiB

NewBuffer big(uint64_t id, uint8_t account = ledger::kAccountDram) {
    return buffer(id, account, kBig);
}

std::optional<ledger::PeakPicture> peak_of(const std::string& path, uint32_t account) {
    for (const ledger::PeakPicture& each : peaks_of(path)) {
        if (each.allocator == 0 && each.account == account) {
            return each;
        }
    }
    return std::nullopt;
}

// The newest picture of the account's peak; nullopt: there is none.
std::optional<ledger::Snapshot> shown_peak(const std::string& path, uint32_t account = ledger::kAccountDram) {
    const auto peak = peak_of(path, account);
    return peak ? picture_of(path, peak->number) : std::nullopt;
}

std::set<uint64_t> ids_of(const ledger::Snapshot& shown, uint32_t account) {
    std::set<uint64_t> ids;
    for (const ledger::Buffer& row : shown.buffers) {
        if (row.account == account) {
            ids.insert(row.id);
        }
    }
    return ids;
}

// Random buffers of two kinds against an oracle that keeps what lived at each new peak.
TEST(Peaks, ShowWhatLivedAtThem) {
    const LedgerHome home;
    Hands& hands = make_hands();
    std::mt19937_64 random(7);
    struct Oracle {
        std::map<uint64_t, uint64_t> live;
        uint64_t held = 0;
        uint64_t peak = 0;
        std::set<uint64_t> at_peak;
    };
    Oracle oracles[2];
    uint64_t checked = 0;
    const auto remember = [](Oracle& oracle) {
        if (oracle.held > oracle.peak) {
            oracle.peak = oracle.held;
            oracle.at_peak.clear();
            for (const auto& [id, bytes] : oracle.live) {
                oracle.at_peak.insert(id);
            }
        }
    };
    for (uint64_t id = 1; id <= 6000; ++id) {
        Oracle& oracle = oracles[id % 2];
        const uint64_t bank = 64 * (1 + random() % 4000);
        hands.writer.buffers().allocate(hands.slot, buffer(id, id % 2, bank));
        oracle.live[id] = bank * 12;
        oracle.held += bank * 12;
        remember(oracle);
        while (!oracle.live.empty() && random() % 100 < (id / 500 % 2 == 0 ? 30 : 60)) {
            auto gone = oracle.live.lower_bound(random() % id);
            gone = gone == oracle.live.end() ? oracle.live.begin() : gone;
            hands.writer.buffers().free(hands.slot, gone->first);
            oracle.held -= gone->second;
            oracle.live.erase(gone);
        }
        if (id % 100 != 0) {
            continue;
        }
        for (uint32_t account = 0; account < 2; ++account) {
            const auto peak = peak_of(home.ledger(), account);
            const auto shown = shown_peak(home.ledger(), account);
            ASSERT_TRUE(peak && shown) << id;
            const uint64_t true_peak = oracles[account].peak;
            EXPECT_LE(peak->bytes, true_peak);
            const bool still_held = oracles[account].held == true_peak;
            EXPECT_TRUE(still_held || peak->bytes + std::max(ledger::kLeastPeakRise, true_peak / 100) > true_peak)
                << id;
            EXPECT_TRUE(shown->one_moment);
            EXPECT_EQ(shown->unlisted_buffers, 0u);
            uint64_t listed = 0;
            for (const ledger::Buffer& row : shown->buffers) {
                listed += row.account == account ? row.allocated_bytes() : 0;
            }
            EXPECT_EQ(listed, peak->bytes);
            if (peak->bytes == true_peak) {
                EXPECT_EQ(ids_of(*shown, account), oracles[account].at_peak) << id;
                ++checked;
            }
        }
    }
    EXPECT_GT(checked, 50u);
    EXPECT_EQ(std::get<ledger::Snapshot>(read_ledger(home.ledger(), true)).lost[ledger::kLostPicture], 0u);
}

TEST(Peaks, BelowAHundredthOrAMebibyteThereIsNoNewOne) {
    const LedgerHome home;
    Hands& hands = make_hands();
    hands.writer.buffers().allocate(hands.slot, buffer(1, ledger::kAccountDram, 64));
    hands.writer.buffers().free(hands.slot, 1);
    EXPECT_TRUE(peaks_of(home.ledger()).empty());
    for (uint64_t id = 2; id < 202; ++id) {
        hands.writer.buffers().allocate(hands.slot, big(id));  // 600 MiB: a hundredth is two of them
    }
    hands.writer.buffers().free(hands.slot, 2);
    const auto first = peak_of(home.ledger(), ledger::kAccountDram);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->bytes, 200 * 12 * kBig);
    for (const uint64_t id : {202, 203}) {  // one above the last peak
        hands.writer.buffers().allocate(hands.slot, big(id));
    }
    hands.writer.buffers().free(hands.slot, 203);
    EXPECT_EQ(peak_of(home.ledger(), ledger::kAccountDram)->number, first->number);
    for (const uint64_t id : {204, 205}) {
        hands.writer.buffers().allocate(hands.slot, big(id));
    }
    hands.writer.buffers().free(hands.slot, 3);
    EXPECT_EQ(peak_of(home.ledger(), ledger::kAccountDram)->bytes, 202 * 12 * kBig);
}

TEST(Peaks, CloseOfTheDeviceIsAFree) {
    const LedgerHome home;
    Hands& hands = make_hands();
    hands.writer.buffers().allocate(hands.slot, big(1));
    hands.writer.allocators().close(hands.slot, 0);
    const auto shown = shown_peak(home.ledger());
    ASSERT_TRUE(shown);
    EXPECT_EQ(ids_of(*shown, ledger::kAccountDram), std::set<uint64_t>{1});
    EXPECT_TRUE(shown->allocators.at(0).open) << "as it was then";
}

TEST(Peaks, AFreeOfAnotherThreadsBufferTakesItToo) {
    const LedgerHome home;
    Hands& hands = make_hands();
    ThreadSlot other;
    hands.writer.shards().attach_thread(other);
    hands.writer.buffers().allocate(hands.slot, big(1));
    hands.writer.buffers().allocate(other, big(2));
    hands.writer.buffers().free(other, 1);
    const auto shown = shown_peak(home.ledger());
    ASSERT_TRUE(shown);
    EXPECT_EQ(ids_of(*shown, ledger::kAccountDram), (std::set<uint64_t>{1, 2}));
    EXPECT_EQ(std::get<ledger::Snapshot>(read_ledger(home.ledger(), true)).buffers.size(), 1u);
}

TEST(Peaks, NeitherTheyNorRefusalsTakeTheOthersRoom) {
    const LedgerHome home;
    Hands& hands = make_hands();
    for (uint64_t id = 1; id <= 900; ++id) {
        hands.writer.buffers().allocate(hands.slot, big(id, id % 4 == 0 ? ledger::kAccountL1 : ledger::kAccountDram));
    }
    hands.writer.failures().refuse_buffer(hands.slot, buffer(1'000'000, ledger::kAccountDram, 1 << 30),
                                          {.largest_free_per_bank = 4096});
    const auto refusal = picture_of(home.ledger(), 0);
    ASSERT_TRUE(refusal);
    // The table grows meanwhile: the room of this refusal becomes the peaks'.
    for (uint64_t id = 1001; id <= 9000; ++id) {
        hands.writer.buffers().allocate(hands.slot, big(id, id % 4 == 0 ? ledger::kAccountL1 : ledger::kAccountDram));
        if (id % 50 == 0) {
            hands.writer.buffers().free(hands.slot, id);
            hands.writer.buffers().free(hands.slot, id - 1);
        }
    }
    const auto again = picture_of(home.ledger(), 0);
    ASSERT_TRUE(again) << "a picture of a peak took its room";
    EXPECT_EQ(in_words(*again), in_words(*refusal));
    const auto dram = shown_peak(home.ledger(), ledger::kAccountDram);
    const auto l1 = shown_peak(home.ledger(), ledger::kAccountL1);
    ASSERT_TRUE(dram && l1);
    EXPECT_EQ(dram->unlisted_buffers, 0u) << "the room for peaks did not grow with the table";
    for (int i = 0; i < 100; ++i) {
        hands.writer.failures().refuse_buffer(hands.slot, buffer(1'000'000, ledger::kAccountDram, 1 << 30),
                                              {.largest_free_per_bank = 4096});
    }
    EXPECT_EQ(in_words(*shown_peak(home.ledger(), ledger::kAccountDram)), in_words(*dram));
    EXPECT_EQ(in_words(*shown_peak(home.ledger(), ledger::kAccountL1)), in_words(*l1));
    EXPECT_TRUE(picture_of(home.ledger(), *failures_of(home.ledger()).back().picture));
}

TEST(Peaks, WaitForTheirTurnWhenTheyWouldTakeTooMuchTime) {
    const LedgerHome home;
    Hands& hands = make_hands();
    hands.writer.buffers().allocate(hands.slot, big(1));
    hands.writer.buffers().free(hands.slot, 1);
    ledger::peak_debt_per_record_ns = 3'600'000'000'000;
    hands.writer.buffers().allocate(hands.slot, big(2));
    hands.writer.buffers().allocate(hands.slot, big(3));
    hands.writer.buffers().free(hands.slot,
                                3);  // the debt is within what may be owed: this one is taken, and is the last
    hands.writer.buffers().allocate(hands.slot, big(4));
    hands.writer.buffers().allocate(hands.slot, big(5));
    hands.writer.buffers().free(hands.slot, 5);
    EXPECT_EQ(ids_of(*shown_peak(home.ledger()), ledger::kAccountDram), (std::set<uint64_t>{2, 3}));
    const uint64_t before = ledger::most_peak_debt_ns;
    ledger::most_peak_debt_ns = ~uint64_t{0};
    hands.writer.buffers().allocate(hands.slot, big(6));
    hands.writer.buffers().allocate(hands.slot, big(7));
    hands.writer.buffers().free(hands.slot, 7);
    ledger::most_peak_debt_ns = before;
    EXPECT_EQ(ids_of(*shown_peak(home.ledger()), ledger::kAccountDram), (std::set<uint64_t>{2, 4, 6, 7}));
}

// The file may not grow: the room stays that of the first buffers.
TEST(Peaks, KeepTheLargestWhereTheRoomIsShort) {
    const LedgerHome home;
    Hands& hands = make_hands();
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
    const rlimit now{std::filesystem::file_size(home.ledger()), before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &now), 0);
    for (uint64_t id = 1; id <= 4000; ++id) {
        hands.writer.buffers().allocate(hands.slot, buffer(id, ledger::kAccountDram, 64 * (1 + id * 7919 % 4000)));
        if (id % 1000 != 0) {
            continue;
        }
        hands.writer.buffers().free(hands.slot, id);
        const auto shown = shown_peak(home.ledger());
        ASSERT_TRUE(shown && shown->picture);
        hands.writer.buffers().allocate(hands.slot, buffer(id, ledger::kAccountDram, 64));
        uint64_t smallest = ~uint64_t{0};
        uint64_t bytes = shown->picture->bytes_left_out;
        for (const ledger::Buffer& row : shown->buffers) {
            smallest = std::min(smallest, row.bytes_per_bank);
            bytes += row.allocated_bytes();
        }
        EXPECT_EQ(shown->picture->buffers, id);
        EXPECT_EQ(shown->unlisted_buffers, id - shown->buffers.size());
        EXPECT_EQ(bytes, shown->allocators.at(0).totals[ledger::kAccountDram].bytes);
        EXPECT_EQ(bytes, peak_of(home.ledger(), ledger::kAccountDram)->bytes);
        if (id > 1000) {
            EXPECT_GT(shown->buffers.size(), 700u);
            EXPECT_LT(shown->buffers.size(), 1400u);
            uint64_t larger = 0;
            const auto whole = std::get<ledger::Snapshot>(read_ledger(home.ledger(), false));
            for (const ledger::Buffer& row : whole.buffers) {
                larger += row.bytes_per_bank > smallest * 17 / 16 ? 1 : 0;
            }
            EXPECT_LE(larger, shown->buffers.size() + 4) << "one that is larger by a class was left out";
        }
    }
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
}

// The child's actions: each ends with a free that takes the picture of a peak, the last with a close.
std::vector<std::function<void(Hands&)>> acts() {
    const auto rise = [](Hands& h, uint64_t from, uint64_t to, uint8_t account) {
        for (uint64_t id = from; id <= to; ++id) {
            h.slot.detail = static_cast<uint32_t>(id % 5);
            h.writer.buffers().allocate(h.slot, big(id, account));
        }
    };
    constexpr uint8_t kDram = ledger::kAccountDram;
    return {[=](Hands& h) {
                h.load_program(11, 3);
                h.writer.layout().describe_region({0, 1, 1, ledger::kAllDevices, 1, 4096, 512, nullptr, 0});
                rise(h, 1, 30, kDram);
                h.writer.buffers().free(h.slot, 3);
            },
            [=](Hands& h) {
                rise(h, 31, 60, kDram);
                h.writer.buffers().free(h.slot, 31);
            },
            [=](Hands& h) {
                rise(h, 101, 120, ledger::kAccountL1);
                h.writer.buffers().free(h.slot, 101);
            },
            [=](Hands& h) {
                rise(h, 61, 90, kDram);
                h.writer.buffers().free(h.slot, 61);
            },
            [=](Hands& h) {
                rise(h, 131, 140, ledger::kAccountL1);
                rise(h, 141, 150, kDram);
                h.writer.allocators().close(h.slot, 0);
            }};
}

// The pictures of both accounts' peaks in words, "" where there is no picture.
std::vector<std::string> shown_words(const std::string& path) {
    std::vector<std::string> words;
    for (const uint32_t account : {ledger::kAccountDram, ledger::kAccountL1}) {
        const auto shown = shown_peak(path, account);
        words.push_back(shown ? in_words(*shown) : "");
    }
    return words;
}

TEST(CrashPeaks, ReaderSeesThePictureBeforeOrAfter) {
    std::vector<std::vector<std::string>> wanted{{"", ""}};
    {
        const LedgerHome home;
        Hands& hands = make_hands();
        for (const auto& act : acts()) {
            act(hands);
            wanted.push_back(shown_words(home.ledger()));
        }
    }
    ASSERT_NE(wanted[1][0], wanted[2][0]);
    ASSERT_NE(wanted[4][0], wanted[5][0]);
    ASSERT_NE(wanted[4][1], wanted[5][1]);
    const LedgerHome home;
    const auto run = [&]() {
        Hands& hands = make_hands();
        for (const auto& act : acts()) {
            ++progress->steps_begun;
            ledger::test_point_hook = [](const char* name) noexcept {
                // Events of buffers have a matrix of their own.
                if (std::string_view(name).starts_with("picture")) {
                    count_points(name);
                }
            };
            act(hands);
            ++progress->steps_done;
        }
        _exit(0);
    };
    std::set<std::string> where;
    const auto look = [&](const Halted& at) {
        if (at.finished) {
            EXPECT_EQ(shown_words(home.ledger()), wanted.back());
            return;
        }
        where.insert(at.where.substr(0, at.where.rfind(" in step")));
        for (const bool killed : {false, true}) {
            if (killed) {
                at.die();
            }
            const std::vector<std::string> seen = shown_words(home.ledger());
            for (size_t i = 0; i < seen.size(); ++i) {
                EXPECT_TRUE(seen[i] == wanted[at.begun - 1][i] || seen[i] == wanted[at.begun][i])
                    << at.where << ": " << seen[i];
            }
            EXPECT_TRUE(std::holds_alternative<ledger::Snapshot>(read_ledger(home.ledger(), true))) << at.where;
        }
    };
    const uint64_t points = at_every_point(home, run, look);
    EXPECT_GE(points, 6 * 12u) << "the test points are not compiled in";
    EXPECT_GE(where.size(), 7u) << "begun, described, chunk, first and middle buffer, written, whole, counted";
}

}  // namespace
}  // namespace ttmem::test
