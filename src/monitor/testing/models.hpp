// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// For tests: models of machines that no developer has.
#pragma once

#include <string>

#include "model/model.hpp"

namespace ttmem::monitor::testing {

inline api::Sensor sensor(const char* name, const char* unit, double value, std::optional<double> limit = {}) {
    api::Sensor made;
    made.name = name;
    made.unit = unit;
    made.state = "known";
    made.value = value;
    made.limit = limit;
    made.min = value - 5;
    made.max = value + 5;
    made.age_ns = 0;
    return made;
}

// Cards with every figure known; each fifth process died. Names hold what a terminal must not be given, and wide and
// combining characters.
inline api::Model busy(int devices, int processes, bool mock = false) {
    using api::MemoryKind;
    api::Model model;
    model.time_ns = 1'700'000'000'000'000'000;
    for (int i = 0; i < devices; ++i) {
        api::Device device;
        device.id = i;
        device.arch = i % 2 == 0 ? "wormhole_b0" : "blackhole";
        device.board = i % 2 == 0 ? "n150" : "p150a";
        device.mock = mock;
        device.live_processes = 1;
        if (!mock) {
            device.pci = "0000:" + std::to_string(10 + i) + ":00.0";
            device.telemetry.emplace();
            device.telemetry->condition = i % 7 == 6 ? "in_reset" : "ok";
            device.telemetry->sensors = {sensor("asic_temperature", "C", 40 + i % 50, 90),
                                         sensor("power", "W", 20 + i, 150), sensor("ai_clock", "MHz", 500 + 10 * i)};
        }
        api::MemoryUse& dram = device.memory[MemoryKind::kDram];
        dram.physical_bytes = 12ull << 30;
        dram.capacity_bytes = 12ull * 1072693184;
        dram.allocated_bytes = (static_cast<uint64_t>(i) % 12) * 1072693184;
        dram.reserved_bytes = *dram.physical_bytes - *dram.capacity_bytes;
        dram.peak_bytes = 11ull * 1072693184;
        dram.buffers = 1000;
        dram.banks = 12;
        api::MemoryUse& l1 = device.memory[MemoryKind::kL1];
        l1.physical_bytes = 80ull * 1499136;
        l1.capacity_bytes = 64ull * 1393312;
        l1.allocated_bytes = 1 << 20;
        l1.peak_bytes = 3 << 20;
        l1.banks = 64;
        l1.buffers = 12;
        device.circular_buffers.current_bytes = 1 << 20;
        device.circular_buffers.high_water_bytes_per_core = 400'000;
        device.circular_buffers.headroom_bytes_per_core = i % 4 == 0 ? 0 : 300'000;
        device.kernels.loaded_bytes = 3 << 20;
        device.kernels.ring_used_bytes_per_core = 40'000;
        device.kernels.ring_capacity_bytes_per_core = 70'656;
        model.devices.push_back(device);
    }
    for (int i = 0; i < processes; ++i) {
        api::Process process;
        process.pid = 1000 + i;
        process.pid_visible = true;
        process.start_time_ns = 5;
        process.user = i % 2 == 0 ? "someone-with-a-long-name" : "root";
        process.command = "python3 \x1b[31m train.py --\xe6\xbc\xa2\xe5\xad\x97 e\xcc\x81 " + std::string(300, 'x');
        process.state = i % 5 == 4 ? api::ProcessState::kDied : api::ProcessState::kLive;
        if (i % 3 == 0) {
            process.container = api::Container{"docker", std::string(64, 'a'), "", ""};
        }
        if (i % 4 != 0) {
            process.parent_pid = 1000 + i - 1;
        }
        for (int device = 0; device < devices; device += 1 + i % 3) {
            api::ProcessDevice use;
            use.device = api::DeviceIndex(static_cast<size_t>(device));
            use.bytes[MemoryKind::kDram] = static_cast<uint64_t>(i + 1) << 28;
            use.bytes[MemoryKind::kL1] = 1 << 20;
            use.peak_bytes[MemoryKind::kDram] = static_cast<uint64_t>(i + 1) << 29;
            process.devices.push_back(use);
        }
        model.processes.push_back(process);
    }
    return model;
}

}  // namespace ttmem::monitor::testing
