// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/text.hpp"

#include <gtest/gtest.h>

namespace ttmem::monitor {
namespace {

TEST(Text, Bytes) {
    EXPECT_EQ(human_bytes(std::nullopt), "-");
    EXPECT_EQ(human_bytes(0), "0 B");
    EXPECT_EQ(human_bytes(1023), "1023 B");
    EXPECT_EQ(human_bytes(1024), "1.0 KiB");
    EXPECT_EQ(human_bytes((1u << 20) - 1), "1.0 MiB") << "never 1024.0 KiB";
    EXPECT_EQ(human_bytes(34225520640), "31.9 GiB");
    EXPECT_EQ(human_bytes(~uint64_t{0}), "16.0 EiB");
    EXPECT_EQ(exact_bytes(2113536), "2113536 (2.0 MiB)");
    EXPECT_EQ(exact_bytes(12), "12");
}

TEST(Text, PercentAndBar) {
    EXPECT_EQ(percent(1, 8), "12.5%");
    EXPECT_EQ(percent(std::nullopt, 8), "-");
    EXPECT_EQ(percent(1, 0), "-");
    EXPECT_EQ(bar(0, 8, 10), "[--------]");
    EXPECT_EQ(bar(4, 8, 10), "[####----]");
    EXPECT_EQ(bar(8, 8, 10), "[########]");
    EXPECT_EQ(bar(9, 8, 10), "[########]");
    EXPECT_EQ(bar(1, 1'000'000, 10), "[#-------]") << "a little is not nothing";
    EXPECT_EQ(bar(999'999, 1'000'000, 10), "[#######-]") << "almost is not full";
    EXPECT_EQ(bar(std::nullopt, 8, 10), "");
}

TEST(Text, Ranges) {
    EXPECT_EQ(ranges({}), "-");
    EXPECT_EQ(ranges({3}), "3");
    EXPECT_EQ(ranges({7, 0, 1, 2, 9, 2}), "0-2,7,9");
}

TEST(Text, WhatATerminalMayBeGiven) {
    EXPECT_EQ(printable("plain"), "plain");
    EXPECT_EQ(printable("a\x1b[2Jb\n"), "a?[2Jb?");
    EXPECT_EQ(printable("\xff\xc0\xaf"), "???");
    EXPECT_EQ(printable("caf\xc3\xa9"), "caf\xc3\xa9");
    EXPECT_EQ(printable("\xc2\x9b"
                        "1m"),
              "?1m")
        << "CSI of eight bits";
    EXPECT_EQ(printable("\xe2\x80\xae"), "?") << "turns the direction around";
    EXPECT_EQ(printable("\xed\xa0\x80"), "???") << "a surrogate";
}

TEST(Text, Columns) {
    EXPECT_EQ(columns("abc"), 3u);
    EXPECT_EQ(columns("caf\xc3\xa9"), 4u);
    EXPECT_EQ(columns("\xe6\xbc\xa2\xe5\xad\x97"), 4u);
    EXPECT_EQ(cut("abcdef", 4), "abc~");
    EXPECT_EQ(cut("abcd", 4), "abcd");
    EXPECT_EQ(cut("\xe6\xbc\xa2\xe5\xad\x97", 3), "\xe6\xbc\xa2~");
    EXPECT_EQ(cut("ab", 0), "");
    EXPECT_EQ(cut_front("abcdef", 4), "~def");
    EXPECT_EQ(cut_front("abcd", 4), "abcd");
    EXPECT_EQ(cut_front("ab", 0), "");
    EXPECT_EQ(columns(cut_front("\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2", 4)), 4u);
    EXPECT_EQ(fit_left("ab", 4), "ab  ");
    EXPECT_EQ(fit_right("ab", 4), "  ab");
    EXPECT_EQ(fit_right("abcdef", 4), "abcdef") << "a number is never cut";
}

TEST(Text, DeviceTitle) {
    api::Model model;
    model.devices.resize(1);
    api::Device& device = model.devices[0];
    device.id = 0;
    device.arch = "blackhole";
    device.memory[api::MemoryKind::kDram].physical_bytes = 8 * 4278190080ull;
    device.memory[api::MemoryKind::kL1].physical_bytes = 204ull * 1572864;
    EXPECT_EQ(device_title(model, device), "Device 0: Blackhole (31GB DRAM, 306MB L1)");
    device.memory[api::MemoryKind::kL1].physical_bytes.reset();
    EXPECT_EQ(device_title(model, device), "Device 0: Blackhole (31GB DRAM, - L1)");
    device.id.reset();
    device.arch.clear();
    EXPECT_EQ(device_title(model, device), "Device -: unknown architecture (31GB DRAM, - L1)");
}

// With one process a chip, every chip is device 0.
TEST(Text, DeviceTitlesOfOneNumberAreToldApart) {
    api::Model model;
    for (const char* pci : {"0000:01:00.0", "0000:41:00.0"}) {
        model.devices.emplace_back().id = 0;
        model.devices.back().arch = "blackhole";
        model.devices.back().pci = pci;
    }
    EXPECT_EQ(device_title(model, model.devices[0]), "Device 0 (01:00.0): Blackhole");
    EXPECT_EQ(device_title(model, model.devices[1]), "Device 0 (41:00.0): Blackhole");
    EXPECT_EQ(device_name(model, model.devices[1]), "Device 0 (41:00.0)");
}

TEST(Text, CommandsLoseFoldersOnlyWhereThereIsNoRoom) {
    const std::string command = "/opt/venv/bin/python /data/ann/train.py --data /data/set/ --steps 3";
    EXPECT_EQ(fit_command(command, 80), command);
    EXPECT_EQ(fit_command(command, 60), "python /data/ann/train.py --data /data/set/ --steps 3");
    EXPECT_EQ(fit_command(command, 50), "python train.py --data /data/set/ --steps 3");
    EXPECT_EQ(fit_command("/bin/sh", 3), "sh");
    EXPECT_EQ(fit_command("", 0), "");
}

}  // namespace
}  // namespace ttmem::monitor
