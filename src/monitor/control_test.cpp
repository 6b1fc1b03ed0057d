// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "monitor/control.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "monitor/settings.hpp"
#include "monitor/testing/models.hpp"

namespace ttmem::monitor {
namespace {

// A monitor without a terminal.
class Hands {
public:
    explicit Hands(api::Model model) : model_(std::move(model)) { look(); }

    Action press(Key key) {
        const Action action = monitor::press(state, key, scene(), frame);
        look();
        return action;
    }
    void type(const std::string& text) {
        for (const char letter : text) {
            press(static_cast<Key>(letter));
        }
    }
    Action click(size_t row, size_t column, Click button = Click::kLeft) {
        const Action action = monitor::click(state, button, row, column, scene(), frame);
        look();
        return action;
    }
    bool shows(const std::string& text) const { return frame.grid.text().find(text) != std::string::npos; }
    std::pair<size_t, size_t> find(const std::string& text) const {
        for (size_t row = 0; row < frame.grid.height(); ++row) {
            const size_t at = frame.grid.row_text(row).find(text);
            if (at != std::string::npos) {
                return {row, at};
            }
        }
        return {SIZE_MAX, SIZE_MAX};
    }

    State state;
    Frame frame{Grid(0, 0), {}, 0, 0, 0};

private:
    Scene scene() {
        Scene made;
        made.model = &model_;
        made.state = &state;
        made.look.ascii = true;
        return made;
    }
    void look() { frame = layout(scene(), {100, 30}); }

