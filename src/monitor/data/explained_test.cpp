// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "monitor/data/explained.hpp"

#include <gtest/gtest.h>

#include <array>

#include "monitor/control.hpp"
#include "monitor/scene.hpp"
#include "monitor/testing/models.hpp"

namespace ttmem::monitor {
namespace {

constexpr size_t kWidth = 78;

// Two devices, two processes, and a refusal on each device.
api::Model refused_twice() {
    api::Model model = testing::busy(2, 2);
    model.buffers_listed = true;
    for (size_t i = 0; i < 2; ++i) {
        api::Failure& failure = model.failures.emplace_back();
        failure.process = api::ProcessIndex(i);
        failure.number = 7;
        failure.time_ns = model.time_ns - 10 + i;
        failure.kind = i == 0 ? api::MemoryKind::kDram : api::MemoryKind::kL1;
        failure.devices = {api::DeviceIndex(i)};
        failure.operation = i == 0 ? "ttnn.matmul" : "ttnn.softmax";
        failure.bytes_per_bank = 4096;
        failure.banks = 12;
        failure.limit_bytes = 1 << 20;
        failure.available_bytes = 1024;
        failure.largest_free_bytes_per_bank = 512;
    }
    return model;
}

// Explains a model as the monitor does, and counts how often it had to read.
struct Watched {
    explicit Watched(api::Model of) : model(std::move(of)) {}
    void update(uint64_t now_ns = 0, size_t width = kWidth) {
        explained.update(model, state, {width, false}, now_ns,
                         {[this](api::ProcessIndex process) { return std::optional(events[process]); },
                          [this] {
                              ++reads;
                              return std::make_shared<const api::Model>(model);
                          }});
    }
    bool says(const std::string& part) const {
        std::string all;
        for (const Line& line : explained.page().lines) {
            all += line.text() + "\n";
        }
        return all.find(part) != std::string::npos;
    }
    api::Model model;
    State state;
    Explained explained;
    std::array<uint64_t, 2> events{};  // by process
    size_t reads = 0;
};

TEST(Explained, IsMadeAgainOnlyWhenSomethingChanged) {
    Watched watched(refused_twice());
    constexpr uint64_t kLong = uint64_t{1} << 60;
    watched.update();
    EXPECT_TRUE(watched.says("L1 of device 1"));
    EXPECT_EQ(watched.explained.page().count, 2u);
    watched.model.time_ns += 1'000'000'000;
    watched.events[0] += 5;  // not the refused process
    watched.update(kLong);
    EXPECT_EQ(watched.reads, 1u);
    watched.events[1] += 1;
    watched.update(kLong);
    EXPECT_EQ(watched.reads, 2u) << "its process has allocated or freed something";
    watched.model.processes[1].state = api::ProcessState::kDied;
    watched.update(2 * kLong);
    EXPECT_EQ(watched.reads, 3u);
    EXPECT_TRUE(watched.says("which was killed"));
    watched.update(2 * kLong, kWidth + 40);
    EXPECT_EQ(watched.reads, 4u) << "lines are wrapped to the width";
}

TEST(Explained, RestsLongerThanItWorksButNotFromANewRefusal) {
    Watched watched(refused_twice());
    watched.update(0);
    watched.events[1] += 1;
    watched.update(0);
    EXPECT_EQ(watched.reads, 1u);
    api::Failure again = watched.model.failures[0];
    again.number = 8;
    again.operation = "ttnn.linear";
    watched.model.failures.push_back(again);
    watched.update(0);
    EXPECT_EQ(watched.reads, 2u);
    EXPECT_TRUE(watched.says("DRAM of device 0")) << "the latest is shown";
    EXPECT_TRUE(watched.says("1 more refusal of this process"));
}

TEST(Explained, AChosenRefusalStaysWhileOthersCome) {
    Watched watched(refused_twice());
    watched.state.view = View::kWhy;
    Scene scene;
    scene.model = &watched.model;
    scene.state = &watched.state;
    const Frame frame = layout(scene, {80, 24});
    press(watched.state, kKeyLeft, scene, frame);
    watched.update();
    EXPECT_TRUE(watched.says("DRAM of device 0"));
    EXPECT_EQ(watched.explained.page().place, 1u);
    press(watched.state, kKeyLeft, scene, frame);  // there is none before
    watched.model.failures.push_back(watched.model.failures[1]);
    watched.model.failures.back().number = 9;
    watched.update();
    EXPECT_TRUE(watched.says("DRAM of device 0"));
    EXPECT_EQ(watched.explained.page().place, 2u);
    press(watched.state, kKeyRight, scene, frame);
    press(watched.state, kKeyRight, scene, frame);
    EXPECT_FALSE(watched.state.refusal) << "from here on the latest, whichever it is";
    watched.update();
    EXPECT_EQ(watched.explained.page().place, 0u);
}

TEST(Explained, KeepsToTheChosenDevice) {
    Watched watched(refused_twice());
    watched.state.device = key_of(watched.model.devices[0]);
    watched.update();
    EXPECT_EQ(watched.explained.page().count, 1u);
    EXPECT_TRUE(watched.says("DRAM of device 0"));
    watched.model.failures.clear();
    watched.model.devices[0].memory[api::MemoryKind::kDram].allocated_bytes = 0;
    watched.update();
    EXPECT_EQ(watched.explained.page().count, 0u);
    EXPECT_TRUE(watched.says("Nothing was refused. Fullest is"));
    EXPECT_TRUE(watched.says("of device 0")) << "though device 1 is fuller";
    watched.state.device = "one that is gone";
    watched.update();
    EXPECT_TRUE(watched.says("Nothing was refused"));
}

// With peaks that were made up: those of ledgers are shown in tests/e2e/test_monitor.py.
TEST(Explained, PShowsThePeaksAndTheRefusalsAgain) {
    Watched watched(refused_twice());
    watched.state.view = View::kWhy;
    watched.state.own().position = 3;
    Scene scene;
    scene.model = &watched.model;
    scene.state = &watched.state;
    const Frame frame = layout(scene, {80, 24});
    watched.update();
    EXPECT_FALSE(watched.explained.page().of_peaks);
    press(watched.state, U'P', scene, frame);
    EXPECT_EQ(watched.state.own().position, 0u);
    watched.update();
    EXPECT_TRUE(watched.explained.page().of_peaks);
    EXPECT_EQ(watched.explained.page().count, 0u);
    EXPECT_TRUE(watched.says("A peak has a picture once memory is freed"));
    EXPECT_EQ(watched.reads, 2u);
    watched.update();
    EXPECT_EQ(watched.reads, 2u);
    watched.events[0] += 5;
    watched.update(uint64_t{1} << 60);
    EXPECT_EQ(watched.reads, 3u) << "any process may have a new peak";

    ExplainedPage page;
    page.of_peaks = true;
    page.peaks = {{key_of(watched.model.processes[1]), api::MemoryKind::kL1},
                  {key_of(watched.model.processes[1]), api::MemoryKind::kDram},
                  {key_of(watched.model.processes[0]), api::MemoryKind::kDram}};
    scene.explained = &page;
    const auto chosen = [&] { return chosen_peak(page.peaks, watched.state); };
    press(watched.state, kKeyLeft, scene, frame);
    EXPECT_EQ(chosen(), 0u);
    press(watched.state, kKeyRight, scene, frame);
    press(watched.state, kKeyRight, scene, frame);
    press(watched.state, kKeyRight, scene, frame);
    EXPECT_EQ(chosen(), 2u);
    EXPECT_EQ(watched.state.peak, page.peaks[2]);
    press(watched.state, kKeyLeft, scene, frame);
    EXPECT_EQ(chosen(), 1u);
    page.peaks.erase(page.peaks.begin() + 1);
    EXPECT_EQ(chosen(), 0u) << "the chosen one is gone";

    press(watched.state, U'P', scene, frame);
    watched.update(uint64_t{2} << 60);
    EXPECT_FALSE(watched.explained.page().of_peaks);
    EXPECT_TRUE(watched.says("L1 of device 1"));
    watched.state.replay = true;
    press(watched.state, U'P', scene, frame);
    EXPECT_FALSE(watched.state.peaks);
    EXPECT_NE(watched.state.message.find("< and >"), std::string::npos);
    watched.state.replay = false;
    watched.state.view = View::kBuffers;
    press(watched.state, U'P', scene, frame);
    EXPECT_FALSE(watched.state.peaks) << "a key of view 7";
}

}  // namespace
}  // namespace ttmem::monitor
