// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The JSON that scripts rely on: each name and type of the contract.
#include "output/json.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace ttmem::api {
namespace {

Model one_of_each() {
    Model model;
    model.time_ns = 1'700'000'000'000'000'000;
    Device device;
    device.id = 3;
    device.arch = "blackhole";
    device.unique_id = 0xff00000000000001;
    device.mock = true;
    device.memory[MemoryKind::kDram].allocated_bytes = std::numeric_limits<uint64_t>::max();
    device.memory[MemoryKind::kL1].peak_bytes = 7;
    device.circular_buffers.current_bytes = 0;
    model.devices.push_back(device);
    model.devices.emplace_back();
    Process process;
    process.pid = 42;
    process.user = "someone";
    process.command = "python3 x.py";
    process.state = ProcessState::kDied;
    ProcessDevice use;
    use.device = 0;
    use.bytes[MemoryKind::kDram] = 5;
    process.devices.push_back(use);
    model.processes.push_back(process);
    Buffer buffer;
    buffer.id = 9;
    buffer.devices = {0, 1};
    buffer.mesh = 1;
    buffer.kind = BufferKind::kPreallocated;
    buffer.allocated_bytes = 64;
    model.buffers.push_back(buffer);
    model.buffers_listed = true;
    return model;
}

TEST(Json, HasEveryFieldOfTheContract) {
    const nlohmann::ordered_json json = to_json(one_of_each());
    const auto has = [](const nlohmann::ordered_json& object, std::initializer_list<const char*> names) {
        for (const char* name : names) {
            EXPECT_TRUE(object.contains(name)) << name << " in " << object.dump();
        }
    };
    has(json, {"schema", "time_ns", "devices", "processes", "buffers"});
    const auto& device = json["devices"][0];
    has(device, {"id", "kmd_index", "pci", "unique_id", "arch", "board", "mock", "memory", "telemetry"});
    for (const char* kind : {"dram", "l1", "l1_small", "trace"}) {
        has(device["memory"][kind],
            {"physical_bytes", "capacity_bytes", "reserved_bytes", "allocated_bytes", "requested_bytes", "peak_bytes",
             "buffers", "banks", "largest_free_bytes_per_bank"});
    }
    has(device["memory"], {"preallocated_bytes", "circular_buffers", "kernels"});
    has(device["memory"]["circular_buffers"], {"current_bytes", "cached_union_bytes", "programs_sum_bytes",
                                               "high_water_bytes_per_core", "headroom_bytes_per_core"});
    has(device["memory"]["kernels"], {"loaded_bytes", "application_bytes", "fabric_bytes", "dispatch_bytes",
                                      "ring_capacity_bytes_per_core", "ring_used_bytes_per_core"});
    has(json["processes"][0], {"pid", "start_time_ns", "user", "command", "state", "source", "container", "devices"});
    has(json["processes"][0]["devices"][0], {"id", "dram_bytes", "l1_bytes", "l1_small_bytes", "trace_bytes",
                                             "cb_bytes", "kernel_bytes", "dram_peak_bytes", "l1_peak_bytes"});
    has(json["buffers"][0], {"pid", "id", "devices", "mesh", "kind", "address", "requested_bytes", "allocated_bytes",
                             "bytes_per_bank", "allocated_at_ns"});
}

TEST(Json, ValuesAndTypes) {
    const nlohmann::ordered_json json = to_json(one_of_each());
    EXPECT_EQ(json["schema"], 1);
    const auto& device = json["devices"][0];
    EXPECT_EQ(device["id"], 3);
    EXPECT_EQ(device["unique_id"], "0xff00000000000001");
    EXPECT_EQ(device["memory"]["dram"]["allocated_bytes"], std::numeric_limits<uint64_t>::max());
    EXPECT_EQ(device["memory"]["circular_buffers"]["current_bytes"], 0) << "a known 0 is 0";
    EXPECT_EQ(json["processes"][0]["state"], "died");
    EXPECT_EQ(json["processes"][0]["source"], "ledger");
    EXPECT_EQ(json["processes"][0]["devices"][0]["id"], 3);
    EXPECT_EQ(json["buffers"][0]["pid"], 42);
    EXPECT_EQ(json["buffers"][0]["kind"], "preallocated");
    EXPECT_EQ(json["buffers"][0]["devices"], (nlohmann::ordered_json{3, nullptr}));
    EXPECT_EQ(json["buffers"][0]["device_indexes"], (nlohmann::ordered_json{0, 1}));
}

TEST(Json, UnknownIsNull) {
    const nlohmann::ordered_json device = to_json(one_of_each())["devices"][1];
    for (const char* name : {"id", "kmd_index", "pci", "unique_id", "arch", "board", "telemetry"}) {
        EXPECT_TRUE(device[name].is_null()) << name;
    }
    EXPECT_TRUE(device["memory"]["dram"]["allocated_bytes"].is_null());
    EXPECT_TRUE(device["memory"]["preallocated_bytes"].is_null());
    EXPECT_TRUE(device["memory"]["kernels"]["loaded_bytes"].is_null());
    EXPECT_TRUE(to_json(one_of_each())["processes"][0]["start_time_ns"].is_null());
}

TEST(Json, BuffersOnlyWhenListed) {
    Model model = one_of_each();
    model.buffers_listed = false;
    EXPECT_FALSE(to_json(model).contains("buffers"));
}

TEST(Json, BrokenUtf8DoesNotBreakTheText) {
    Model model = one_of_each();
    model.processes[0].command = "bad \xff\xfe end";
    const auto parsed = nlohmann::json::parse(to_json_text(model, -1));
    EXPECT_EQ(parsed["processes"][0]["command"], "bad \uFFFD\uFFFD end");
}

TEST(Json, WhatLiesInL1) {
    Model model = one_of_each();
    EXPECT_FALSE(to_json(model).contains("failures")) << "not asked for";
    EXPECT_FALSE(to_json(model)["devices"][0]["memory"].contains("layout"));
    model.programs_listed = true;
    Allocator allocator;
    allocator.open = true;
    allocator.mesh = 1;
    allocator.devices = {0};
    model.allocators.push_back(allocator);
    Program& program = model.programs.emplace_back();
    program.id = 12;
    program.allocator = 0;
    program.kernels.resize(2);
    program.kernels[0].name = program.kernels[1].name = "reader";
    model.regions.push_back({0, {0}, true, RegionType::kArena, "arena", 64, 128, {{{0, 1}, {2, 3}}}});
    model.config_rings.push_back({0, 1, CoreType::kIdleEthernet, true, 3, 64, 640, 640, 5});
    L1Summary& summary = model.devices[0].l1.emplace();
    summary.l1_core_bytes = 1000;
    summary.l1.unexplained_bytes = 3;
    summary.gauge.ahead.push_back({0, 0, 300, 200, 100, {{{0, 0}, {7, 7}}}, false});
    Failure& clash = model.failures.emplace_back();
    clash.type = FailureType::kClash;
    clash.end_address = 300;
    clash.buffer_address = 200;
    model.failures.emplace_back().kind = MemoryKind::kDram;

    const nlohmann::ordered_json json = to_json(model);
    const auto& memory = json["devices"][0]["memory"];
    EXPECT_EQ(memory["layout"]["l1_core"]["unexplained_bytes"], 3);
    EXPECT_TRUE(memory["layout"]["dram_bank"].is_null()) << "not known";
    const auto& ahead = memory["circular_buffers"]["clashes_ahead"][0];
    EXPECT_EQ(ahead["pid"], 42);
    EXPECT_EQ(ahead["mesh"], 1);
    EXPECT_EQ(ahead["program"], 12);
    EXPECT_EQ(ahead["buffer"], 9);
    EXPECT_EQ(ahead["missing_bytes"], 100);
    EXPECT_EQ(ahead["refused"], false);
    EXPECT_EQ(ahead["kernels"].dump(), R"(["reader"])");
    EXPECT_EQ(ahead["cores"].dump(), "[[0,0,7,7]]");
    EXPECT_EQ(memory["regions"][0]["type"], "arena");
    EXPECT_EQ(memory["regions"][0]["cores"].dump(), "[[0,1,2,3]]");
    EXPECT_EQ(memory["kernels"]["rings"][0]["trace"], true);
    EXPECT_EQ(memory["kernels"]["rings"][0]["core_type"], "idle_ethernet");
    EXPECT_TRUE(json["devices"][1]["memory"]["circular_buffers"].contains("current_bytes"));
    EXPECT_EQ(json["failures"][0]["missing_bytes"], 100);
    EXPECT_TRUE(json["failures"][0]["buffer"].is_null());
    EXPECT_EQ(json["failures"][1]["type"], "out_of_memory");
    EXPECT_EQ(json["failures"][1]["kind"], "dram");
}

}  // namespace
}  // namespace ttmem::api
