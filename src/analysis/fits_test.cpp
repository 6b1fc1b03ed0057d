// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/fits.hpp"

#include <gtest/gtest.h>

#include <string>

#include "analysis/model_test_support.hpp"
#include "analysis/tensor_words.hpp"

namespace ttmem::analysis {
namespace {

using api::MemoryKind;
using inventory::testing::TestModel;

TensorQuestion question(const std::string& shape, const std::string& type = "bfloat16",
                        const std::string& layout = "tile") {
    return question_of({shape, type, layout, {}, {}, {}, {}}).value();
}

TensorSize size(const TensorQuestion& asked) {
    return size_of(asked).value();
}

TEST(TensorSize, InterleavedTilesGoRoundTheBanks) {
    const TensorSize tiles = size(question("1,3,33,65"));
    EXPECT_EQ(tiles.padded_shape, (std::vector<uint64_t>{1, 3, 64, 96}));
    EXPECT_EQ(tiles.page_bytes, 2048u);
    EXPECT_EQ(tiles.pages, 3u * 2 * 3);
    EXPECT_EQ(bytes_per_bank(tiles, {0, 1 << 30, 12, 32}), 2u * 2048);
    EXPECT_EQ(bytes_per_bank(size(question("32,32", "bfloat4_b")), {0, 1 << 30, 12, 64}), 576u);
    EXPECT_EQ(bytes_per_bank(size(question("32,32", "bfloat8_b")), {0, 1 << 30, 12, 64}), 1088u);
}

TEST(TensorSize, RowsArePages) {
    const TensorSize rows = size(question("2,5,7", "float32", "row_major"));
    EXPECT_EQ(rows.page_bytes, 28u);
    EXPECT_EQ(rows.pages, 10u);
    EXPECT_EQ(bytes_per_bank(rows, {0, 1 << 20, 4, 32}), 3u * 32);
    EXPECT_EQ(size(question("9", "uint8", "row_major")).pages, 1u);
}

TEST(TensorSize, AShardTakesItsBytesInEveryBank) {
    const auto sharded = [](const std::string& how, const std::string& shard, const std::string& cores,
                            const std::string& layout) {
        return question_of({"64,256", "bfloat16", layout, "l1", how, shard, cores}).value();
    };
    const api::Banks banks{0, 1 << 20, 64, 16};
    EXPECT_EQ(bytes_per_bank(size(sharded("height", "32x256", "", "tile")), banks), 8u * 2048);
    EXPECT_EQ(size(sharded("height", "32x256", "", "tile")).shards, 2u);
    EXPECT_EQ(bytes_per_bank(size(sharded("width", "", "8x1", "tile")), banks), 2u * 2048);
    EXPECT_EQ(bytes_per_bank(size(sharded("block", "", "4x2", "tile")), banks), 2u * 2048);
    EXPECT_EQ(bytes_per_bank(size(sharded("width", "64x100", "", "row_major")), banks), 64u * 208);
    EXPECT_EQ(size(sharded("width", "64x100", "", "row_major")).shards, 3u);
}

TEST(TensorSize, NonsenseIsNamed) {
    const auto error = [](TensorWords words) {
        const Result<TensorQuestion> asked = question_of(words);
        return asked ? size_of(asked.value()).error().message : asked.error().message;
    };
    EXPECT_EQ(error({"", {}, {}, {}, {}, {}, {}}),
              "\"\" is no shape (whole numbers with commas or crosses between, as 1,32,4096,4096; at most 8)");
    EXPECT_NE(error({"1,2,", {}, {}, {}, {}, {}, {}}).find("is no shape"), std::string::npos);
    EXPECT_NE(error({"-3", {}, {}, {}, {}, {}, {}}).find("is no shape"), std::string::npos);
    EXPECT_NE(error({"0,2", {}, {}, {}, {}, {}, {}}).find("a dimension of the shape is 0"), std::string::npos);
    EXPECT_NE(error({"4294967296", {}, {}, {}, {}, {}, {}}).find("4294967296"), std::string::npos);
    EXPECT_NE(error({"4294967295,4294967295,4294967295", {}, {}, {}, {}, {}, {}}).find("larger than any memory"),
              std::string::npos);
    EXPECT_NE(error({"2,2", "float8", {}, {}, {}, {}, {}}).find("bfloat8_b"), std::string::npos);
    EXPECT_NE(error({"2,2", "bfloat8_b", "row_major", {}, {}, {}, {}}).find("tile layout"), std::string::npos);
    EXPECT_NE(error({"2,2", {}, {}, "sram", {}, {}, {}}).find("l1_small"), std::string::npos);
    EXPECT_NE(error({"2,2", {}, {}, "l1_small", {}, {}, {}}).find("sharded"), std::string::npos);
    EXPECT_NE(error({"2,2", {}, {}, {}, "height", {}, {}}).find("grid of cores"), std::string::npos);
    EXPECT_NE(error({"2,2", {}, {}, {}, "height", "31x32", {}}).find("whole tiles"), std::string::npos);
    EXPECT_NE(error({"2,2", {}, {}, {}, {}, "32x32", {}}).find("interleaved"), std::string::npos);
}

TEST(Fits, SaysWhereAndElseWhatWouldHelp) {
    TestModel test;
    const api::AllocatorIndex allocator = test.add_allocator({0});
    // Two thirds of each bank, from its lower end on.
    const uint64_t taken = TestModel::kDramBank / 3 / 32 * 64;
    test.add_buffer(allocator, api::BufferKind::kDram, TestModel::kDramBase, taken);
    const auto tiles = [](uint64_t per_bank) { return question("32," + std::to_string(32 * 12 * (per_bank / 2048))); };
    const uint64_t left = TestModel::kDramBank - taken;

    const auto small = fits(test.model, 0, tiles(left)).value();
    ASSERT_EQ(small.size(), 1u);
    EXPECT_EQ(small[0].address, TestModel::kDramBase + taken);
    EXPECT_EQ(small[0].largest_free_bytes_per_bank, left);
    EXPECT_TRUE(test.model.failures.empty());

    const auto large = fits(test.model, 0, tiles(left + 2048)).value();
    ASSERT_EQ(large.size(), 1u);
    EXPECT_FALSE(large[0].address);
    EXPECT_EQ(large[0].why.verdict, Verdict::kFull);
    ASSERT_FALSE(large[0].why.advice.empty());
    EXPECT_EQ(large[0].why.advice[0].action, Action::kFree);
    EXPECT_EQ(large[0].why.advice[0].buffers, std::vector<api::BufferIndex>{0});

    EXPECT_EQ(fits(test.model, 0, tiles(2 * TestModel::kDramBank)).value()[0].why.verdict, Verdict::kLargerThanDevice);
    EXPECT_TRUE(fits(test.model, 1, tiles(2048)).value().empty());
}

TEST(Fits, MoreShardsThanBanksAreRefused) {
    TestModel test;
    test.add_allocator({0});
    const TensorQuestion asked = question_of({"2080,32", "bfloat16", "tile", "l1", "height", "32x32", {}}).value();
    const auto answer = fits(test.model, 0, asked);
    ASSERT_FALSE(answer);
    EXPECT_NE(answer.error().message.find("65 shards"), std::string::npos) << answer.error().message;
}

TEST(Fits, AnEmptyBoardIsAsLargeAsItSays) {
    api::Model model = model_of({"wormhole_b0", "n150", 12, uint64_t{12} << 30, 64, uint64_t{64} << 20});
    const auto answer = fits(model, 0, question("32,32")).value();
    ASSERT_EQ(answer.size(), 1u);
    EXPECT_TRUE(answer[0].address);
    EXPECT_EQ(answer[0].free_bytes_per_bank, uint64_t{1} << 30);
}

}  // namespace
}  // namespace ttmem::analysis
