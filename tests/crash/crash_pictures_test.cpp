// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Pictures of refusals: the writer is stopped, then killed, at every store of the freezing. A reader finds the picture
// before or after, whole, and never a third. And what is left out where the room is short.
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ledger/write/picture_writer.hpp"
#include "ledger/write/test_point.hpp"
#include "ledger/write/writer.hpp"
#include "ledger_home.hpp"
#include "picture_hands.hpp"
#include "stopping_points.hpp"
#include "world.hpp"

namespace ttmem::test {
namespace {

NewBuffer refused(uint64_t bytes) {
    return buffer(1'000'000, ledger::kAccountDram, bytes);
}

// The child's actions, in order. The fourth refusal takes the room of the second.
std::vector<std::function<void(Hands&)>> acts() {
    const auto fail = [](Hands& h) {
        h.writer.failures().refuse_buffer(h.slot, refused(1 << 30), {.largest_free_per_bank = 4096});
    };
    return {
        [](Hands& h) {
            for (uint64_t id = 1; id <= 900; ++id) {
                h.slot.detail = static_cast<uint32_t>(id % 7);
                h.writer.buffers().allocate(h.slot, buffer(id, id % 2));
            }
            h.load_program(11, 3);
            h.load_program(12, 0);
            h.writer.layout().describe_region({0, 1, 1, ledger::kAllDevices, 1, 4096, 512, nullptr, 0});
            h.writer.layout().describe_config_ring({0, 0, 0, 35'168, 70'656});
        },
        fail,
        [](Hands& h) {
            for (uint64_t id = 1; id <= 890; ++id) {
                h.writer.buffers().free(h.slot, id);
            }
        },
        fail,
        [](Hands& h) {
            h.load_program(13, 2);
            h.writer.buffers().allocate(h.slot, buffer(2000, ledger::kAccountL1));
        },
        fail,
        fail,
        [](Hands& h) {
            const ledger::CoreRange cores[] = {{0, 0, 1, 1}};
            h.writer.failures().refuse_launch(h.slot, {0, 9, ledger::kUnknown64, 118'112, 116'736, cores, 1, "reader"});
        }};
}

// The pictures of an undisturbed run, each read as soon as it is whole.
std::vector<std::string> undisturbed() {
    const LedgerHome home;
    Hands& hands = make_hands();
    std::vector<std::string> wanted;
    for (const auto& act : acts()) {
        act(hands);
        if (const auto shown = picture_of(home.ledger(), wanted.size())) {
            wanted.push_back(in_words(*shown));
        }
    }
    return wanted;
}

TEST(Pictures, ShowWhatLived) {
    const LedgerHome home;
    Hands& hands = make_hands();
    World world;
    const auto allocate = [&](const NewBuffer& b) {
        hands.writer.buffers().allocate(hands.slot, b);
        world.allocate(b.id, Row{b.address, b.requested_bytes, b.bytes_per_bank, b.banks, b.allocator, b.account,
                                 b.type, b.layout, b.page_bytes});
    };
    for (uint64_t id = 1; id <= 2500; ++id) {
        allocate(buffer(id, id % 4, 64 * id));
    }
    const uint64_t failure =
        hands.writer.failures().refuse_buffer(hands.slot, refused(1 << 30), {.largest_free_per_bank = 4096});
    for (uint64_t id = 1; id <= 2500; ++id) {
        hands.writer.buffers().free(hands.slot, id);  // unwinding
    }
    hands.writer.allocators().close(hands.slot, 0);
    const std::vector<ledger::Failure> failures = failures_of(home.ledger());
    ASSERT_EQ(failures.size(), 1u);
    ASSERT_TRUE(failures[0].picture);
    const auto shown = picture_of(home.ledger(), *failures[0].picture);
    ASSERT_TRUE(shown);
    World seen = world_of(*shown);
    for (auto& [key, figures] : world.figures) {
        figures.allocations = figures.frees = 0;  // a picture does not say
    }
    EXPECT_TRUE(seen == world) << difference(world, seen);
    EXPECT_TRUE(shown->one_moment);
    EXPECT_TRUE(shown->allocators.at(0).open) << "as it was then";
    EXPECT_EQ(shown->unlisted_buffers, 0u);
    ASSERT_TRUE(shown->picture);
    EXPECT_EQ(shown->picture->failure, failure);
    // The same tick; each read measures the clock's rate.
    EXPECT_NEAR(static_cast<double>(shown->picture->time_ns), static_cast<double>(failures[0].time_ns), 1e6);
}

TEST(Pictures, AreSharedByRefusalsOfTheSameMoment) {
    const LedgerHome home;
    Hands& hands = make_hands();
    hands.writer.buffers().allocate(hands.slot, buffer(1));
    ledger::least_picture_pause_ns = 3'600'000'000'000;
    for (int i = 0; i < 50; ++i) {
        hands.writer.failures().refuse_buffer(hands.slot, refused(1 << 30), {.largest_free_per_bank = 4096});
    }
    for (const ledger::Failure& failure : failures_of(home.ledger())) {
        EXPECT_EQ(failure.picture, 0u);
    }
    ledger::least_picture_pause_ns = 0;
    hands.writer.failures().refuse_buffer(hands.slot, refused(1 << 30), {.largest_free_per_bank = 4096});
    EXPECT_EQ(failures_of(home.ledger()).back().picture, 1u);
}

#if !defined(__SANITIZE_THREAD__)  // records are copied while their owners write them; each is looked at again after
// Threads that go on meanwhile: every row of a picture is whole, and one of one moment has exactly what the totals say.
TEST(Pictures, AreRightWhileOtherThreadsGoOn) {
    const LedgerHome home;
    Hands& hands = make_hands();
    std::atomic<bool> over{false};
    const auto bytes_of = [](uint64_t id) { return 64 + id % 97 * 64; };
    std::vector<std::thread> threads;
    for (uint64_t t = 1; t <= 3; ++t) {
        threads.emplace_back([&, t] {
            ThreadSlot slot;
            hands.writer.shards().attach_thread(slot);
            for (uint64_t round = 0; !over; ++round) {
                const uint64_t first = t * 1'000'000 + round % 2 * 500;
                for (uint64_t id = first; id < first + 300; ++id) {
                    hands.writer.buffers().allocate(slot, buffer(id, id % 2, bytes_of(id)));
                }
                for (uint64_t id = first; id < first + 300; ++id) {
                    hands.writer.buffers().free(slot, id);
                }
                std::this_thread::sleep_for(std::chrono::microseconds(round % 4 * 200));
            }
            hands.writer.shards().release_thread(slot);
        });
    }
    uint64_t at_once = 0;
    uint64_t rows = 0;
    const auto check = [&](uint64_t number) {
        const auto shown = picture_of(home.ledger(), number);
        if (!shown) {
            return false;
        }
        Figures listed[2];
        for (const ledger::Buffer& row : shown->buffers) {
            EXPECT_EQ(row.bytes_per_bank, bytes_of(row.id)) << "a row of two buffers";
            EXPECT_EQ(row.account, row.id % 2);
            ++listed[row.account].buffers;
            listed[row.account].bytes += row.allocated_bytes();
        }
        rows += shown->buffers.size();
        at_once += shown->one_moment ? 1 : 0;
        for (uint32_t account = 0; shown->one_moment && account < 2; ++account) {
            const ledger::AccountTotals& totals = shown->allocators.at(0).totals[account];
            EXPECT_EQ(totals.buffers, listed[account].buffers) << number;
            EXPECT_EQ(totals.bytes, listed[account].bytes) << number;
        }
        return true;
    };
    uint64_t peaks = 0;
    for (uint64_t i = 0; i < 400 && !testing::Test::HasFailure(); ++i) {
        hands.writer.failures().refuse_buffer(hands.slot, refused(1 << 30), {.largest_free_per_bank = 4096});
        EXPECT_TRUE(check(ledger::RefusalPictures::number_of(i))) << "no picture " << i;
        for (const ledger::PeakPicture& peak : peaks_of(home.ledger())) {
            peaks += check(peak.number) ? 1 : 0;
        }
    }
    over = true;
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_GT(peaks, 0u);
    std::printf("400 pictures of %llu rows, %llu of one moment\n", static_cast<unsigned long long>(rows),
                static_cast<unsigned long long>(at_once));
    EXPECT_GT(rows, 0u);
}
#endif

// The file may not grow: the room stays that of the first buffers.
TEST(Pictures, KeepTheLargestWhereTheRoomIsShort) {
    const LedgerHome home;
    Hands& hands = make_hands();
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
    const rlimit now{std::filesystem::file_size(home.ledger()), before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &now), 0);
    std::map<uint32_t, std::pair<uint32_t, uint64_t>> by_context;
    for (uint64_t id = 1; id <= 4000; ++id) {
        hands.slot.detail = static_cast<uint32_t>(id % 5 + 1);
        const NewBuffer b = buffer(id, ledger::kAccountDram, 64 * (1 + id * 7919 % 4000));
        hands.writer.buffers().allocate(hands.slot, b);
        ++by_context[hands.slot.detail].first;
        by_context[hands.slot.detail].second += b.bytes_per_bank * b.banks;
    }
    for (uint64_t round = 0; round < 3; ++round) {
        hands.writer.failures().refuse_buffer(hands.slot, refused(1 << 30), {.largest_free_per_bank = 4096});
        const auto shown = picture_of(home.ledger(), round);
        ASSERT_TRUE(shown);
        ASSERT_TRUE(shown->picture);
        EXPECT_EQ(shown->picture->buffers, 4000u);
        EXPECT_GT(shown->buffers.size(), 700u);
        EXPECT_LT(shown->buffers.size(), 4000u);
        EXPECT_EQ(shown->unlisted_buffers, 4000 - shown->buffers.size());
        uint64_t smallest = ~uint64_t{0};
        uint64_t bytes = shown->picture->bytes_left_out;
        for (const ledger::Buffer& row : shown->buffers) {
            smallest = std::min(smallest, row.bytes_per_bank);
            bytes += row.allocated_bytes();
        }
        EXPECT_EQ(bytes, shown->allocators.at(0).totals[ledger::kAccountDram].bytes);
        uint64_t larger = 0;
        for (uint64_t id = 1; id <= 4000; ++id) {
            larger += 64 * (1 + id * 7919 % 4000) > smallest * 17 / 16 ? 1 : 0;
        }
        EXPECT_LE(larger, shown->buffers.size()) << "one that is larger by a class was left out";
        std::map<uint32_t, std::pair<uint32_t, uint64_t>> sums;
        for (const ledger::ContextSum& sum : shown->picture->sums) {
            sums[sum.context] = {sum.buffers, sum.bytes};
        }
        EXPECT_EQ(sums, by_context);
    }
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
}

// Programs that were launched last are kept.
TEST(Pictures, KeepTheLatestProgramsWhereTheRoomIsShort) {
    const LedgerHome home;
    Hands& hands = make_hands();
    std::vector<uint64_t> handles;
    const ledger::CoreRange cores[] = {{0, 0, 7, 7}};
    for (uint64_t id = 1; id <= 300; ++id) {
        std::vector<ledger::NewCircularBuffer> parts(8, {id, 4096, 4096, cores, 1, 0});
        ledger::NewProgram program{};
        program.id = id;
        program.device = ledger::kAllDevices;
        program.config_bytes = ledger::kUnknown64;
        program.circular_buffers = parts.data();
        program.circular_buffer_count = 8;
        handles.push_back(hands.writer.programs().load(hands.slot, program));
        hands.writer.programs().launch(handles.back());
    }
    rlimit before{};
    ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
    const rlimit now{std::filesystem::file_size(home.ledger()), before.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &now), 0);
    for (uint64_t id = 1; id <= 4000; ++id) {
        hands.writer.buffers().allocate(hands.slot, buffer(id));
    }
    hands.writer.failures().refuse_buffer(hands.slot, refused(1 << 30), {.largest_free_per_bank = 4096});
    const auto shown = picture_of(home.ledger(), 0);
    ASSERT_TRUE(shown);
    ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
    EXPECT_EQ(shown->buffers.size(), 4000u);
    EXPECT_LT(shown->programs.size(), 300u);
    ASSERT_EQ(shown->picture->programs, 300u);
    EXPECT_EQ(shown->programs.size(), shown->picture->programs_kept);
    EXPECT_GT(shown->programs.size(), 75u);
    for (const ledger::Program& program : shown->programs) {
        EXPECT_GT(program.id, 300 - shown->programs.size());
        EXPECT_EQ(program.circular_buffers.size(), 8u);
    }
}

