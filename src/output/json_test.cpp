// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The JSON that scripts rely on: each name and type of the contract.
#include "output/json.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>

#include "output/json_values.hpp"

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
    program.allocator = AllocatorIndex(0);
    program.kernels.resize(2);
    program.kernels[0].name = program.kernels[1].name = "reader";
    model.regions.push_back({0, {0}, true, RegionType::kArena, "arena", 64, 128, {{{0, 1}, {2, 3}}}});
    model.config_rings.push_back({0, 1, CoreType::kIdleEthernet, true, 3, 64, 640, 640, 5});
    L1Summary& summary = model.devices[0].l1.emplace();
    summary.l1_core_bytes = 1000;
    summary.l1.unexplained_bytes = 3;
    summary.gauge.ahead.push_back({0, BufferIndex(0), 300, 200, 100, {{{0, 0}, {7, 7}}}, false});
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

// With texts that need escapes, a stack, a tensor, cores and addresses; and a row of nothing but what is unknown.
Model with_odd_rows() {
    Model model = one_of_each();
    model.processes[0].name = "tab\there \"quoted\" \xff";
    Context& context = model.contexts.emplace_back();
    context.scope = "layers.3";
    context.operation = "ttnn::matmul\\";
    context.stack = {{"a.py", "f", 3, "ttnn::add"}, {"b\n.py", "", 0, ""}};
    Tensor& tensor = model.tensors.emplace_back();
    tensor.shape = {1, 32, 64};
    tensor.layout = "tile";
    tensor.distribution_shape = {2, 4};
    tensor.divided = {Tensor::kReplicated, -1};
    Buffer odd = model.buffers[0];
    odd.kind = BufferKind::kL1;
    odd.context = ContextIndex(0);
    odd.tensor = TensorIndex(0);
    odd.region = "caf\xc3\xa9 \x01 \x7f";
    odd.label = "not \xfe UTF-8";
    odd.cores = CoreSet{{{0, 1}, {2, 3}}};
    odd.addresses = {{{0, 1}, 4096}, {{2, 3}, 8192}};
    odd.page_bytes = 2048;
    odd.used_banks = 1;
    odd.bytes_per_bank = 64;
    odd.banks = 2;
    odd.allocated_bytes = 128;
    odd.requested_bytes = std::numeric_limits<uint64_t>::max();
    odd.view_of = MemoryKind::kL1;
    odd.layout = "interleaved";
    odd.devices = {1};
    model.buffers.push_back(odd);
    model.buffers.emplace_back();
    model.buffers.push_back(model.buffers[0]);
    model.programs_listed = true;
    return model;
}

TEST(Json, TensorsSayHowTheyLieOnAMesh) {
    const Model model = with_odd_rows();
    const nlohmann::ordered_json mesh = tensor_json(model.tensors[0]);
    EXPECT_EQ(mesh["distribution_shape"].dump(), "[2,4]");
    EXPECT_EQ(mesh["sharded_along"].dump(), "[null,-1]");
    const nlohmann::ordered_json unknown = tensor_json({});
    EXPECT_TRUE(unknown["distribution_shape"].is_null() && unknown["sharded_along"].is_null());
}

TEST(Json, TextOfRowsIsThatOfTheTree) {
    Model model = with_odd_rows();
    for (int listed = 0; listed < 3; ++listed) {
        if (listed == 1) {
            model.buffers.clear();
        }
        model.buffers_listed = listed < 2;
        for (const int indent : {-1, 0, 2, 3}) {
            const std::string tree =
                to_json(model).dump(indent, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
            EXPECT_EQ(to_json_text(model, indent), tree) << "indent " << indent;
        }
    }
}

TEST(Json, ALongListIsHandedOnInPieces) {
    Model model = one_of_each();
    model.buffers.resize(5000, model.buffers[0]);
    size_t longest = 0;
    std::string text;
    EXPECT_TRUE(write_json(
        model, 2, [&](const RowTaker& take) { each_row(model, take); }, json_after_buffers(model),
        [&](std::string_view piece) {
            longest = std::max(longest, piece.size());
            text += piece;
            return true;
        }));
    EXPECT_EQ(nlohmann::ordered_json::parse(text), to_json(model));
    EXPECT_GT(text.size(), 4 * output::TextRoom::kPiece);
    EXPECT_LE(longest, output::TextRoom::kPiece);
    int calls = 0;
    EXPECT_FALSE(write_json(
        model, 2, [&](const RowTaker& take) { each_row(model, take); }, json_after_buffers(model),
        [&](std::string_view) { return ++calls < 2; }))
        << "the reader went away";
    EXPECT_EQ(calls, 2);
}

}  // namespace
}  // namespace ttmem::api
