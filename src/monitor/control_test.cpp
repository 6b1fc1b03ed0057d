// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "monitor/control.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "monitor/data/buffer_list.hpp"
#include "monitor/settings.hpp"
#include "monitor/testing/models.hpp"

namespace ttmem::monitor {
namespace {

// The buffers of a model in the order of the model.
class ListedRows final : public BufferRows {
public:
    explicit ListedRows(const api::Model& model) : model_(model) {}
    size_t size() const override { return model_.buffers.size(); }
    inventory::BufferRow at(size_t i) const override { return inventory::row_of(model_, model_.buffers[i]); }
    std::vector<api::DeviceIndex> devices(size_t i) const override { return model_.buffers[i].devices; }
    uint64_t bytes() const override { return 0; }
    const std::vector<BufferGroup>& groups() const override { return groups_; }
    std::string_view text(size_t i, RowText which) const override { return texts_.text(at(i), which); }
    std::optional<inventory::BufferDetail> open() const override {
        return opened ? std::optional(inventory::detail_of(model_, model_.buffers[*opened])) : std::nullopt;
    }
    std::optional<size_t> opened;

private:
    const api::Model& model_;
    std::vector<BufferGroup> groups_;
    mutable RowTexts texts_;
};

// A monitor without a terminal.
class Hands {
    api::Model model_;

public:
    explicit Hands(api::Model model) : model_(std::move(model)), rows(model_) { look(); }

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
    ListedRows rows;

private:
    Scene scene() {
        Scene made;
        made.model = &model_;
        made.state = &state;
        made.look.ascii = true;
        made.buffers = &rows;
        return made;
    }
    void look() { frame = layout(scene(), {100, 30}); }
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

TEST(Keys, OfARecordingDoNothingWithoutOne) {
    Hands hands(testing::busy(1, 2));
    for (const KeyRow& row : key_table()) {
        if (row.replay) {
            const Action action = hands.press(row.keys[0]);
            EXPECT_FALSE(action.move || action.refresh || action.quit) << row.name;
            EXPECT_EQ(hands.state.mode, Mode::kNormal) << row.name;
        }
    }
}

TEST(Keys, OfARecordingMoveInIt) {
    Hands hands(testing::busy(1, 2));
    hands.state.replay = true;
    for (const auto& [key, command] : {std::pair{U',', Command::kEventBack},
                                       {U'.', Command::kEventOn},
                                       {U'<', Command::kNoteBack},
                                       {U'>', Command::kNoteOn},
                                       {U'[', Command::kTimeBack},
                                       {U']', Command::kTimeOn}}) {
        hands.state.paused = false;
        const Action action = hands.press(key);
        ASSERT_TRUE(action.move);
        EXPECT_EQ(action.move->command, command);
        EXPECT_TRUE(hands.state.paused) << "it stays where it went";
    }
    hands.press(U'T');
    for (const Key key : {U's', U't', U'e', U'p', U':', U'9', Key(kKeyBackspace), U'2'}) {
        EXPECT_FALSE(hands.press(key).move);
    }
    const Action there = hands.press(kKeyEnter);
    ASSERT_TRUE(there.move);
    EXPECT_EQ(there.move->moment, "step:2");
    EXPECT_EQ(hands.state.mode, Mode::kNormal);
    hands.press(U'T');
    EXPECT_FALSE(hands.press(kKeyEscape).move);
    hands.press(U'k');
    EXPECT_TRUE(hands.state.message_is_error) << "no process of it gets a signal";
}

api::Model with_buffers() {
    api::Model model = testing::busy(1, 2);
    for (uint64_t id = 1; id <= 3; ++id) {
        api::Buffer& buffer = model.buffers.emplace_back();
        buffer.process = 1;
        buffer.id = id;
        buffer.devices = {0};
        buffer.allocated_at_ns = 100 + id;
    }
    model.buffers[1].label = "layers.0.wq";
    return model;
}

TEST(Control, EnterOpensTheSelectedBufferAndEscGoesBackToIt) {
    Hands hands(with_buffers());
    hands.press(U'4');
    hands.press(kKeyDown);
    hands.press(kKeyEnter);
    ASSERT_TRUE(hands.state.open_buffer);
    EXPECT_EQ(hands.state.open_buffer->id, 2u);
    EXPECT_EQ(hands.state.open_buffer->allocated_at_ns, 102u);
    EXPECT_TRUE(hands.shows("it is gone")) << "nothing answers for it yet";
    hands.rows.opened = 1;
    hands.press(kKeyDown);  // moves its text, not the selection below
    EXPECT_TRUE(hands.shows("layers.0.wq"));
    EXPECT_TRUE(hands.shows("Buffer 2 of process 1001"));
    hands.press(U'k');
    EXPECT_EQ(hands.state.target.pid, 1001);
    hands.press(kKeyEscape);
    hands.press(kKeyEscape);
    EXPECT_FALSE(hands.state.open_buffer);
    EXPECT_EQ(hands.state.own().position, 1u);
}

TEST(Control, GroupsGoRoundAndCloseWhatIsOpen) {
    Hands hands(with_buffers());
    hands.press(U'4');
    hands.press(kKeyEnter);
    ASSERT_TRUE(hands.state.open_buffer);
    for (const char* word :
         {"by size", "by operation", "by line", "by function", "by module", "by scope", "by tensor"}) {
        hands.press(U'g');
        EXPECT_TRUE(hands.shows(word)) << word;
        EXPECT_FALSE(hands.state.open_buffer);
    }
    hands.press(U'g');
    EXPECT_EQ(hands.state.groups, BufferGroups::kNone);
}

TEST(RowTexts, AreOfEachOriginAndTensorAndStayApart) {
    api::Model model;
    model.contexts.push_back({0, "", "ttnn.add", {{"/a/b/model.py", "forward", 42, ""}}, false});
    model.contexts.push_back({0, "decoder", "ttnn.add", {}, false});
    model.tensors.push_back({0, {32, 64}, {}, "bfloat16", "tile", "", {}, "", {}, {}});
    model.buffers.resize(4);
    model.buffers[0].context = api::ContextIndex(1);
    model.buffers[0].region = "decoder/ttnn.add";
    model.buffers[1].context = api::ContextIndex(0);
    model.buffers[1].tensor = api::TensorIndex(0);
    model.buffers[1].label = "wq";
    model.buffers[2].tensor = api::TensorIndex(0);
    model.buffers[3].requested_bytes = 96;
    RowTexts texts;
    const auto text = [&](size_t i, RowText which) {
        return texts.text(inventory::row_of(model, model.buffers[i]), which);
    };
    for (int again = 0; again < 2; ++again) {
        EXPECT_EQ(text(0, RowText::kOrigin), "decoder/ttnn.add");
        EXPECT_EQ(text(1, RowText::kOrigin), "ttnn.add");
        EXPECT_EQ(text(1, RowText::kLine), "b/model.py:42");
        EXPECT_EQ(text(1, RowText::kFullLine), "/a/b/model.py:42");
        EXPECT_EQ(text(0, RowText::kScope), "decoder");
        EXPECT_EQ(text(1, RowText::kScope), "");
        EXPECT_EQ(text(1, RowText::kTensor), "wq: 32x64 bfloat16 tile");
        EXPECT_EQ(text(2, RowText::kTensor), "32x64 bfloat16 tile");
        EXPECT_EQ(text(3, RowText::kTensor), "");
        EXPECT_EQ(text(3, RowText::kTensorGroup), "96 bytes");
        EXPECT_EQ(text(0, RowText::kTensorGroup), "0 bytes");
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
