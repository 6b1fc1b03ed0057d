// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Values by 64-bit ids, in one block of memory: linear probing, and deletion that moves later entries back, so that a
// program which allocates and frees in turn touches the same few lines of cache and never the heap. Ids come from files
// that may be hostile, so they are multiplied by a number that differs from run to run. Not thread safe.
#pragma once

#include <bit>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace ttmem {

template <typename Value>
class IdTable {
public:
    size_t size() const { return size_; }

    Value* find(uint64_t id) {
        const size_t at = place_of(id);
        return at == kNowhere ? nullptr : &values_[at];
    }
    const Value* find(uint64_t id) const {
        const size_t at = place_of(id);
        return at == kNowhere ? nullptr : &values_[at];
    }

    // The value of the id and whether it is new. Pointers from before are void.
    std::pair<Value*, bool> insert(uint64_t id) {
        if ((size_ + 1) * 4 > ids_.size() * 3) {
            grow();
        }
        size_t at = home_of(id);
        for (; used_[at] != 0; at = next(at)) {
            if (ids_[at] == id) {
                return {&values_[at], false};
            }
        }
        used_[at] = 1;
        ids_[at] = id;
        values_[at] = Value();
        ++size_;
        return {&values_[at], true};
    }

    bool erase(uint64_t id) {
        size_t hole = place_of(id);
        if (hole == kNowhere) {
            return false;
        }
        // An entry after the hole is moved into it unless its home lies between the hole and itself.
        for (size_t at = next(hole); used_[at] != 0; at = next(at)) {
            const size_t from_home = (at - home_of(ids_[at])) & mask();
            if (from_home >= ((at - hole) & mask())) {
                ids_[hole] = ids_[at];
                values_[hole] = std::move(values_[at]);
                hole = at;
            }
        }
        used_[hole] = 0;
        --size_;
        return true;
    }

    void clear() {
        ids_.clear();
        used_.clear();
        values_.clear();
        size_ = 0;
    }

    template <typename Each>
    void for_each(const Each& each) const {
        for (size_t at = 0; at < used_.size(); ++at) {
            if (used_[at] != 0) {
                each(values_[at]);
            }
        }
    }

private:
    static constexpr size_t kNowhere = ~size_t{0};
    static constexpr size_t kFirstSize = 64;

    size_t mask() const { return ids_.size() - 1; }
    size_t next(size_t at) const { return (at + 1) & mask(); }
    static uint64_t multiplier_of_run() {
        static const uint64_t kMultiplier = (uint64_t{std::random_device()()} << 32 | std::random_device()()) | 1;
        return kMultiplier;
    }
    size_t home_of(uint64_t id) const {
        return static_cast<size_t>(id * multiplier_ >> (64 - std::countr_zero(ids_.size())));
    }
    size_t place_of(uint64_t id) const {
        if (size_ == 0) {
            return kNowhere;
        }
        for (size_t at = home_of(id); used_[at] != 0; at = next(at)) {
            if (ids_[at] == id) {
                return at;
            }
        }
        return kNowhere;
    }
    void grow() {
        IdTable larger;
        const size_t size = ids_.empty() ? kFirstSize : ids_.size() * 2;
        larger.ids_.resize(size);
        larger.used_.resize(size);
        larger.values_.resize(size);
        for (size_t at = 0; at < used_.size(); ++at) {
            if (used_[at] != 0) {
                *larger.insert(ids_[at]).first = std::move(values_[at]);
            }
        }
        *this = std::move(larger);
    }

    std::vector<uint64_t> ids_;  // a power of two
    std::vector<uint8_t> used_;
    std::vector<Value> values_;
    size_t size_ = 0;
    uint64_t multiplier_ = multiplier_of_run();
};

}  // namespace ttmem
