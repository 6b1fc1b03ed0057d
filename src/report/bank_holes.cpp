// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "report/bank_holes.hpp"

#include <algorithm>
#include <iterator>

#include "base/saturate.hpp"

namespace ttmem::report {

BankHoles::BankHoles(uint64_t base, uint64_t bytes) : base_(base), end_(saturating_sum(base, bytes)) {
    add(base_, end_);
}

void BankHoles::add(uint64_t begin, uint64_t end) {
    if (begin < end) {
        holes_.emplace(begin, end);
        sizes_.insert(end - begin);
        free_bytes_ += end - begin;
    }
}

std::map<uint64_t, uint64_t>::iterator BankHoles::remove(std::map<uint64_t, uint64_t>::iterator hole) {
    const uint64_t bytes = hole->second - hole->first;
    sizes_.erase(sizes_.find(bytes));
    free_bytes_ -= bytes;
    return holes_.erase(hole);
}

bool BankHoles::take(uint64_t address, uint64_t bytes) {
    if (bytes == 0) {
        return known_;
    }
    const uint64_t end = saturating_sum(address, bytes);
    const auto after = holes_.upper_bound(address);
    if (!known_ || after == holes_.begin() || std::prev(after)->second < end) {
        return known_ = false;
    }
    const auto [hole_begin, hole_end] = *std::prev(after);
    remove(std::prev(after));
    add(hole_begin, address);
    add(end, hole_end);
    return true;
}

bool BankHoles::give_back(uint64_t address, uint64_t bytes) {
    if (bytes == 0) {
        return known_;
    }
    uint64_t begin = address, end = saturating_sum(address, bytes);
    auto after = holes_.lower_bound(begin);
    const bool overlaps =
        (after != holes_.end() && after->first < end) || (after != holes_.begin() && std::prev(after)->second > begin);
    if (!known_ || overlaps || begin < base_ || end > end_) {
        return known_ = false;
    }
    if (after != holes_.end() && after->first == end) {
        end = after->second;
        after = remove(after);
    }
    if (after != holes_.begin() && std::prev(after)->second == begin) {
        begin = std::prev(after)->first;
        remove(std::prev(after));
    }
    add(begin, end);
    return true;
}

uint64_t bytes_per_bank(const recording::RecordedProcess& process, const recording::Held& held) {
    static const std::vector<ledger::Allocator> kNone;
    return held.bytes / recording::banks_of(held, process.facts ? process.facts->allocators : kNone);
}

std::optional<ledger::BankGeometry> lockstep_banks(const recording::RecordedProcess& process, uint32_t allocator,
                                                   uint8_t account) {
    if (!process.facts || allocator >= process.facts->allocators.size() || account >= ledger::kBufferTypes) {
        return std::nullopt;
    }
    const ledger::Allocator& facts = process.facts->allocators[allocator];
    const ledger::BankGeometry& banks = facts.geometry[account];
    return facts.hybrid || banks.banks == 0 || banks.bank_bytes == 0 ? std::nullopt : std::optional(banks);
}

}  // namespace ttmem::report
