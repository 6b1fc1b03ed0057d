// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/machine_table.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "output/text.hpp"

namespace ttmem::monitor {
namespace {

using api::MemoryKind;

api::Device card(std::optional<int> id, const char* condition) {
    api::Device device;
    device.id = id;
    device.kmd_index = 7;
    device.pci = "0000:01:00.0";
    device.arch = "wormhole_b0";
    device.board = "n150";
    device.live_processes = 1;
    device.memory[MemoryKind::kDram].allocated_bytes = 6ull << 30;
    device.memory[MemoryKind::kDram].capacity_bytes = 12ull << 30;
    device.memory[MemoryKind::kL1].allocated_bytes = 8ull << 20;
    device.memory[MemoryKind::kL1].capacity_bytes = 84ull << 20;
    device.circular_buffers.current_bytes = 2ull << 20;
    device.telemetry.emplace();
    device.telemetry->condition = condition;
    return device;
}

api::Sensor sensor(const char* name, const char* unit, const char* state, std::optional<double> value,
                   std::optional<double> limit) {
    return {name, unit, state, value, std::nullopt, std::nullopt, limit, std::nullopt, std::nullopt};
}

TEST(OneShot, ShowsDevicesAndProcesses) {
    api::Model model;
    model.driver_version = "2.10.0";
    model.devices.push_back(card(0, "ok"));
    model.devices[0].telemetry->sensors = {sensor("asic_temperature", "C", "known", 33.75, 75),
                                           sensor("power", "W", "known", 22, 100),
                                           sensor("ai_clock", "MHz", "known", 1000, std::nullopt)};
    model.devices.push_back(card(std::nullopt, "blocked"));
    model.devices[1].telemetry->sensors = {sensor("asic_temperature", "C", "stale", 46.5, std::nullopt)};
    api::Process& process = model.processes.emplace_back();
    process.pid = 4242;
    process.user = "ann";
    process.command = "python serve.py";
    process.devices.emplace_back().bytes[MemoryKind::kDram] = 6ull << 30;
    api::Process& gone = model.processes.emplace_back();
    gone.pid = 99;
    gone.state = api::ProcessState::kDied;
    const std::string table = one_shot_table(model, "0.1.0");
    for (const char* part :
         {"driver 2.10.0", "|   0 Wormhole n150    | 34C/75C   22W/100W   | DRAM    6.0GiB/  12.0GiB  50% |",
          "|     0000:01:00.0     | 1000MHz  ok          | L1     10.0MiB/  84.0MiB  11% |",
          "|  /7 Wormhole n150    | ~46C/-    -/-        | DRAM ", "| -        blocked     | L1 ",
          "|    4242 ann      0         6.0GiB         -         - python serve.py ", " (died) "}) {
        EXPECT_NE(table.find(part), std::string::npos) << part << "\n" << table;
    }
}

TEST(OneShot, EveryLineIsAsWideAsItSays) {
    api::Model model;
    for (int i = 0; i < 64; ++i) {
        model.devices.push_back(card(i, "no_firmware"));
        model.devices.back().board = "galaxy-blackhole";
        model.devices.back().memory[MemoryKind::kDram].allocated_bytes = 1023ull << 30;
        model.devices.back().telemetry->sensors = {sensor("power", "W", "stale", 1000, 1000)};
    }
    for (const char* command : {"short",
                                "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e \xe3\x83\x97\xe3\x83\xad\xe3\x82\xbb\xe3\x82\xb9 "
                                "with a name that is much longer than there is room for in the table",
                                "\x1b[31mred\x07"}) {
        api::Process& process = model.processes.emplace_back();
        process.pid = 4194304;
        process.user = "a-very-long-user-name";
        process.command = command;
        for (size_t device = 0; device < 64; device += 2) {
            process.devices.emplace_back().device = api::DeviceIndex(device);
        }
    }
    for (const size_t width : {size_t{60}, kOneShotWidth, size_t{150}}) {
        std::istringstream lines(one_shot_table(model, "0.1.0", width));
        for (std::string line; std::getline(lines, line);) {
            EXPECT_EQ(columns(line), std::max(width, kOneShotWidth)) << line;
            EXPECT_EQ(line.find('\x1b'), std::string::npos);
        }
    }
    EXPECT_NE(one_shot_table(model, "0.1.0", 200).find("longer than there is room for in the table"), std::string::npos)
        << "a wide terminal shows the whole command";
}

// TT_VISIBLE_DEVICES, one process a chip: all called their chip 0 and no text showed which process had which.
TEST(OneShot, ChipsOfOneNumberAreToldApart) {
    api::Model model;
    for (int i = 0; i < 3; ++i) {
        model.devices.push_back(card(0, "ok"));
        model.devices.back().pci = "0000:0" + std::to_string(i + 1) + ":00.0";
        api::Process& process = model.processes.emplace_back();
        process.pid = 100 + i;
        process.command = "python serve.py";
        process.devices.emplace_back().device = api::DeviceIndex(static_cast<size_t>(i));
    }
    model.devices[2].pci.reset();
    model.devices[2].unique_id = 0x2618f44eb;
    const std::string table = one_shot_table(model, "0.1.0");
    for (const char* part : {"100          0 (01:00.0)", "101          0 (02:00.0)", "102          0 (0x2618f44e)",
                             "|     0x2618f44e       |"}) {
        EXPECT_NE(table.find(part), std::string::npos) << part << "\n" << table;
    }
}

TEST(OneShot, SaysWhatIsNotThere) {
    const std::string table = one_shot_table(api::Model(), "0.1.0");
    EXPECT_NE(table.find("no driver loaded"), std::string::npos);
    EXPECT_NE(table.find("No device is in use by a tracked process."), std::string::npos);
    EXPECT_NE(table.find("No tracked process"), std::string::npos);
}

TEST(OneShot, DeadProcessesAreFew) {
    api::Model model;
    model.devices.push_back(card(0, "ok"));
    for (int i = 0; i < 100; ++i) {
        api::Process& process = model.processes.emplace_back();
        process.pid = 1000 + i;
        process.state = i % 5 == 4 ? api::ProcessState::kDied : api::ProcessState::kLive;
    }
    const std::string table = one_shot_table(model, "0.1.0");
    EXPECT_NE(table.find("and 15 more that are gone"), std::string::npos) << table;
    EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 9 + 2 + 80 + 5 + 2);
}

TEST(OneShot, MockDeviceThatNoProcessHasOpenIsNotShown) {
    api::Model model;
    model.devices = {card(0, "ok"), card(1, "ok")};
    model.devices[0].live_processes = 0;
    model.devices[0].telemetry.reset();
    EXPECT_NE(one_shot_table(model, "0.1.0").find("|   0 Wormhole"), std::string::npos)
        << "a card is there whoever uses it";
    model.devices[0].mock = true;
    EXPECT_EQ(one_shot_table(model, "0.1.0").find("|   0 Wormhole"), std::string::npos);
    EXPECT_NE(one_shot_table(model, "0.1.0").find("|   1 Wormhole"), std::string::npos);
}

TEST(OneShot, DevicesOfAMeshAreOneLineAProcess) {
    api::Model model;
    api::Process& process = model.processes.emplace_back();
    process.pid = 7;
    process.user = "ann";
    for (size_t i = 0; i < 8; ++i) {
        model.devices.push_back(card(static_cast<int>(i), "ok"));
        if (i != 4) {
            api::ProcessDevice& use = process.devices.emplace_back();
            use.device = api::DeviceIndex(i);
            use.bytes[MemoryKind::kDram] = 1 << 30;
            use.bytes[MemoryKind::kL1] = 1 << 20;
        }
    }
    EXPECT_NE(one_shot_table(model, "0.1.0").find("7 ann      0-3,5~    7.0GiB    7.0MiB"), std::string::npos)
        << one_shot_table(model, "0.1.0");
}

}  // namespace
}  // namespace ttmem::monitor
