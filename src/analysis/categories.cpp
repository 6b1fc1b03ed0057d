// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/categories.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <iterator>

#include "base/saturate.hpp"

namespace ttmem::analysis {

namespace {

constexpr std::string_view kCacheWords[] = {"cache", "caches", "kvcache", "kvcaches", "kv"};
constexpr std::string_view kActivationWords[] = {"activation", "activations"};
constexpr std::string_view kWeightWords[] = {"weight", "weights", "bias", "biases", "gamma", "beta",      "wq",
                                             "wk",     "wv",      "wo",   "wqkv",   "w1",    "w2",        "w3",
                                             "wte",    "wpe",     "qkv",  "kernel", "embed", "embedding", "embeddings"};

template <size_t kCount>
bool is_among(std::string_view word, const std::string_view (&words)[kCount]) {
    return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

// Times of events and of buffers are made of clock ticks at each reading, and differ by less: a step may begin with the
// very allocation of a buffer.
constexpr uint64_t kClockNs = 10'000;

// In lower case; numbers are no words, and "KeyCache" is two.
std::vector<std::string> words_of(std::string_view label) {
    std::vector<std::string> words;
    bool within = false;
    char before = '\0';
    for (const char letter : label) {
        const auto byte = static_cast<unsigned char>(letter);
        if (std::isalnum(byte) == 0) {
            within = false;
        } else {
            if (!within || (std::isupper(byte) != 0 && std::islower(static_cast<unsigned char>(before)) != 0)) {
                words.emplace_back();
            }
            words.back() += static_cast<char>(std::tolower(byte));
            within = true;
        }
        before = letter;
    }
    std::erase_if(words, [](const std::string& word) {
        return std::all_of(word.begin(), word.end(), [](unsigned char byte) { return std::isdigit(byte) != 0; });
    });
    return words;
}

}  // namespace

std::string_view to_string(Category category) {
    switch (category) {
        case Category::kWeights:
            return "weights";
        case Category::kCaches:
            return "caches";
        case Category::kWeightsOrCaches:
            return "weights_or_caches";
        case Category::kActivations:
            return "activations";
        case Category::kKernels:
            return "kernels";
        case Category::kUnknown:
            return "unknown";
    }
    return "";
}

Category category_of_label(std::string_view label) {
    const std::vector<std::string> words = words_of(label);
    for (const std::string& word : words) {
        if (is_among(word, kCacheWords)) {
            return Category::kCaches;
        }
        if (is_among(word, kActivationWords)) {
            return Category::kActivations;
        }
    }
    return !words.empty() && is_among(words.back(), kWeightWords) ? Category::kWeights : Category::kUnknown;
}

Category category_of(const api::Model& model, const api::Buffer& buffer, const Course* course) {
    if (buffer.kernel_binaries) {
        return Category::kKernels;
    }
    const Category by_label = category_of_label(buffer.label.value_or(""));
    if (by_label != Category::kUnknown || course == nullptr || !course->step || buffer.allocated_at_ns == 0) {
        return by_label;
    }
    const uint64_t made_ns = saturating_sum(buffer.allocated_at_ns, kClockNs);
    if (made_ns >= course->last_step_ns) {
        return Category::kActivations;
    }
    if (made_ns >= course->first_step_ns) {
        return Category::kUnknown;  // made in a step before, and kept
    }
    const std::optional<std::string> place = place_of(inventory::maker_of(model, buffer));
    const bool grows = std::any_of(course->rows.begin(), course->rows.end(),
                                   [&place](const GrowthRow& row) { return row.name == place; });
    return grows ? Category::kUnknown : Category::kWeightsOrCaches;
}

std::vector<CategorySum> categories(const api::Model& model, const std::vector<api::BufferIndex>& buffers,
                                    const Course* course) {
    std::array<CategorySum, static_cast<size_t>(Category::kUnknown) + 1> sums;
    for (const api::BufferIndex index : buffers) {
        const Category category = category_of(model, model.buffers[index], course);
        CategorySum& sum = sums[static_cast<size_t>(category)];
        sum.category = category;
        ++sum.buffers;
        saturating_add(sum.bytes, model.buffers[index].allocated_bytes);
    }
    std::vector<CategorySum> found;
    std::copy_if(sums.begin(), sums.end(), std::back_inserter(found),
                 [](const CategorySum& sum) { return sum.buffers != 0; });
    return found;
}

std::optional<std::string> place_of(const inventory::Maker& maker) {
    return maker.line ? maker.line : maker.operation ? maker.operation : maker.scope;
}

}  // namespace ttmem::analysis
