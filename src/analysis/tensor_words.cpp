// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/tensor_words.hpp"

#include <charconv>
#include <string_view>
#include <vector>

namespace ttmem::analysis {

namespace {

constexpr size_t kMostDimensions = 8;

// Whole numbers between commas or crosses; empty: something else.
std::vector<uint64_t> numbers_of(std::string_view text) {
    std::vector<uint64_t> numbers;
    const char* at = text.data();
    const char* end = text.data() + text.size();
    while (at != end) {
        uint64_t number = 0;
        const auto [next, error] = std::from_chars(at, end, number);
        if (error != std::errc()) {
            return {};
        }
        numbers.push_back(number);
        at = next;
        if (at == end) {
            return numbers;
        }
        if (*at != ',' && *at != 'x') {
            return {};
        }
        ++at;
        if (at == end) {
            return {};
        }
    }
    return numbers;
}

Error wrong(const std::string& name, const std::string& word, const std::string& possible) {
    return Error{"\"" + word + "\" is no " + name + " (" + possible + ")"};
}

Result<Shard> shard_of(const TensorWords& words, const TensorQuestion& question) {
    Shard shard;
    if (words.sharding == "height") {
        shard.sharding = Sharding::kHeight;
    } else if (words.sharding == "width") {
        shard.sharding = Sharding::kWidth;
    } else if (words.sharding == "block") {
        shard.sharding = Sharding::kBlock;
    } else {
        return wrong("sharding", words.sharding, "height, width or block");
    }
    const bool by_shape = !words.shard_shape.empty();
    if (by_shape == !words.cores.empty()) {
        return Error{"a sharded tensor needs the shape of a shard or a grid of cores, one of the two"};
    }
    const std::string& word = by_shape ? words.shard_shape : words.cores;
    const std::vector<uint64_t> pair = numbers_of(word);
    if (pair.size() != 2 || pair[0] == 0 || pair[1] == 0 || pair[0] > UINT32_MAX || pair[1] > UINT32_MAX) {
        return by_shape ? wrong("shape of a shard", word, "HEIGHTxWIDTH in elements, as 64x128")
                        : wrong("grid of cores", word, "COLUMNSxROWS, as 8x8");
    }
    if (by_shape) {
        shard.height = pair[0];
        shard.width = pair[1];
        return shard;
    }
    return shard_over_grid(question, shard.sharding, static_cast<uint32_t>(pair[0]), static_cast<uint32_t>(pair[1]));
}

}  // namespace

Result<TensorQuestion> question_of(const TensorWords& words) {
    TensorQuestion question;
    question.shape = numbers_of(words.shape);
    if (question.shape.empty() || question.shape.size() > kMostDimensions) {
        return wrong("shape", words.shape,
                     "whole numbers with commas or crosses between, as 1,32,4096,4096; at most 8");
    }
    question.data_type = words.data_type.empty() ? "bfloat16" : words.data_type;
    if (!words.layout.empty() && words.layout != "tile" && words.layout != "row_major") {
        return wrong("layout", words.layout, "tile or row_major");
    }
    question.tiled = words.layout != "row_major";
    if (words.memory.empty() || words.memory == "dram") {
        question.kind = api::MemoryKind::kDram;
    } else if (words.memory == "l1") {
        question.kind = api::MemoryKind::kL1;
    } else if (words.memory == "l1_small") {
        question.kind = api::MemoryKind::kL1Small;
    } else {
        return wrong("memory", words.memory, "dram, l1 or l1_small");
    }
    if (words.sharding.empty()) {
        if (!words.shard_shape.empty() || !words.cores.empty()) {
            return Error{"an interleaved tensor has no shards: say how it is sharded (height, width or block)"};
        }
        return question;
    }
    const Result<Shard> shard = shard_of(words, question);
    if (!shard) {
        return shard.error();
    }
    question.shard = shard.value();
    return question;
}

}  // namespace ttmem::analysis
