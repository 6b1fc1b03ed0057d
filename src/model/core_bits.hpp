// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A set of logical cores as one bit each. No chip has more than 64 of them in a row or a column; ranges beyond are cut.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/l1.hpp"

namespace ttmem::inventory {

class CoreBits {
public:
    static constexpr uint32_t kSide = 64;
    static constexpr uint32_t kPlaces = kSide * kSide;  // a core's place is y * kSide + x

    // Both ends inside.
    void add(uint32_t start_x, uint32_t start_y, uint32_t end_x, uint32_t end_y) {
        if (start_x >= kSide || end_x < start_x) {
            return;
        }
        const uint32_t width = std::min(end_x, kSide - 1) - start_x + 1;
        const uint64_t columns = (width == kSide ? ~uint64_t{0} : (uint64_t{1} << width) - 1) << start_x;
        for (uint32_t y = start_y; y <= std::min(end_y, kSide - 1); ++y) {
            rows_[y] |= columns;
        }
    }
    void add(const api::CoreSet& ranges) {
        for (const api::CoreRange& range : ranges) {
            add(range.start.x, range.start.y, range.end.x, range.end.y);
        }
    }
    void add(const CoreBits& others) {
        for (uint32_t y = 0; y < kSide; ++y) {
            rows_[y] |= others.rows_[y];
        }
    }
    bool has_place(uint32_t place) const { return (rows_[place / kSide] >> place % kSide & 1) != 0; }
    void add_place(uint32_t place) { rows_[place / kSide] |= uint64_t{1} << place % kSide; }
    void keep(const CoreBits& others) {
        for (uint32_t y = 0; y < kSide; ++y) {
            rows_[y] &= others.rows_[y];
        }
    }

    uint64_t count() const {
        uint64_t sum = 0;
        for (const uint64_t row : rows_) {
            sum += static_cast<uint64_t>(std::popcount(row));
        }
        return sum;
    }

    // Visits the place of each core, row by row.
    template <typename Visit>
    void for_each(Visit visit) const {
        for (uint32_t y = 0; y < kSide; ++y) {
            for (uint64_t row = rows_[y]; row != 0; row &= row - 1) {
                visit(y * kSide + static_cast<uint32_t>(std::countr_zero(row)));
            }
        }
    }

    static uint32_t place_of(uint32_t x, uint32_t y) { return std::min(y, kSide - 1) * kSide + std::min(x, kSide - 1); }
    static api::Core core_at(uint32_t place) {
        return {static_cast<uint16_t>(place % kSide), static_cast<uint16_t>(place / kSide)};
    }

    // As few rectangles as a simple sweep finds, by their upper left corners.
    api::CoreSet ranges() const {
        api::CoreSet found;
        CoreBits rest = *this;
        for (uint32_t y = 0; y < kSide; ++y) {
            while (rest.rows_[y] != 0) {
                const auto x = static_cast<uint32_t>(std::countr_zero(rest.rows_[y]));
                const auto width = static_cast<uint32_t>(std::countr_one(rest.rows_[y] >> x));
                const uint64_t columns = (width == kSide ? ~uint64_t{0} : (uint64_t{1} << width) - 1) << x;
                uint32_t end = y;
                while (end + 1 < kSide && (rest.rows_[end + 1] & columns) == columns) {
                    ++end;
                }
                for (uint32_t row = y; row <= end; ++row) {
                    rest.rows_[row] &= ~columns;
                }
                found.push_back({core_at(y * kSide + x), core_at(end * kSide + x + width - 1)});
            }
        }
        return found;
    }

    auto operator<=>(const CoreBits&) const = default;

private:
    std::array<uint64_t, kSide> rows_{};
};

}  // namespace ttmem::inventory
