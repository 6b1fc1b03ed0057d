// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/sections.hpp"

#include <cstring>

#include "ledger/write/store.hpp"
#include "ledger/write/test_point.hpp"

namespace ttmem::ledger {

bool Sections::create(uint64_t nonce, uint64_t first_bytes, uint64_t most_bytes, FileError& error) noexcept {
    next_offset_ = kFirstSectionOffset;
    return file_.create(nonce, first_bytes, most_bytes, error);
}

bool Sections::ensure_room(uint64_t bytes, uint32_t sections) noexcept {
    if (header().section_count.load(std::memory_order_relaxed) + sections > kMaxSections) {
        return false;
    }
    const uint64_t end = next_offset_ + bytes;
    return end <= file_.bytes() || file_.extend(end - file_.bytes()) != 0;
}

uint64_t Sections::add(uint32_t kind, uint32_t owner, uint32_t first_index, uint32_t count, uint32_t stride) noexcept {
    const uint64_t wanted = whole_pages(uint64_t{count} * stride);
    if (!ensure_room(wanted, 1)) {
        return 0;
    }
    const uint32_t sections = header().section_count.load(std::memory_order_relaxed);
    const uint64_t offset = next_offset_;
    next_offset_ += wanted;
    at<SectionEntry>(kDirectoryOffset)[sections] = {kind, owner, offset, first_index, count, stride, 0};
    TTMEM_TEST_POINT("section entered");
    put(header().section_count, sections + 1);
    TTMEM_TEST_POINT("section named");
    return offset;
}

uint64_t Sections::read(uint64_t offset, void* to, uint64_t bytes) const noexcept {
    const uint64_t end = file_.bytes();
    if (offset >= end) {
        return 0;
    }
    const uint64_t count = bytes < end - offset ? bytes : end - offset;
    std::memcpy(to, file_.data() + offset, count);
    std::atomic_thread_fence(std::memory_order_acquire);  // each copy is ordered before the next
    return count;
}

}  // namespace ttmem::ledger
