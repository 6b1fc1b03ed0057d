// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/allocator_table.hpp"

#include <cstring>

namespace ttmem::ledger {

bool AllocatorTable::add_block(uint32_t block) noexcept {
    if (totals_[block] != nullptr) {
        return true;
    }
    const uint32_t first = block * kAllocatorsPerSection;
    const uint32_t first_line = block * kLinesPerBlock;
    if (!sections_.ensure_room(kBlockBytes + shards_.count() * Shards::kBlockBytes, 4 + shards_.count())) {
        return false;
    }
    records_[block] = sections_.add<AllocatorRecord>(kSectionAllocators, 0, first, kAllocatorsPerSection);
    watermarks_[block] = sections_.add<WatermarkLine>(kSectionWatermarks, 0, first_line, kLinesPerBlock);
    headroom_[block] = sections_.add<HeadroomRecord>(kSectionHeadroom, 0, first, kAllocatorsPerSection);
    totals_[block] = sections_.add<TotalLine>(kSectionTotals, 0, first_line, kLinesPerBlock);
    shards_.add_counters(block);
    return true;
}

void AllocatorTable::clear_lines(uint32_t allocator) noexcept {
    single_device_rows_[allocator].store(0, std::memory_order_relaxed);
    for (uint32_t account = 0; account < kAccounts; ++account) {
        std::memset(static_cast<void*>(&total(allocator, account)), 0, sizeof(TotalLine));
        std::memset(static_cast<void*>(&watermark(allocator, account)), 0, sizeof(WatermarkLine));
        shards_.clear_counters(allocator, account);
    }
}

}  // namespace ttmem::ledger
