// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Tests of the text that `ttmem snapshot` prints.
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
            use.device = api::DeviceIndex(static_cast<size_t>(device));
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
