// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "model/model_bytes.hpp"

#include <gtest/gtest.h>

#include "base/clean_text.hpp"
#include "output/json.hpp"
#include "output/l1_json.hpp"

namespace ttmem::api {
namespace {

// A model with an element in every list, and a value in every field that is often absent.
Model full() {
    Model model;
    model.time_ns = 1'700'000'000'000'000'001;
    model.driver_version = "2.0.0";
    model.devices.resize(2);
    Device& device = model.devices[1];
    device.id = 1;
    device.unique_id = UINT64_MAX;
    device.arch = "wormhole_b0";
    device.mock = true;
    device.sources = {Source::kLedger, Source::kUpstreamShm};
    device.memory[MemoryKind::kTrace].banks = 12;
    device.memory[MemoryKind::kL1].allocated_bytes = 4096;
    device.circular_buffers.headroom_bytes_per_core = 5;
    device.telemetry.emplace().condition = "ok";
    device.telemetry->open_pids = {3, 4};
    device.telemetry->sensors.push_back({"power", "W", "known", 12.5, std::nullopt, 7, std::nullopt, 1.0, 20.0});
    model.processes.resize(2);
    Process& process = model.processes[1];
    process.pid = 42;
    process.command = std::string("a\0b\xff", 4);
    process.state = ProcessState::kUntrusted;
    process.container = Container{"docker", "0123", "", "77"};
    process.devices.resize(1);
    process.devices[0].device = 1;
    process.devices[0].peak_bytes[MemoryKind::kDram] = 9;
    model.allocators.push_back({1, true, 3, {0, 1}, {}, true, AllocatorIndex(0)});
    model.allocators[0].banks[MemoryKind::kL1] = Banks{16, 1024, 64, 32};
    model.buffers_listed = true;
    Buffer& buffer = model.buffers.emplace_back();
    buffer.process = 1;
    buffer.devices = {1};
    buffer.layout = "sharded";
    buffer.region = "decode";
    model.buffers.emplace_back().allocator = AllocatorIndex(SIZE_MAX);
    model.programs_listed = true;
    Program& program = model.programs.emplace_back();
    program.process = 1;
    program.allocator = AllocatorIndex(0);
    program.operation = "matmul";
    program.circular_buffers.push_back({1, 2, 3, true, true, false, true, false, {{{0, 0}, {7, 7}}}, 5, 6});
    program.kernels.push_back(
        {1, "reader", 100, ProcessorClass::kCompute, ProgramType::kFabric, CoreType::kWorker, {}});
    model.regions.push_back({0, {1}, true, RegionType::kDispatch, "hal", 0, 64, {{{1, 1}, {2, 2}}}});
    model.config_rings.push_back({0, 1, CoreType::kActiveEthernet, true, 2, 3, 4, 5, 6});
    Failure& failure = model.failures.emplace_back();
    failure.process = 1;
    failure.type = FailureType::kClash;
    failure.devices = {0};
    failure.buffer_id = 8;
    failure.exception = "no room:\n\t4 bytes";
    Event& event = model.events.emplace_back();
    event.type = EventType::kClash;
    event.kind = MemoryKind::kL1Small;
    event.devices = {0, 1};
    Conflict& conflict = model.conflicts.emplace_back();
    conflict.type = ConflictType::kDanglingView;
    conflict.process = 1;
    conflict.devices = {1};
    conflict.first = {7, 3, BufferKind::kDanglingView, 4096, 64, "decode"};
    conflict.second.id = 8;
    model.conflict_count = 2;
    model.events_missed = 11;
    model.notices = {"one", ""};
    L1Summary& l1 = device.l1.emplace();
    l1.l1.free_bytes = 1;
    l1.l1_core_bytes = 1'499'136;
    l1.gauge.lowest_buffer = BufferIndex(1);
    l1.gauge.cores.push_back({{1, 2}, 3, 4, ProgramIndex(0), std::nullopt, -5});
    l1.gauge.ahead.push_back({0, BufferIndex(1), 2, 3, 4, {{{0, 0}, {0, 0}}}, false});
    l1.spaces.push_back({0, MemoryKind::kL1, {1, 2, 3, 4}, 5, 6, 7, 8, {{9, 10}}, true});
    return model;
}

TEST(ModelBytes, ComeBackAsTheyWere) {
    const Model model = full();
    const std::string bytes = to_bytes(model);
    const std::optional<Model> back = model_from_bytes(bytes);
    ASSERT_TRUE(back);
    Model clean = model;
    clean.processes[1].command = clean_text(model.processes[1].command);
    ASSERT_NE(clean.processes[1].command, model.processes[1].command);
    EXPECT_EQ(to_json_text(*back, 2), to_json_text(clean, 2));
    EXPECT_EQ(program_json(back->programs[0], *back), program_json(model.programs[0], model));
    EXPECT_EQ(back->processes[1].command, clean.processes[1].command) << "what another process wrote is cleaned";
    EXPECT_EQ(back->failures[0].exception, model.failures[0].exception);
    EXPECT_EQ(back->devices[1].l1->gauge.cores[0].headroom_bytes, -5);
    EXPECT_EQ(back->buffers[1].allocator, SIZE_MAX);
    EXPECT_EQ(to_bytes(*back), to_bytes(clean)) << "every member that is written is read";
    EXPECT_TRUE(model_from_bytes(to_bytes(Model())));
}

// Each value that has a name comes back, and no other one: put(model, value) puts it somewhere.
template <typename Value, typename Put>
void expect_named_values(const char* what, Put&& put) {
    for (int number = 0; number < 256; ++number) {
        const auto value = static_cast<Value>(number);
        Model model = full();
        put(model, value);
        EXPECT_EQ(model_from_bytes(to_bytes(model)).has_value(), !to_string(value).empty()) << what << " " << number;
    }
}

TEST(ModelBytes, EveryNamedValueComesBackAndNoOther) {
    expect_named_values<Source>("source", [](Model& m, Source value) { m.processes[1].source = value; });
    expect_named_values<ProcessState>("state", [](Model& m, ProcessState value) { m.processes[1].state = value; });
    expect_named_values<BufferKind>("kind of buffer", [](Model& m, BufferKind value) { m.buffers[0].kind = value; });
    expect_named_values<MemoryKind>("kind of memory", [](Model& m, MemoryKind value) { m.conflicts[0].kind = value; });
    expect_named_values<EventType>("event", [](Model& m, EventType value) { m.events[0].type = value; });
    expect_named_values<RegionType>("region", [](Model& m, RegionType value) { m.regions[0].type = value; });
    expect_named_values<CoreType>("cores", [](Model& m, CoreType value) { m.config_rings[0].core_type = value; });
    expect_named_values<ProgramType>("program", [](Model& m, ProgramType value) { m.programs[0].type = value; });
    expect_named_values<ProcessorClass>(
        "processor", [](Model& m, ProcessorClass value) { m.programs[0].kernels[0].processor = value; });
    expect_named_values<FailureType>("failure", [](Model& m, FailureType value) { m.failures[0].type = value; });
}

TEST(ModelBytes, CutOnesAreNothing) {
    const std::string bytes = to_bytes(full());
    for (size_t size = 0; size < bytes.size(); ++size) {
        ASSERT_FALSE(model_from_bytes(std::string_view(bytes).substr(0, size))) << size;
    }
    EXPECT_FALSE(model_from_bytes(bytes + "x"));
}

TEST(ModelBytes, IndexesThatNameNothing) {
    const auto refused = [](auto&& spoil) {
        Model model = full();
        spoil(model);
        return !model_from_bytes(to_bytes(model)).has_value();
    };
    EXPECT_TRUE(refused([](Model& model) { model.buffers[0].process = 2; }));
    EXPECT_TRUE(refused([](Model& model) { model.buffers[0].devices = {2}; }));
    EXPECT_TRUE(refused([](Model& model) { model.processes[1].devices[0].device = 2; }));
    EXPECT_TRUE(refused([](Model& model) { model.allocators[0].process = 2; }));
    EXPECT_TRUE(refused([](Model& model) { model.programs[0].allocator = AllocatorIndex(1); }));
    EXPECT_TRUE(refused([](Model& model) { model.regions[0].allocator = 1; }));
    EXPECT_TRUE(refused([](Model& model) { model.config_rings[0].allocator = 1; }));
    EXPECT_TRUE(refused([](Model& model) { model.failures[0].devices = {9}; }));
    EXPECT_TRUE(refused([](Model& model) { model.events[0].process = 9; }));
    EXPECT_TRUE(refused([](Model& model) { model.conflicts[0].process = 2; }));
    EXPECT_TRUE(refused([](Model& model) { model.conflicts[0].devices = {2}; }));
    EXPECT_TRUE(refused([](Model& model) { model.devices[1].l1->gauge.ahead[0].program = 1; }));
    EXPECT_TRUE(refused([](Model& model) { model.devices[1].l1->gauge.lowest_buffer = BufferIndex(2); }));
    EXPECT_TRUE(refused([](Model& model) { model.processes[1].state = static_cast<ProcessState>(7); }));
}

// Whatever stands in a byte, reading ends.
TEST(ModelBytes, AnyByteChanged) {
    const std::string bytes = to_bytes(full());
    size_t read = 0;
    for (size_t at = 0; at < bytes.size(); ++at) {
        for (const unsigned char value : {0x00, 0x01, 0x7f, 0xff}) {
            std::string changed = bytes;
            changed[at] = static_cast<char>(value);
            if (const std::optional<Model> model = model_from_bytes(changed)) {
                ++read;
                EXPECT_FALSE(to_json_text(*model, -1).empty());
            }
        }
    }
    EXPECT_GT(read, 0u);
}

}  // namespace
}  // namespace ttmem::api
