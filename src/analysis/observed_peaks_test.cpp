// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/observed_peaks.hpp"

#include <gtest/gtest.h>

#include <random>

namespace ttmem::inventory {
namespace {

using api::EventType;
using api::MemoryKind;

// A process on one device, and its events since the picture before.
struct Picture {
    api::Model model;

    explicit Picture(uint64_t dram) {
        model.devices.resize(1);
        model.devices[0].id = 0;
        api::Process& process = model.processes.emplace_back();
        process.pid = 7;
        process.ledger = "/dev/shm/7.ledger";
        process.devices.emplace_back().bytes[MemoryKind::kDram] = dram;
    }
    Picture& happened(EventType type, uint64_t bytes) {
        api::Event& event = model.events.emplace_back();
        event.type = type;
        event.kind = MemoryKind::kDram;
        event.bytes = bytes;
        event.devices = {0};
        return *this;
    }
};

ObservedPeak dram(const ObservedPeaks& peaks, const Picture& last) {
    return peaks.of(last.model, 0, 0, MemoryKind::kDram).value();
}

TEST(ObservedPeaks, BetweenTwoPicturesCountToo) {
    ObservedPeaks peaks;
    // Older than the time of observation.
    peaks.add(Picture(100).happened(EventType::kAllocate, 5000).model);
    const Picture last = Picture(120)
                             .happened(EventType::kAllocate, 900)
                             .happened(EventType::kFree, 950)
                             .happened(EventType::kAllocate, 70);
    peaks.add(last.model);
    EXPECT_EQ(dram(peaks, last).bytes, 1000u);
    EXPECT_TRUE(dram(peaks, last).exact);
    EXPECT_EQ(peaks.of(last.model, 0, 0, MemoryKind::kL1), std::nullopt) << "its bytes were not known";
}

TEST(ObservedPeaks, MissedEventsMakeALowerBound) {
    ObservedPeaks peaks;
    peaks.add(Picture(100).model);
    Picture last = Picture(300).happened(EventType::kAllocate, 50);
    last.model.events_missed = 3;
    peaks.add(last.model);
    EXPECT_EQ(dram(peaks, last).bytes, 300u);
    EXPECT_FALSE(dram(peaks, last).exact);
    const Picture later = Picture(200).happened(EventType::kFree, 100);
    peaks.add(later.model);
    EXPECT_FALSE(dram(peaks, later).exact) << "for good";
}

TEST(ObservedPeaks, FiguresThatEventsDoNotExplainMakeALowerBound) {
    ObservedPeaks peaks;
    peaks.add(Picture(100).model);
    const Picture last = Picture(150).happened(EventType::kAllocate, 10);
    peaks.add(last.model);
    EXPECT_FALSE(dram(peaks, last).exact);
    EXPECT_EQ(dram(peaks, last).bytes, 150u);
}

TEST(ObservedPeaks, BeginAgain) {
    ObservedPeaks peaks;
    peaks.add(Picture(1000).model);
    peaks.restart();
    peaks.add(Picture(10).happened(EventType::kFree, 990).model);
    const Picture last(10);
    peaks.add(last.model);
    EXPECT_EQ(dram(peaks, last).bytes, 10u);
    EXPECT_TRUE(dram(peaks, last).exact);
}

TEST(ObservedPeaks, AProcessThatCameMeanwhileIsExactFromItsFirstEvent) {
    ObservedPeaks peaks;
    Picture none(0);
    none.model.processes.clear();
    peaks.add(none.model);
    const Picture last = Picture(20).happened(EventType::kAllocate, 90).happened(EventType::kFree, 70);
    peaks.add(last.model);
    EXPECT_EQ(dram(peaks, last).bytes, 90u);
    EXPECT_TRUE(dram(peaks, last).exact);
}

TEST(ObservedPeaks, AgainstOneWhoSawEveryEvent) {
    std::mt19937 random(3);
    for (int round = 0; round < 50; ++round) {
        ObservedPeaks peaks;
        uint64_t held = random() % 100;
        uint64_t most = held;
        peaks.add(Picture(held).model);
        Picture last(held);
        for (int look = 0; look < 10; ++look) {
            Picture picture(0);
            for (uint32_t i = random() % 6; i > 0; --i) {
                const uint64_t bytes = 1 + random() % 50;
                const bool comes = held < bytes || random() % 2 == 0;
                picture.happened(comes ? EventType::kAllocate : EventType::kFree, bytes);
                held = comes ? held + bytes : held - bytes;
                most = std::max(most, held);
            }
            picture.model.processes[0].devices[0].bytes[MemoryKind::kDram] = held;
            peaks.add(picture.model);
            last = picture;
        }
        ASSERT_EQ(dram(peaks, last).bytes, most);
        ASSERT_TRUE(dram(peaks, last).exact);
    }
}

}  // namespace
}  // namespace ttmem::inventory
