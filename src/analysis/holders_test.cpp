// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/holders.hpp"

#include <gtest/gtest.h>

#include "analysis/holder_name.hpp"
#include "analysis/model_test_support.hpp"

namespace ttmem::inventory {
namespace {

using api::BufferKind;
using testing::TestModel;

api::Buffer named(const char* region) {
    api::Buffer buffer;
    buffer.region = region;
    return buffer;
}

TEST(Holders, MakersOfNames) {
    const api::Model model;
    const Maker whole = maker_of(model, named("decoder/attention/ttnn.matmul (a/attention.py:42 < model.py:7)"));
    EXPECT_EQ(whole.scope, "decoder/attention");
    EXPECT_EQ(whole.operation, "ttnn.matmul");
    EXPECT_EQ(whole.line, "a/attention.py:42");
    const Maker operation = maker_of(model, named("ttnn.transformer.sdpa"));
    EXPECT_EQ(operation.scope, std::nullopt);
    EXPECT_EQ(operation.operation, "ttnn.transformer.sdpa");
    EXPECT_EQ(operation.line, std::nullopt);
    EXPECT_EQ(maker_of(model, named("weights (old)")).scope, "weights (old)") << "a scope's own name";
    EXPECT_EQ(maker_of(model, named("x/ttnn.add (m.py:1)")).line, "m.py:1");
    EXPECT_EQ(maker_of(model, api::Buffer()).scope, std::nullopt);
}

TEST(Holders, AContextSaysMore) {
    api::Model model;
    model.contexts.push_back({0,
                              "decoder",
                              "ttnn.add",
                              {{"/venv/site-packages/ttnn/decorators.py", "__call__", 30, "ttnn.add"},
                               {"/models/model.py", "forward", 42, ""},
                               {"/models/run.py", "main", 7, ""}},
                              false});
    model.tensors.push_back({0, {1, 32, 64}, {}, "bfloat16", "tile", "interleaved", {}, "", {}, {}});
    api::Buffer buffer = named("decoder/ttnn.add");
    buffer.kind = BufferKind::kDram;
    buffer.context = api::ContextIndex(0);
    const Maker maker = maker_of(model, buffer);
    EXPECT_EQ(maker.scope, "decoder");
    EXPECT_EQ(maker.operation, "ttnn.add");
    EXPECT_EQ(maker.line, "/models/model.py:42");
    EXPECT_EQ(holder_name(model, buffer, GroupBy::kFunction), "/models/model.py:forward");
    EXPECT_EQ(holder_name(model, buffer, GroupBy::kModule), "/models/model.py");
    EXPECT_EQ(holder_name(model, named("x/ttnn.add (m.py:1)"), GroupBy::kModule), "m.py");
    EXPECT_EQ(holder_name(model, named("x/ttnn.add (m.py:1)"), GroupBy::kFunction), std::nullopt);
    buffer.tensor = api::TensorIndex(0);
    api::Buffer labelled = buffer;
    labelled.label = "layers.13.attention.w1";
    EXPECT_EQ(tensor_text(model, labelled), "layers.13.attention.w1: 1x32x64 bfloat16 tile, interleaved");
    EXPECT_EQ(holder_name(model, labelled, GroupBy::kTensor),
              "layers.*.attention.w1: 1x32x64 bfloat16 tile, interleaved");
    model.buffers = {buffer};
    model.processes.emplace_back();
    EXPECT_EQ(holders(model, GroupBy::kTensor)[0].name, "1x32x64 bfloat16 tile, interleaved");
}

// TT_ALLOC_STACKS=native: C++ frames have no line of source.
TEST(Holders, CppFramesComeAfterLinesOfPython) {
    api::Model model;
    model.contexts.push_back(
        {0,
         "",
         "ttnn.add",
         {{"/opt/metal/libtt_metal.so", "tt::tt_metal::allocate", 0, ""}, {"/models/model.py", "forward", 42, ""}},
         false});
    model.contexts.push_back({0,
                              "",
                              "Tensor::to_device",
                              {{"/venv/site-packages/ttnn/build/lib/_ttnncpp.so", "ttnn::Tensor::to_device", 0, ""},
                               {"/models/serve", "Model::forward", 0, ""},
                               {"/models/serve", "main", 0, ""}},
                              false});
    api::Buffer buffer;
    buffer.context = api::ContextIndex(0);
    EXPECT_EQ(maker_of(model, buffer).line, "/models/model.py:42");
    EXPECT_EQ(holder_name(model, buffer, GroupBy::kFunction), "/models/model.py:forward");
    buffer.context = api::ContextIndex(1);
    EXPECT_EQ(maker_of(model, buffer).line, std::nullopt);
    EXPECT_EQ(holder_name(model, buffer, GroupBy::kFunction), "/models/serve:Model::forward");
    EXPECT_EQ(holder_name(model, buffer, GroupBy::kModule), "/models/serve");
}

TEST(Holders, AddUpTheBuffersThatTakeBytes) {
    TestModel test;
    test.model.processes.emplace_back().pid = 43;
    const api::AllocatorIndex mesh = test.add_allocator({0, 1});
    const api::AllocatorIndex chip = test.add_allocator({1});
    const auto add = [&](api::AllocatorIndex allocator, BufferKind kind, uint64_t bytes, const char* region) {
        api::Buffer& buffer = test.model.buffers[test.add_buffer(allocator, kind, 4096 * test.model.buffers.size(), 1)];
        buffer.allocated_bytes = bytes;
        if (region != nullptr) {
            buffer.region = region;
        }
    };
    add(mesh, BufferKind::kDram, 100, "a/ttnn.add");
    add(mesh, BufferKind::kL1, 10, "b/ttnn.add");
    add(chip, BufferKind::kDram, 1000, nullptr);
    add(mesh, BufferKind::kView, 5, "a/ttnn.add");
    add(mesh, BufferKind::kDanglingView, 5, "a/ttnn.add");

    const std::vector<Holder> operations = holders(test.model, GroupBy::kOperation);
    ASSERT_EQ(operations.size(), 2u);
    EXPECT_EQ(operations[0].name, std::nullopt);
    EXPECT_EQ(operations[0].device_bytes, 1000u);
    EXPECT_EQ(operations[1].name, "ttnn.add");
    EXPECT_EQ(operations[1].buffers, 2u);
    EXPECT_EQ(operations[1].allocated_bytes, 110u);
    EXPECT_EQ(operations[1].device_bytes, 220u);

    const std::vector<Holder> kinds = holders(test.model, GroupBy::kKind, api::DeviceIndex(0));
    ASSERT_EQ(kinds.size(), 2u);
    EXPECT_EQ(kinds[0].name, "dram");
    EXPECT_EQ(kinds[0].device_bytes, 100u) << "of that device alone";

    test.model.buffers[0].process = 1;
    EXPECT_EQ(holders(test.model, GroupBy::kOperation).size(), 3u) << "processes apart";
}

TEST(Holders, WordsOfGroups) {
    for (const GroupBy by : {GroupBy::kScope, GroupBy::kOperation, GroupBy::kLine, GroupBy::kTensor, GroupBy::kKind}) {
        EXPECT_EQ(group_by(to_string(by)), by);
    }
    EXPECT_EQ(group_by("size"), std::nullopt);
}

}  // namespace
}  // namespace ttmem::inventory
