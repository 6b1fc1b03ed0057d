// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The whole screen over sizes, looks and modes: nothing outside, nothing on top of each other.
#include <gtest/gtest.h>

#include <algorithm>

#include "monitor/data/replay_line.hpp"
#include "monitor/scene.hpp"
#include "monitor/testing/models.hpp"
#include "output/text.hpp"

namespace ttmem::monitor {
namespace {

using testing::busy;

Frame draw(const api::Model& model, const State& state, const Size& size, bool ascii = false) {
    Scene scene;
    scene.model = &model;
    scene.state = &state;
    scene.look.ascii = ascii;
    return layout(scene, size);
}

bool shows(const Frame& frame, const std::string& text) {
    return frame.grid.text().find(text) != std::string::npos;
}

TEST(Screen, NothingOverlapsAtAnySize) {
    const api::Model models[] = {busy(1, 1), busy(4, 30), busy(64, 500), busy(32, 3, true), api::Model{}};
    for (const api::Model& model : models) {
        for (size_t view = 0; view < kViews; ++view) {
            State state;
            state.view = static_cast<View>(view);
            for (size_t width = 80; width <= 220; width += 7) {
                for (size_t height = 24; height <= 70; height += 5) {
                    const Frame frame = draw(model, state, {width, height});
                    ASSERT_EQ(frame.grid.overlaps(), 0u) << kViewNames[view] << " " << width << "x" << height << "\n"
                                                         << frame.grid.text();
                    for (const Hit& hit : frame.hits) {
                        ASSERT_LT(hit.row, height);
                        ASSERT_LE(hit.right, width);
                        ASSERT_LT(hit.left, hit.right);
                    }
                }
            }
        }
    }
}

TEST(Screen, RecordingHasItsTimeAboveTheKeys) {
    const api::Model model = busy(2, 3);
    const std::vector<replay::Note> notes = {
        {1'000'000'000, 0, {}, replay::NoteKind::kBegin, 0, std::nullopt, {}},
        {3'000'000'000, 0, {}, replay::NoteKind::kPeak, 1 << 20, api::MemoryKind::kDram, {}},
        {5'000'000'000, 0, {}, replay::NoteKind::kRefusal, 0, std::nullopt, {}},
    };
    ReplayLine line;
    line.first_ns = 1'000'000'000;
    line.last_ns = 5'000'000'000;
    line.now_ns = 2'500'000'000;
    line.events = 12;
    line.all_events = 99;
    line.step = 7;
    line.said = "peak of dram: 1.0 MiB";
    line.notes = &notes;
    line.courses[key_of(model.devices[0])] = {std::vector<float>(replay::kBuckets, 0.5f), {}};
    for (size_t view = 0; view < kViews; ++view) {
        for (const bool ascii : {false, true}) {
            for (const Size& size : {Size{80, 24}, Size{81, 24}, Size{100, 30}, Size{200, 60}}) {
                State state;
                state.view = static_cast<View>(view);
                state.replay = state.paused = true;
                Scene scene;
                scene.model = &model;
                scene.state = &state;
                scene.look.ascii = ascii;
                scene.replay = &line;
                const Frame frame = layout(scene, size);
                ASSERT_EQ(frame.grid.overlaps(), 0u) << frame.grid.text();
                EXPECT_EQ(frame.grid.row_text(size.height - 2).substr(0, 60),
                          " +1.500000 s of 4.000000 s  event 12 of 99  step 7  peak of ")
                    << frame.grid.text();
                const std::string bar = frame.grid.row_text(size.height - 3);
                if (ascii) {
                    ASSERT_EQ(bar.size(), size.width);
                    EXPECT_EQ(bar.find('o'), size.width * 3 / 8) << bar;
                    EXPECT_EQ(bar.find('^'), size.width / 2) << bar;
                    EXPECT_EQ(bar.find('x'), size.width - 1) << bar;
                }
                EXPECT_TRUE(shows(frame, "time")) << "the key to go to one";
                EXPECT_FALSE(shows(frame, "kill"));
            }
        }
    }
}

TEST(Screen, EveryModeAtTheSmallestSize) {
    const api::Model model = busy(64, 500);
    for (const Mode mode :
         {Mode::kHelp, Mode::kFilter, Mode::kDeviceChoice, Mode::kSignalChoice, Mode::kConfirm, Mode::kMoment}) {
        for (const bool ascii : {false, true}) {
            State state;
            state.mode = mode;
            state.choice = 8;
            for (const Size& size : {Size{80, 24}, Size{120, 40}, Size{200, 60}}) {
                const Frame frame = draw(model, state, size, ascii);
                ASSERT_EQ(frame.grid.overlaps(), 0u) << frame.grid.text();
                if (ascii) {
                    const std::string text = frame.grid.text();
                    ASSERT_TRUE(std::all_of(text.begin(), text.end(), [](char c) {
                        return (c >= ' ' && c < 127) || c == '\n';
                    })) << text;
                }
            }
        }
    }
}

TEST(Screen, SaysWhenItIsTooSmall) {
    const api::Model model = busy(1, 1);
    for (const Size& size : {Size{79, 24}, Size{80, 23}, Size{1, 1}, Size{3, 2}, Size{20, 100}}) {
        const Frame frame = draw(model, State(), size);
        EXPECT_EQ(frame.grid.height(), size.height);
        if (size.width > 20) {
            EXPECT_TRUE(shows(frame, "too small"));
        }
    }
    EXPECT_FALSE(shows(draw(model, State(), {80, 24}), "too small"));
}

TEST(Screen, HelpHasEveryKey) {
    const api::Model model;
    for (const bool replay : {false, true}) {
        State state;
        state.mode = Mode::kHelp;
        state.replay = replay;
        const std::string text = draw(model, state, {120, 60}).grid.text();
        for (const KeyRow& row : key_table()) {
            EXPECT_EQ(text.find(std::string(" ") + row.name + "  ") != std::string::npos, replay || !row.replay)
                << row.name;
        }
    }
}

TEST(MainView, DeviceInFull) {
    api::Model model = busy(1, 1);
    model.devices[0].circular_buffers.headroom_bytes_per_core = 300'000;
    const Frame frame = draw(model, State(), {100, 30}, true);
    EXPECT_EQ(frame.grid.row_text(1), "Device 0: Wormhole (12GB DRAM, 114MB L1) 40C 500MHz");
    EXPECT_EQ(frame.grid.row_text(2), "  board n150   wormhole_b0   40/90 C   500 MHz   20/150 W   0000:10:00.0");
    EXPECT_EQ(frame.grid.row_text(3),
              "  DRAM        0 B / 12.0 GiB   [-----------------------------]   0.0%  peak 11.0G   reserved 12.0M");
    EXPECT_EQ(frame.grid.row_text(4),
              "  L1      2.0 MiB / 85.0 MiB   [#----------------------------]   2.4%  peak 3.0M    reserved -");
    EXPECT_EQ(frame.grid.row_text(5), "    Buffers      1.0 MiB  12 l1 live");
    EXPECT_EQ(frame.grid.row_text(6), "    CBs          1.0 MiB");
    EXPECT_EQ(frame.grid.row_text(7), "    Kernels      3.0 MiB  application -, fabric -, dispatch -");
    EXPECT_EQ(frame.grid.row_text(8), "    Ring        39.1 KiB  of 69.0 KiB a core");
    EXPECT_EQ(frame.grid.row_text(9),
              "    Clash      293.0 KiB  headroom a core [CCCCCCCCCCC--------BBBBBBBBBBBBBBBBBBB]");
}

TEST(L1View, BeginsWithTheFirstDeviceThatHoldsSomething) {
    api::Model model = busy(3, 1);
    State state;
    EXPECT_EQ(mapped_device(model, state), 0u);
    model.devices[0].memory = {};
    model.devices[0].circular_buffers = {};
    EXPECT_EQ(mapped_device(model, state), 1u);
    state.view = View::kL1Map;
    EXPECT_EQ(draw(model, state, {100, 30}, true).grid.row_text(1).substr(0, 9), "Device 1:");
    state.device = key_of(model.devices[0]);
    EXPECT_EQ(mapped_device(model, state), 0u) << "which was chosen";
    state.device.clear();
    for (api::Device& device : model.devices) {
        device.memory = {};
        device.circular_buffers = {};
    }
    EXPECT_EQ(mapped_device(model, state), 0u);
    model.devices.clear();
    EXPECT_EQ(mapped_device(model, state), std::nullopt);
}

TEST(MainView, UnknownIsNeverZero) {
    api::Model model = busy(1, 1);
    model.devices[0].telemetry.reset();
    model.devices[0].circular_buffers = {};
    model.devices[0].kernels = {};
    model.devices[0].memory = {};
    model.processes[0].devices[0] = {};
    const std::string text = draw(model, State(), {100, 30}, true).grid.text();
    EXPECT_EQ(text.find(" 0 B"), std::string::npos) << text;
    EXPECT_EQ(text.find("0.0%"), std::string::npos) << text;
    EXPECT_NE(text.find("- C   - MHz   - W"), std::string::npos) << text;
    EXPECT_NE(text.find("headroom is unknown"), std::string::npos) << text;
}

TEST(MainView, LessDetailTheMoreDevicesThereAre) {
    State state;
    EXPECT_TRUE(shows(draw(busy(1, 1), state, {80, 24}), "Clash"));
    EXPECT_TRUE(shows(draw(busy(2, 1), state, {80, 24}), "Ring"));
    EXPECT_TRUE(shows(draw(busy(4, 1), state, {80, 24}), "Device 3:"));
    const Frame many = draw(busy(8, 1), state, {80, 24});
    EXPECT_TRUE(shows(many, "  7 Blackhole p150a"));
    const Frame galaxy = draw(busy(32, 1), state, {80, 24});
    EXPECT_TRUE(shows(galaxy, "  0 Wormhole n150"));
    EXPECT_FALSE(shows(galaxy, " 31 Blackhole")) << "scrolled";
    state.on_devices = true;
    state.device_row = key_of(busy(32, 1).devices[31]);
    EXPECT_TRUE(shows(draw(busy(32, 1), state, {80, 24}), " 31 Blackhole"));
    EXPECT_TRUE(shows(draw(busy(32, 1), State(), {200, 60}), "Device 31: Blackhole"));
}

TEST(MainView, MockDeviceThatNobodyHasOpenIsNotShown) {
    api::Model model = busy(2, 0, true);
    model.devices[0].live_processes = 0;
    EXPECT_FALSE(shows(draw(model, State(), {80, 24}), "Device 0"));
    EXPECT_TRUE(shows(draw(model, State(), {80, 24}), "Device 1"));
    model.devices[0].mock = false;
    EXPECT_TRUE(shows(draw(model, State(), {80, 24}), "Device 0")) << "a card is there whoever uses it";
}

TEST(MainView, ProcessesAreListedAndSummed) {
    const std::string text = draw(busy(2, 5), State(), {140, 40}, true).grid.text();
    EXPECT_NE(text.find("   1000 someone-w~ 0-1      512.0M    2.0M       -       -      1.0G        - live"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("docker:aaaa~"), std::string::npos) << text;
    EXPECT_NE(text.find("   1004 someone-w~"), std::string::npos) << text;
    EXPECT_NE(
        text.find("Total: 4 live of 5 processes, 2 devices   DRAM 1023.0 MiB / 24.0 GiB   L1 4.0 MiB / 170.1 MiB"),
        std::string::npos)
        << text;
}

TEST(MainView, FilterSortAndTree) {
    api::Model model = busy(1, 9);
    State state;
    state.own().filter = "ROOT";
    EXPECT_EQ(process_rows(model, state).size(), 4u);
    state.own().filter = "1003";
    EXPECT_EQ(process_rows(model, state).size(), 1u);
    state.own().filter.clear();
    state.own().sort = 3;
    EXPECT_EQ(process_rows(model, state)[0].process, 8u) << "the most DRAM first, and living ones before others";
    state.own().reverse = true;
    EXPECT_EQ(process_rows(model, state)[0].process, 0u);
    state.own() = {};
    state.tree = true;
    const std::vector<ProcessRow> rows = process_rows(model, state);
    ASSERT_EQ(rows.size(), 9u);
    EXPECT_EQ(rows[0].depth, 0u);
    EXPECT_EQ(rows[1].depth, 1u);
    EXPECT_EQ(rows[2].depth, 2u);
    model.processes[0].parent_pid = 1003;  // a ring: pids were reused
    EXPECT_EQ(process_rows(model, state).size(), 9u);
    state.device = "nobody's";
    EXPECT_TRUE(process_rows(model, state).empty());
}

// Figures of a hostile ledger: they are ordered as what they are, in each column and both ways.
TEST(MainView, ExtremeFiguresAreSorted) {
    const std::vector<uint64_t> figures = {UINT64_MAX, 0, uint64_t{1} << 63, 1, (uint64_t{1} << 63) - 1};
    api::Model model = busy(1, figures.size());
    for (size_t i = 0; i < figures.size(); ++i) {
        api::Process& process = model.processes[i];
        process.state = api::ProcessState::kLive;
        process.devices.resize(1);
        process.devices[0].bytes[api::MemoryKind::kDram] = figures[i];
        process.devices[0].peak_bytes[api::MemoryKind::kDram] = figures[i];
        process.host.emplace().rss_bytes = figures[i];
    }
    State state;
    for (const bool reverse : {false, true}) {
        state.own().reverse = reverse;
        for (size_t column = 0; column < 16; ++column) {
            state.own().sort = column;
            EXPECT_EQ(process_rows(model, state).size(), figures.size());
        }
        state.own().sort = 3;
        const std::vector<ProcessRow> rows = process_rows(model, state);
        for (size_t i = 1; i < rows.size(); ++i) {
            const uint64_t before = figures[rows[i - 1].process];
            const uint64_t after = figures[rows[i].process];
            EXPECT_TRUE(reverse ? before < after : before > after) << before << ", " << after;
        }
    }
}

TEST(MainView, FiveHundredProcessesScroll) {
    const api::Model model = busy(1, 500);
    State state;
    state.process = key_of(model.processes[321]);
    const Frame frame = draw(model, state, {80, 24});
    EXPECT_TRUE(shows(frame, "1321"));
    EXPECT_EQ(frame.rows, 500u);
    EXPECT_EQ(frame.selected, 321u);
}

}  // namespace
}  // namespace ttmem::monitor
