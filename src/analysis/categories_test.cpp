// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/categories.hpp"

#include <gtest/gtest.h>

#include "analysis/model_test_support.hpp"

namespace ttmem::analysis {
namespace {

using api::BufferKind;
using inventory::testing::TestModel;

TEST(Categories, OfLabels) {
    for (const char* label : {"layers.3.attention.wq", "lm_head.weight", "encoder.0.norm.bias",
                              "tok_embeddings.weights", "layers.1.feed_forward.w2", "Embedding"}) {
        EXPECT_EQ(category_of_label(label), Category::kWeights) << label;
    }
    for (const char* label : {"cache.0.keys", "kv_cache.11", "layers.2.kvCache.weight", "model.KeyCache"}) {
        EXPECT_EQ(category_of_label(label), Category::kCaches) << label;
    }
    EXPECT_EQ(category_of_label("block.activations.0"), Category::kActivations);
    for (const char* label : {"", "3.7", "mask", "weights.mask", "cached", "layers.3.rotary"}) {
        EXPECT_EQ(category_of_label(label), Category::kUnknown) << label;
    }
}

constexpr uint64_t kMs = 1'000'000, kFirst = 100 * kMs, kLast = 200 * kMs;

class CategoriesOfBuffers : public ::testing::Test {
protected:
    CategoriesOfBuffers() {
        test.add_allocator({0});
        course.step = "ttmem.step()";
        course.steps = 9;
        course.first_step_ns = kFirst;
        course.last_step_ns = kLast;
    }

    api::BufferIndex add(uint64_t allocated_at_ns, const std::string& line, uint64_t bytes) {
        const api::BufferIndex index = test.add_buffer(0, BufferKind::kDram, TestModel::kDramBase + bytes, bytes);
        test.model.buffers[index].allocated_at_ns = allocated_at_ns;
        test.model.buffers[index].context = api::ContextIndex(test.model.contexts.size());
        test.model.contexts.emplace_back().stack = {{line, "f", 1, ""}};
        return index;
    }
    Category of(size_t index) const { return category_of(test.model, test.model.buffers[index], &course); }

    TestModel test;
    Course course;
};

TEST_F(CategoriesOfBuffers, AgesTellWhereThereAreSteps) {
    const api::BufferIndex old = add(kFirst - kMs, "load.py", 32), kept = add(kFirst, "step.py", 64),
                           young = add(kLast, "step.py", 96);
    EXPECT_EQ(of(old), Category::kWeightsOrCaches);
    EXPECT_EQ(of(kept), Category::kUnknown) << "made in a step before, and not freed with it";
    EXPECT_EQ(of(young), Category::kActivations);
    course.step.reset();
    EXPECT_EQ(of(old), Category::kUnknown) << "equal parts of the events are no steps";
    EXPECT_EQ(category_of(test.model, test.model.buffers[young], nullptr), Category::kUnknown);
}

TEST_F(CategoriesOfBuffers, AgeMakesNoWeightsOfALeak) {
    const api::BufferIndex leaked = add(5, "leak.py", 32), loaded = add(5, "load.py", 64);
    course.rows.push_back({"leak.py:1", 1, 2, 1, 1});
    EXPECT_EQ(of(leaked), Category::kUnknown);
    EXPECT_EQ(of(loaded), Category::kWeightsOrCaches);
}

TEST_F(CategoriesOfBuffers, ALabelSaysMoreThanAnAge) {
    const api::BufferIndex cache = add(kLast + kMs, "step.py", 32), kernels = add(5, "load.py", 64),
                           other = add(5, "load.py", 96);
    test.model.buffers[cache].label = "cache.0";
    test.model.buffers[kernels].kernel_binaries = true;
    test.model.buffers[other].label = "mask";
    EXPECT_EQ(of(cache), Category::kCaches);
    EXPECT_EQ(of(kernels), Category::kKernels);
    EXPECT_EQ(of(other), Category::kWeightsOrCaches) << "the label says nothing, the age does";
    const auto sums = categories(test.model, {cache, kernels, other}, nullptr);
    ASSERT_EQ(sums.size(), 3u);
    EXPECT_EQ(sums[0].category, Category::kCaches);
    EXPECT_EQ(sums[0].bytes, 32u * 12);
    EXPECT_EQ(sums[2].category, Category::kUnknown);
    EXPECT_EQ(sums[2].buffers, 1u);
}

}  // namespace
}  // namespace ttmem::analysis
