// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/interned_sets.hpp"

#include <cstring>
#include <mutex>

#include "ledger/write/store.hpp"
#include "ledger/write/test_point.hpp"

namespace ttmem::ledger {

bool ranges_are_good(const CoreRange* ranges, uint32_t count) noexcept {
    if (count > kMostCoreRanges) {
        return false;
    }
    for (uint32_t i = 0; i < count; ++i) {
        if (ranges[i].start_x > ranges[i].end_x || ranges[i].start_y > ranges[i].end_y ||
            ranges[i].end_x >= kGridSide || ranges[i].end_y >= kGridSide) {
            return false;
        }
    }
    return true;
}

bool InternedSets::add_section(uint32_t bytes) noexcept {
    if (count_ == kMostSections) {
        return false;
    }
    const Extent* last = count_ == 0 ? nullptr : &extents_[count_ - 1];
    const uint32_t first = last == nullptr ? 0 : last->first + last->count;
    const uint64_t offset = sections_.add(kSectionInterned, 0, first, bytes, 1);
    if (offset == 0) {
        return false;
    }
    extents_[count_++] = {offset, first, bytes};
    return true;
}

uint32_t InternedSets::add(InternedType type, const void* payload, uint32_t bytes) noexcept {
    constexpr auto kHeader = static_cast<uint32_t>(sizeof(InternedHeader));
    Word64& interned_bytes = sections_.header().interned_bytes;
    auto used = static_cast<uint32_t>(interned_bytes.load(std::memory_order_relaxed));
    for (uint32_t i = 0; i < count_; ++i) {
        const Extent& extent = extents_[i];
        const uint32_t end = used - extent.first < extent.count ? used - extent.first : extent.count;
        for (uint32_t offset = 0; offset < end;) {
            const auto* header = sections_.at<InternedHeader>(extent.offset + offset);
            if (header->type == type && header->bytes == bytes && std::memcmp(header + 1, payload, bytes) == 0) {
                return extent.first + offset;
            }
            offset += kHeader + (header->bytes + 7) / 8 * 8;
        }
    }
    const uint32_t whole = kHeader + (bytes + 7) / 8 * 8;
    const Extent* extent = &extents_[count_ - 1];
    const uint32_t rest = extent->first + extent->count - used;
    if (whole > rest) {
        // Each as large as all before it; the rest of the last one becomes an entry that is never looked up.
        if (whole > extent->first + extent->count || !add_section(extent->first + extent->count)) {
            return kNone;
        }
        if (rest > 0) {
            *sections_.at<InternedHeader>(extent->offset + used - extent->first) = {0, rest - kHeader};
            used += rest;
        }
        extent = &extents_[count_ - 1];
    }
    auto* header = sections_.at<InternedHeader>(extent->offset + used - extent->first);
    *header = {type, bytes};
    std::memcpy(header + 1, payload, bytes);
    put(interned_bytes, uint64_t{used} + whole);
    TTMEM_TEST_POINT("set interned");
    return used;
}

uint32_t InternedSets::add_cores(const CoreRange* ranges, uint32_t count) noexcept {
    const std::lock_guard<SpinLock> guard(sections_.lock());
    return add(kInternedCoreSet, ranges, count * static_cast<uint32_t>(sizeof *ranges));
}

const InternedHeader* InternedSets::find(uint32_t offset) const noexcept {
    for (uint32_t i = 0; i < count_; ++i) {
        if (offset - extents_[i].first < extents_[i].count) {
            return sections_.at<InternedHeader>(extents_[i].offset + offset - extents_[i].first);
        }
    }
    return nullptr;
}

}  // namespace ttmem::ledger