TEST(CrashPictures, ReaderSeesThePictureBeforeOrAfter) {
    const std::vector<std::string> wanted = undisturbed();
    ASSERT_EQ(wanted.size(), 5u);
    const LedgerHome home;
    const auto run = [&]() {
        Hands& hands = make_hands();
        const auto steps = acts();
        steps[0](hands);
        ledger::test_point_hook = count_points;
        for (size_t i = 1; i < steps.size(); ++i) {
            // Events of buffers and programs have matrices of their own.
            const bool is_refusal = i == 1 || i == 3 || i >= 5;
            ledger::test_point_hook = is_refusal ? count_points : nullptr;
            progress->steps_begun += is_refusal ? 1 : 0;
            steps[i](hands);
            progress->steps_done += is_refusal ? 1 : 0;
        }
        _exit(0);
    };
    uint64_t given_up = 0;
    const auto look = [&](const Halted& at) {
        if (at.finished) {
            return;
        }
        for (const bool killed : {false, true}) {
            if (killed) {
                at.die();
            }
            std::vector<bool> whole;
            for (uint64_t number = 0; number < at.begun; ++number) {
                const auto shown = picture_of(home.ledger(), number);
                whole.push_back(shown.has_value());
                if (shown) {
                    EXPECT_EQ(in_words(*shown), wanted[number]) << at.where << ", picture " << number;
                }
            }
            EXPECT_FALSE(picture_of(home.ledger(), at.begun)) << at.where;
            // The one under way may be whole already; if it is not, the one before it is.
            EXPECT_TRUE(whole.back() || at.done == 0 || whole[at.done - 1]) << at.where;
            EXPECT_TRUE(at.done < at.begun || whole.back()) << at.where;
            given_up += whole.size() > 1 && !whole.front() ? 1 : 0;
            for (const ledger::Failure& failure : failures_of(home.ledger())) {
                ASSERT_TRUE(failure.picture) << at.where;
                EXPECT_EQ(*failure.picture, failure.number) << at.where;
            }
        }
    };
    const uint64_t points = at_every_point(home, run, look);
    EXPECT_GE(points, 5 * 12u) << "the test points are not compiled in";
    EXPECT_GT(given_up, 0u) << "no picture's room was used again";
}

}  // namespace
}  // namespace ttmem::test
