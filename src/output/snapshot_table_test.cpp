// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// What stands on the screen, at many sizes.
#include <gtest/gtest.h>

#include <algorithm>

#include "output/lines.hpp"
#include "output/text.hpp"

namespace ttmem::monitor {
namespace {

using api::MemoryKind;

api::Model busy(int devices, int processes) {
    api::Model model;
    model.time_ns = 1'700'000'000'000'000'000;
    for (int i = 0; i < devices; ++i) {
        api::Device device;
        device.id = i;
        device.arch = "wormhole_b0";
        device.board = "n150";
        device.mock = true;
        device.live_processes = 1;
        device.memory[MemoryKind::kDram].physical_bytes = 12ull << 30;
        device.memory[MemoryKind::kDram].capacity_bytes = 12ull * 1072693184;
        device.memory[MemoryKind::kDram].allocated_bytes = 6ull * 1072693184;
        device.memory[MemoryKind::kL1].physical_bytes = 80ull * 1499136;
        device.memory[MemoryKind::kL1].capacity_bytes = 64ull * 1393312;
        device.memory[MemoryKind::kL1].allocated_bytes = 1 << 20;
        device.circular_buffers.current_bytes = 1 << 20;
        model.devices.push_back(device);
    }
    for (int i = 0; i < processes; ++i) {
        api::Process process;
        process.pid = 1000 + i;
        process.user = "someone-with-a-long-name";
        process.command = "python3 \x1b[31m train.py --\xe6\xbc\xa2\xe5\xad\x97 " + std::string(300, 'x');
        process.state = i % 5 == 4 ? api::ProcessState::kDied : api::ProcessState::kLive;
        for (int device = 0; device < devices; ++device) {
            api::ProcessDevice use;
            use.device = static_cast<size_t>(device);
            use.bytes[MemoryKind::kDram] = 1 << 30;
            use.bytes[MemoryKind::kL1] = 1 << 20;
            process.devices.push_back(use);
        }
        model.processes.push_back(process);
    }
    return model;
}

std::vector<std::string> texts(const Lines& lines) {
    std::vector<std::string> all;
    for (const Line& line : lines) {
        all.push_back(line.text());
    }
    return all;
}

bool has(const Lines& lines, const std::string& what) {
    const std::vector<std::string> all = texts(lines);
    return std::any_of(all.begin(), all.end(),
                       [&](const std::string& text) { return text.find(what) != std::string::npos; });
}

TEST(MainView, OneDeviceOneProcess) {
    const std::vector<std::string> all = texts(main_view(busy(1, 1), {100, 0}));
    ASSERT_EQ(all.size(), 9u);
    EXPECT_EQ(all[0], "Device 0: Wormhole (12GB DRAM, 114MB L1) n150 (mock)");
    EXPECT_EQ(all[1], "  DRAM       6.0 GiB / 12.0 GiB   [###################-------------------]  50.0%");
    EXPECT_EQ(all[2], "  L1         2.0 MiB / 85.0 MiB   [#-------------------------------------]   2.4%");
    EXPECT_EQ(all[3], "    Buffers  1.0 MiB");
    EXPECT_EQ(all[4], "    CBs      1.0 MiB");
    EXPECT_EQ(all[5], "    Kernels        -") << "unknown is not 0";
    EXPECT_EQ(all[6], "");
    EXPECT_EQ(all[7].substr(0, 40), "     PID USER       DEVICE        DRAM  ");
    EXPECT_NE(all[8].find("1000 someone-w~ 0          1.0 GiB    1.0 MiB          -"), std::string::npos) << all[8];
}

TEST(MainView, NoLineIsWiderThanTheScreenAndNoControlCodeGetsThrough) {
    const api::Model model = busy(3, 7);
    for (size_t width = 1; width <= 250; width += width < 100 ? 1 : 7) {
        for (const std::string& text : texts(main_view(model, {width, 0}))) {
            ASSERT_LE(columns(text), width) << text;
            ASSERT_EQ(text.find('\x1b'), std::string::npos);
        }
    }
}

TEST(MainView, WhatDoesNotFitIsCounted) {
    const api::Model model = busy(32, 50);
    const size_t all = main_view(model, {80, 0}).size();
    for (size_t height = 1; height <= all + 5; ++height) {
        const Lines lines = main_view(model, {80, height});
        ASSERT_EQ(lines.size(), std::min(height, all));
        if (height < all) {
            ASSERT_NE(lines.back().text().find("... " + std::to_string(all - height + 1) + " more lines"),
                      std::string::npos);
        }
    }
}

TEST(MainView, DeadProcessesAreFew) {
    const Lines lines = main_view(busy(1, 100), {120, 0});
    EXPECT_TRUE(has(lines, "and 15 more that are gone"));
    EXPECT_EQ(lines.size(), 8u + 80 + 5 + 1);
}

TEST(MainView, MockDeviceThatNobodyHasOpenIsNotShown) {
    api::Model model = busy(2, 0);
    model.devices[0].live_processes = 0;
    EXPECT_FALSE(has(main_view(model, {80, 0}), "Device 0"));
    EXPECT_TRUE(has(main_view(model, {80, 0}), "Device 1"));
    model.devices[0].mock = false;
    EXPECT_TRUE(has(main_view(model, {80, 0}), "Device 0")) << "a card is there whoever uses it";
}

TEST(MainView, DevicesOfAMeshAreOneLineAProcess) {
    api::Model model = busy(8, 1);
    model.processes[0].devices.erase(model.processes[0].devices.begin() + 4);
    const Lines lines = main_view(model, {120, 0});
    EXPECT_TRUE(has(lines, "someone-w~ 0-3,5-7    7.0 GiB    7.0 MiB")) << lines.back().text();
}

TEST(MainView, NothingThere) {
    api::Model model;
    model.notices = {"ledgers are looked for in /x: No such file or directory"};
    const Lines lines = main_view(model, {80, 0});
    EXPECT_TRUE(has(lines, "No device is in use"));
    EXPECT_TRUE(has(lines, "ttmem run"));
    EXPECT_TRUE(has(lines, "/x"));
}

TEST(SnapshotTable, ExactFiguresOfEveryKind) {
    api::Model model = busy(1, 5);
    model.buffers_listed = true;
    api::Buffer buffer;
    buffer.address = 0x100040;
    buffer.allocated_bytes = 49152;
    buffer.devices = {0};
    buffer.region = "decoder/attention";
    model.buffers.push_back(buffer);
    const Lines lines = snapshot_table(model);
    EXPECT_TRUE(has(lines, "decoder/attention"));
    EXPECT_TRUE(has(lines, "6436159104 (6.0 GiB)"));
    for (const char* kind : {"dram", "l1 ", "l1_small", "trace"}) {
        EXPECT_TRUE(has(lines, kind)) << kind;
    }
    EXPECT_TRUE(has(lines, "died"));
    EXPECT_TRUE(has(lines, "0x100040"));
    EXPECT_TRUE(has(lines, "49152"));
    for (const std::string& text : texts(lines)) {
        EXPECT_EQ(text.find('\x1b'), std::string::npos);
    }
    model.buffers_listed = false;
    EXPECT_FALSE(has(snapshot_table(model), "0x100040"));
}

}  // namespace
}  // namespace ttmem::monitor
