// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "analysis/free_list.hpp"

#include <algorithm>
#include <iterator>

#include "analysis/rounding.hpp"

namespace ttmem::analysis {

FreeList::FreeList(const std::vector<api::FreeBlock>& blocks, uint32_t alignment, bool top_down)
    : alignment_(alignment), top_down_(top_down) {
    for (const api::FreeBlock& block : blocks) {
        holes_[block.address] = block.bytes;
    }
}

uint64_t FreeList::rounded(uint64_t bytes) const {
    return rounded_up(bytes, alignment_);
}

std::optional<uint64_t> FreeList::place(uint64_t bytes) {
    const uint64_t wanted = rounded(bytes);
    const auto fits = [&](const auto& hole) { return hole.second >= wanted; };
    auto found = holes_.end();
    if (top_down_) {
        const auto last = std::find_if(holes_.rbegin(), holes_.rend(), fits);
        found = last == holes_.rend() ? holes_.end() : std::prev(last.base());
    } else {
        found = std::find_if(holes_.begin(), holes_.end(), fits);
    }
    if (found == holes_.end()) {
        return std::nullopt;
    }
    const auto [address, size] = *found;
    if (top_down_) {
        found->second -= wanted;
        if (found->second == 0) {
            holes_.erase(found);
        }
        return address + size - wanted;
    }
    holes_.erase(found);
    if (size > wanted) {
        holes_[address + wanted] = size - wanted;
    }
    return address;
}

void FreeList::give_back(uint64_t address, uint64_t bytes) {
    auto next = holes_.lower_bound(address);
    if (next != holes_.end() && next->first == address + bytes) {
        bytes += next->second;
        next = holes_.erase(next);
    }
    if (next != holes_.begin()) {
        const auto before = std::prev(next);
        if (before->first + before->second == address) {
            before->second += bytes;
            return;
        }
    }
    holes_[address] = bytes;
}

uint64_t FreeList::largest() const {
    uint64_t most = 0;
    for (const auto& [address, bytes] : holes_) {
        most = std::max(most, bytes);
    }
    return most;
}

}  // namespace ttmem::analysis