    api::Model model_;
};

TEST(Keys, NoKeyMeansTwoThings) {
    for (const KeyRow& a : key_table()) {
        for (const KeyRow& b : key_table()) {
            for (const Key key : a.keys) {
                EXPECT_TRUE(&a == &b || std::find(b.keys.begin(), b.keys.end(), key) == b.keys.end())
                    << a.name << " " << b.name;
            }
        }
    }
}

TEST(Control, ViewsAndQuit) {
    Hands hands(testing::busy(2, 3));
    for (char digit = '6'; digit >= '1'; --digit) {
        EXPECT_TRUE(hands.press(static_cast<Key>(digit)).refresh);
        EXPECT_EQ(static_cast<int>(hands.state.view), digit - '1');
    }
    EXPECT_TRUE(hands.press(U'q').quit);
    EXPECT_FALSE(hands.press(U'x').quit);
}

TEST(Control, SelectionFollowsItsProcess) {
    Hands hands(testing::busy(1, 10));
    hands.press(kKeyDown);
    hands.press(kKeyDown);
    EXPECT_EQ(hands.state.process->pid, 1002);
    hands.press(U's');  // by user
    hands.press(U's');
    hands.press(U's');  // by DRAM
    EXPECT_EQ(hands.state.process->pid, 1002);
    hands.press(kKeyHome);
    EXPECT_EQ(hands.state.process->pid, 1008) << "the largest";
    hands.press(kKeyEnd);
    hands.press(kKeyPageDown);
    EXPECT_EQ(hands.state.process->pid, 1004) << "dead ones come last";
    hands.press(kKeyUp);
    EXPECT_EQ(hands.state.process->pid, 1009);
}

TEST(Control, FilterIsTypedKeptAndDropped) {
    Hands hands(testing::busy(1, 10));
    hands.press(U'/');
    hands.type("root");
    EXPECT_EQ(hands.frame.rows, 5u);
    hands.press(U'q');
    EXPECT_EQ(hands.state.own().filter, "rootq") << "a letter like any other";
    hands.press(kKeyBackspace);
    hands.press(0xe4);
    hands.press(kKeyBackspace);
    EXPECT_EQ(hands.state.own().filter, "root");
    hands.press(kKeyEnter);
    EXPECT_TRUE(hands.shows("only /root"));
    hands.press(U'/');
    hands.type("xyz");
    hands.press(kKeyEscape);
    EXPECT_EQ(hands.state.own().filter, "root");
    hands.press(kKeyEscape);
    EXPECT_EQ(hands.frame.rows, 10u);
}

TEST(Control, KillAsksForTheSignalAndThenAgain) {
    Hands hands(testing::busy(1, 5));
    hands.press(kKeyDown);
    hands.press(U'k');
    EXPECT_TRUE(hands.shows("Signal to 1001"));
    hands.press(kKeyDown);
    hands.press(kKeyDown);
    EXPECT_FALSE(hands.press(kKeyEnter).kill);
    EXPECT_TRUE(hands.shows("SIGKILL to process 1001?"));
    EXPECT_FALSE(hands.press(U'n').kill);
    EXPECT_TRUE(hands.shows("nothing was sent"));
    hands.press(U'k');
    hands.press(kKeyEnter);
    const Action action = hands.press(U'y');
    ASSERT_TRUE(action.kill);
    EXPECT_EQ(action.kill->process.pid, 1001);
    EXPECT_EQ(action.kill->signal, SIGTERM);
    hands.press(kKeyEnd);
    hands.press(U'k');
    EXPECT_TRUE(hands.shows("the process is gone"));
    EXPECT_EQ(hands.state.mode, Mode::kNormal);
}

TEST(Control, NothingToKill) {
    Hands hands((api::Model()));
    hands.press(U'k');
    EXPECT_TRUE(hands.shows("no process is selected"));
    api::Model elsewhere = testing::busy(1, 1);
    elsewhere.processes[0].pid_visible = false;
    Hands others(elsewhere);
    others.press(U'k');
    EXPECT_TRUE(others.shows("in another pid namespace"));
}

TEST(Control, DeviceIsChosenAndDropped) {
    Hands hands(testing::busy(3, 3));
    hands.press(U'd');
    EXPECT_TRUE(hands.shows("all devices"));
    hands.press(kKeyDown);
    hands.press(kKeyDown);
    hands.press(kKeyEnter);
    EXPECT_TRUE(hands.shows("only Device 1"));
    EXPECT_FALSE(hands.shows("Device 0:"));
    hands.press(kKeyEscape);
    EXPECT_TRUE(hands.shows("Device 0:"));
    hands.press(U'2');
    hands.press(kKeyTab);
    EXPECT_TRUE(hands.shows("only Device 0"));
    hands.press(kKeyBackTab);
    hands.press(kKeyBackTab);
    EXPECT_TRUE(hands.shows("only Device 2"));
    hands.press(kKeyRight);
    EXPECT_FALSE(hands.shows("only"));
}

TEST(Control, IntervalStaysWithinItsBounds) {
    Hands hands(testing::busy(1, 1));
    hands.press(U'+');
    EXPECT_EQ(hands.state.interval_ms, 2000u);
    for (int i = 0; i < 30; ++i) {
        hands.press(U'-');
    }
    EXPECT_EQ(hands.state.interval_ms, kLeastInterval);
    for (int i = 0; i < 30; ++i) {
        hands.press(U'+');
    }
    EXPECT_EQ(hands.state.interval_ms, kMostInterval);
}

TEST(Control, TheMouseChooses) {
    Hands hands(testing::busy(1, 8));
    const auto [row, column] = hands.find("1003 root");
    hands.click(row, column);
    EXPECT_EQ(hands.state.process->pid, 1003);
    hands.click(row, column, Click::kWheelDown);
    EXPECT_EQ(hands.state.process->pid, 1004);
    const auto [heading, dram] = hands.find("DRAM     L1");
    (void)dram;
    const auto [line, peak] = hands.find("DRAM PEAK");
    hands.click(line, peak);
    EXPECT_EQ(hands.state.own().sort, 7u);
    EXPECT_FALSE(hands.state.own().reverse);
    hands.click(line, peak);
    EXPECT_TRUE(hands.state.own().reverse);
    (void)heading;
    EXPECT_TRUE(hands.click(0, hands.find("3 Telemetry").second).refresh);
    EXPECT_EQ(hands.state.view, View::kTelemetry);
    hands.click(0, 1);
    hands.click(hands.find("1003 root").first, 3, Click::kDouble);
    EXPECT_EQ(hands.state.view, View::kBuffers);
    EXPECT_EQ(hands.state.buffers_of->pid, 1003);
    EXPECT_FALSE(hands.click(29, 99).quit);
}

TEST(Control, PauseTreeHelpAndGround) {
    Hands hands(testing::busy(1, 8));
    hands.press(U'p');
    EXPECT_TRUE(hands.shows("PAUSED"));
    EXPECT_TRUE(hands.press(U'p').refresh);
    EXPECT_FALSE(hands.shows("PAUSED"));
    hands.press(U't');
    EXPECT_TRUE(hands.state.tree);
    EXPECT_TRUE(hands.shows("`-"));
    hands.press(U'b');
    EXPECT_EQ(hands.state.light, true);
    hands.press(kKeyF1);
    EXPECT_TRUE(hands.shows("this help") || hands.shows("devices and processes"));
    hands.press(kKeyEnd);
    EXPECT_TRUE(hands.shows("this help"));
    EXPECT_FALSE(hands.press(U'q').quit) << "closes the help";
    EXPECT_EQ(hands.state.mode, Mode::kNormal);
}

TEST(Settings, ComeBack) {
    State state;
    state.view = View::kBuffers;
    state.interval_ms = 250;
    state.tree = true;
    state.choices[0].sort = 4;
    state.choices[0].reverse = true;
    state.span = 2;
    state.light = true;
    State again;
    read_settings(write_settings(state), again);
    EXPECT_EQ(write_settings(again), write_settings(state));
    EXPECT_EQ(again.view, View::kMain) << "a monitor starts where devices and processes are, wherever it was left";
    EXPECT_EQ(again.interval_ms, 250u);
    EXPECT_EQ(again.light, true);
}

TEST(Settings, NonsenseIsLeftOut) {
    State state;
    read_settings(
        "interval_ms = 5\nview = 4\nview=\n = \nprocess_sort = 99\ntree = maybe\nchart_seconds = "
        "61\nx\ntree=yes\n\xff\xfe=1",
        state);
    EXPECT_EQ(state.interval_ms, 1000u);
    EXPECT_EQ(state.view, View::kMain);
    EXPECT_EQ(state.choices[0].sort, 0u);
    EXPECT_TRUE(state.tree);
    EXPECT_EQ(state.span, 0u);
}

TEST(Settings, FileIsReplacedAsAWhole) {
    char folder[] = "/tmp/ttmem-settings-XXXXXX";
    ASSERT_NE(mkdtemp(folder), nullptr);
    const std::string path = std::string(folder) + "/a/b/monitor.conf";
    State state;
    load_settings(path, state);
    state.interval_ms = 500;
    EXPECT_TRUE(save_settings(path, state));
    State again;
    load_settings(path, again);
    EXPECT_EQ(again.interval_ms, 500u);
    std::filesystem::remove_all(std::string(folder) + "/a/b");
    std::ofstream(std::string(folder) + "/a/b") << "a file where the folder should be";
    EXPECT_FALSE(save_settings(path, state));
    EXPECT_FALSE(save_settings("", state));
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace ttmem::monitor
