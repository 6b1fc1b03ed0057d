// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/record_runs.hpp"

#include "ledger/write/private_memory.hpp"

namespace ttmem::ledger {

namespace {

uint32_t class_of(uint32_t count) noexcept {
    uint32_t power = 0;
    while ((uint64_t{1} << power) < count) {
        ++power;
    }
    return power;
}

}  // namespace

uint32_t RecordRuns::take(uint32_t count) noexcept {
    if (count == 0) {
        return 0;
    }
    const uint32_t size_class = class_of(count);
    if (size_class >= kClasses) {
        return kNone;
    }
    if (free_runs_[size_class] != 0) {
        const uint32_t first = free_runs_[size_class] - 1;
        free_runs_[size_class] = next_[first];
        return first;
    }
    const uint32_t wanted = 1u << size_class;
    if (capacity_ - used_ < wanted) {
        return kNone;
    }
    const uint32_t first = used_;
    used_ += wanted;
    return first;
}

bool RecordRuns::grow(uint32_t count) noexcept {
    const uint32_t more = capacity_ == 0 ? first_ : capacity_;
    if (class_of(count) >= kClasses || extent_count_ == kExtents || capacity_ + more > most_) {
        return false;
    }
    if (next_ == nullptr) {
        next_ = reserve_private<uint32_t>(most_);
    }
    const uint64_t offset = next_ == nullptr ? 0 : sections_.add(kind_, 0, capacity_, more, record_bytes_);
    if (offset == 0) {
        return false;
    }
    extents_[extent_count_++] = {offset, capacity_, more};
    capacity_ += more;
    return true;
}

void RecordRuns::give(uint32_t first, uint32_t count) noexcept {
    if (count == 0 || first == kNone) {
        return;
    }
    const uint32_t size_class = class_of(count);
    next_[first] = free_runs_[size_class];
    free_runs_[size_class] = first + 1;
}

}  // namespace ttmem::ledger
