// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Tests of the data that charts, events and lists draw.
#include <gtest/gtest.h>

#include <cmath>

#include "monitor/data/event_log.hpp"
#include "monitor/data/past.hpp"
#include "monitor/data/samples.hpp"
#include "monitor/scene.hpp"
#include "monitor/testing/models.hpp"
#include "monitor/views/chart.hpp"

namespace ttmem::monitor {
namespace {

using api::MemoryKind;

constexpr uint64_t kSecond = 1'000'000'000;

std::string plot(size_t height, size_t width, const std::vector<Curve>& curves, Strokes strokes) {
    Grid grid(height, width);
    draw_curves(Canvas(grid, strokes == Strokes::kAscii), curves, strokes);
    EXPECT_EQ(grid.overlaps(), 0u);
    return grid.text();
}

TEST(Chart, Filled) {
    const Curve curve{{0, 0.25f, 0.5f, 1.0f, NAN, NAN, 2.0f, -1.0f}, Style::kDram, true};
    EXPECT_EQ(plot(1, 4, {curve}, Strokes::kBraille), "\u2880\u28fc \u2847\n");
    EXPECT_EQ(plot(2, 4, {curve}, Strokes::kBlocks), " \u2588 \u2588\n\u2584\u2588 \u2588\n");
    EXPECT_EQ(plot(2, 4, {curve}, Strokes::kAscii), " # #\n## #\n") << "half a cell rounds up";
    EXPECT_EQ(plot(1, 1, {{{0.001f, 0.001f}, Style::kDram, true}}, Strokes::kBraille), "\u28c0\n")
        << "a little is not nothing";
}

TEST(Chart, LineOnTop) {
    const Curve fill{{1, 1, 1, 1}, Style::kDram, true};
    const Curve line{{0, 0, 1, 1}, Style::kL1, false};
    EXPECT_EQ(plot(1, 2, {line}, Strokes::kBraille), "\u28c0\u280f\n") << "a line that rises joins its ends";
    EXPECT_EQ(plot(2, 2, {fill, line}, Strokes::kAscii), "#*\n*#\n");
    EXPECT_EQ(plot(1, 2, {fill, line}, Strokes::kBraille), plot(1, 2, {line}, Strokes::kBraille))
        << "among the dots of a fill a line could not be told apart";
    EXPECT_EQ(plot(1, 2, {fill, {{NAN, NAN, 1, 1}, Style::kL1, false}}, Strokes::kBraille), "\u28ff\u2809\n");
}

api::Model at(uint64_t time_ns, double dram_share) {
    api::Model model = testing::busy(1, 1);
    model.time_ns = time_ns;
    api::MemoryUse& dram = model.devices[0].memory[MemoryKind::kDram];
    dram.allocated_bytes = static_cast<uint64_t>(dram_share * static_cast<double>(*dram.capacity_bytes));
    return model;
}

TEST(Samples, SecondsMinutesAndHours) {
    Samples samples;
    const uint64_t begin = 1'700'000'000 * kSecond;
    for (uint64_t second = 0; second <= 3600; ++second) {
        samples.add(at(begin + second * kSecond, second < 3570 ? 0.25 : 0.5));
    }
    const std::string key = key_of(testing::busy(1, 1).devices[0]);
    const std::vector<float> minute = samples.series(key, Metric::kDram, samples.latest_ns(), 60, 120);
    EXPECT_NEAR(minute[0], 0.25, 1e-4);
    EXPECT_NEAR(minute[40], 0.25, 1e-4);
    EXPECT_NEAR(minute[80], 0.5, 1e-4);
    EXPECT_NEAR(minute[119], 0.5, 1e-4);
    const std::vector<float> hour = samples.series(key, Metric::kDram, samples.latest_ns(), 3600, 100);
    EXPECT_NEAR(hour[1], 0.25, 1e-4);
    EXPECT_NEAR(hour[99], 0.5, 1e-4);
    const std::vector<float> day = samples.series(key, Metric::kDram, samples.latest_ns(), 86'400, 240);
    EXPECT_TRUE(std::isnan(day[0])) << "nobody looked";
    EXPECT_NEAR(day[239], 0.5, 1e-4);
    EXPECT_NEAR(samples.series(key, Metric::kTemperature, samples.latest_ns(), 60, 10)[9], 40, 0.1);
    EXPECT_TRUE(std::isnan(samples.series("nobody", Metric::kDram, samples.latest_ns(), 60, 10)[9]));
}

TEST(Samples, UnknownLeavesAGap) {
    Samples samples;
    const uint64_t begin = 1'700'000'000 * kSecond;
    for (uint64_t second = 0; second < 60; ++second) {
        api::Model model = at(begin + second * kSecond, 0.5);
        if (second >= 20 && second < 40) {
            model.devices[0].memory[MemoryKind::kDram].allocated_bytes.reset();
        }
        samples.add(model);
    }
    const std::string key = key_of(testing::busy(1, 1).devices[0]);
    const std::vector<float> values = samples.series(key, Metric::kDram, samples.latest_ns(), 60, 60);
    EXPECT_FALSE(std::isnan(values[10]));
    EXPECT_TRUE(std::isnan(values[30]));
    EXPECT_FALSE(std::isnan(values[50]));
}

TEST(Samples, HistoryFillsInWhatWasBefore) {
    Samples samples;
    const uint64_t now = 1'700'000'000 * kSecond;
    const api::Model model = at(now, 0.5);
    samples.add(model);
    history::Answer past;
    past.devices.emplace_back();
    past.devices[0].id = 0;
    past.devices[0].arch = "wormhole_b0";
    past.devices[0].pci = *model.devices[0].pci;
    history::Series& series = past.series.emplace_back();
    for (uint64_t second = 60; second > 0; --second) {
        history::Point& point = series.points.emplace_back();
        point.time_ns = now - second * kSecond;
        point.bytes[MemoryKind::kDram] = *model.devices[0].memory[MemoryKind::kDram].capacity_bytes / 4;
    }
    add_past(past, model, samples);
    const std::vector<float> values = samples.series(key_of(model.devices[0]), Metric::kDram, now, 60, 60);
    EXPECT_NEAR(values[5], 0.25, 1e-4);
    EXPECT_NEAR(values[59], 0.5, 1e-4);
    history::CardSeries& card = past.cards.emplace_back();
    card.readings.push_back({now - 20 * kSecond, 40, std::nullopt, 20, 45, std::nullopt, 25});
    add_past(past, model, samples);
    const auto at_20 = [&](Metric metric) { return samples.series(key_of(model.devices[0]), metric, now, 60, 60)[40]; };
    EXPECT_NEAR(at_20(Metric::kTemperature), 45, 0.1);
    EXPECT_NEAR(at_20(Metric::kPower), 25, 0.1);
    EXPECT_TRUE(std::isnan(at_20(Metric::kClock))) << "the card did not say";
    past.devices[0].mock = true;
    Samples others;
    others.add(model);
    add_past(past, model, others);
    EXPECT_TRUE(std::isnan(others.series(key_of(model.devices[0]), Metric::kDram, now, 60, 60)[5])) << "another device";
}

TEST(Samples, ShortIntervalsShowTheCoarserPastBeforeThem) {
    Samples samples;
    const uint64_t now = 1'700'000'000 * kSecond;
    for (uint64_t tenth = 20; tenth > 0; --tenth) {
        samples.add(at(now - tenth * kSecond / 10, 0.5));
    }
    samples.add(at(now, 0.5));
    const std::string key = key_of(testing::busy(1, 1).devices[0]);
    for (uint64_t second = 30; second > 20; --second) {
        samples.add_past(key, Metric::kDram, now - second * kSecond, 0.25);
    }
    const std::vector<float> values = samples.series(key, Metric::kDram, now, 60, 60);
    EXPECT_TRUE(std::isnan(values[10]));
    EXPECT_NEAR(values[35], 0.25, 1e-4);
    EXPECT_TRUE(std::isnan(values[50]));
    EXPECT_NEAR(values[59], 0.5, 1e-4);
}

TEST(EventLog, NewestFirstWithDeathsAndFailures) {
    api::Model model = testing::busy(1, 2);
    EventLog log;
    log.add(model, true);
    EXPECT_EQ(log.size(), 0u) << "who was there before did not start";
    for (const uint64_t time : {5, 6}) {
        api::Event event;
        event.time_ns = time;
        event.kind = MemoryKind::kL1;
        event.bytes = 4096;
        event.devices = {0};
        model.events.push_back(event);
    }
    model.events[1].type = api::EventType::kFree;
    api::Failure failure;
    failure.time_ns = 7;
    failure.banks = 12;
    failure.bytes_per_bank = 1 << 20;
    model.failures.push_back(failure);
    log.add(model, true);
    ASSERT_EQ(log.size(), 3u);
    EXPECT_EQ(log.at(0).what, Happened::kFail);
    EXPECT_EQ(log.text(log.at(0).text), "wanted 1.0 MiB in each of 12 banks, largest free -");
    EXPECT_EQ(log.at(1).what, Happened::kFree);
    EXPECT_EQ(log.at(2).what, Happened::kAllocate);
    model.events.clear();
    model.processes[0].state = api::ProcessState::kDied;
    model.time_ns += kSecond;
    log.add(model, true);
    ASSERT_EQ(log.size(), 4u) << "a failure is told once";
    EXPECT_EQ(log.at(0).what, Happened::kDeath);
    for (size_t i = 0; i < 20'000; ++i) {
        model.events.emplace_back();
    }
    log.add(model, true);
    EXPECT_EQ(log.size(), EventLog::kMost);
}

TEST(TelemetryView, StatesAreToldApart) {
    api::Model model = testing::busy(1, 0);
    auto& sensors = model.devices[0].telemetry->sensors;
    sensors[0].state = "stale";
    sensors[0].age_ns = 12 * kSecond;
    sensors[1].state = "implausible";
    sensors[1].value.reset();
    sensors[2].state = "unknown";
    sensors[2].value.reset();
    State state;
    state.view = View::kTelemetry;
    Scene scene;
    scene.model = &model;
    scene.state = &state;
    scene.look.ascii = true;
    const std::string text = layout(scene, {100, 30}).grid.text();
    EXPECT_NE(text.find("asic_temperature                40 C        90 C        35 C        45 C 12 s old"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("power                              -       150 W        15 W        25 W implausible"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("ai_clock                           -           -     495 MHz     505 MHz unknown"),
              std::string::npos)
        << text;
}

// The rest is read less often.
TEST(TelemetryView, TellsWhichCardsAreInSight) {
    api::Model model = testing::busy(6, 1);
    for (api::DeviceIndex i{0}; i < model.devices.size(); ++i) {
        model.devices[i].mock = false;
        model.devices[i].kmd_index = static_cast<int>(i) + 10;
        model.devices[i].telemetry->sensors.resize(20, testing::sensor("fan", "RPM", 1));
    }
    State state;
    Scene scene;
    scene.model = &model;
    scene.state = &state;
    EXPECT_TRUE(layout(scene, {80, 30}).cards.empty());
    state.view = View::kTelemetry;
    EXPECT_EQ(layout(scene, {80, 30}).cards, (std::vector<int>{10, 11}));
    state.own().position = 30;
    EXPECT_EQ(layout(scene, {80, 30}).cards, (std::vector<int>{11, 12}));
    EXPECT_EQ(layout(scene, {200, 60}).cards.size(), 6u);
    state.view = View::kCharts;
    EXPECT_TRUE(layout(scene, {80, 30}).cards.empty());
}

}  // namespace
}  // namespace ttmem::monitor
