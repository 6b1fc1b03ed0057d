// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "suggest.hpp"

#include <algorithm>
#include <cstddef>

namespace ttmem {
namespace {

constexpr size_t kLongestWord = 64;  // the work is the product of two lengths

// Damerau and Levenshtein's distance, where no part is changed twice.
size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<size_t>> costs(a.size() + 1, std::vector<size_t>(b.size() + 1));
    for (size_t i = 0; i <= a.size(); ++i) {
        costs[i][0] = i;
    }
    for (size_t j = 0; j <= b.size(); ++j) {
        costs[0][j] = j;
    }
    for (size_t i = 1; i <= a.size(); ++i) {
        for (size_t j = 1; j <= b.size(); ++j) {
            costs[i][j] = std::min(
                {costs[i - 1][j] + 1, costs[i][j - 1] + 1, costs[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                costs[i][j] = std::min(costs[i][j], costs[i - 2][j - 2] + 1);
            }
        }
    }
    return costs[a.size()][b.size()];
}

}  // namespace

std::string nearest_word(std::string_view word, const std::vector<std::string>& known) {
    if (word.empty() || word.size() > kLongestWord) {
        return "";
    }
    const auto begins = [word](const std::string& name) { return std::string_view(name).starts_with(word); };
    if (std::count_if(known.begin(), known.end(), begins) == 1) {
        return *std::find_if(known.begin(), known.end(), begins);
    }
    std::string nearest;
    size_t least = std::max<size_t>(word.size() / 3, 1) + 1;
    for (const std::string& name : known) {
        const size_t away = distance(word, name);
        if (away < least && away < name.size()) {
            least = away;
            nearest = name;
        }
    }
    return nearest;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& known) {
    const std::string nearest = nearest_word(word, known);
    return nearest.empty() ? "" : "; did you mean " + nearest + "?";
}

}  // namespace ttmem
