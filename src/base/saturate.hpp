// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Sums, products and differences of untrusted figures: they stop at the end of the range.
#pragma once

#include <cstdint>

namespace ttmem {

constexpr uint64_t saturating_sum(uint64_t a, uint64_t b) noexcept {
    uint64_t sum = 0;
    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

constexpr uint64_t saturating_product(uint64_t a, uint64_t b) noexcept {
    uint64_t product = 0;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

constexpr void saturating_add(uint64_t& sum, uint64_t more) noexcept {
    sum = saturating_sum(sum, more);
}

// a - b, between -INT64_MAX and INT64_MAX, so that the result can be negated.
constexpr int64_t saturating_difference(uint64_t a, uint64_t b) noexcept {
    const uint64_t apart = a < b ? b - a : a - b;
    const int64_t bounded = apart > uint64_t{INT64_MAX} ? INT64_MAX : static_cast<int64_t>(apart);
    return a < b ? -bounded : bounded;
}

}  // namespace ttmem
