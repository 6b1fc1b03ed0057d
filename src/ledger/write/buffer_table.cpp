// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/buffer_table.hpp"

#include <algorithm>

#include "ledger/write/private_memory.hpp"

namespace ttmem::ledger {

namespace {

constexpr uint32_t kMostBuffersPerExtent = 4 * kBuffersPerExtent;
constexpr uint32_t kFirstGrowthPause = 256;
constexpr uint32_t kLongestGrowthPause = 65536;

static_assert(BufferTable::kExtentBytes == whole_pages(BufferTable::kExtentBytes));

}  // namespace

bool BufferTable::begin(uint32_t max_buffers) noexcept {
    max_buffers_ = std::clamp(max_buffers, kBuffersPerExtent, 1u << 24) / kBuffersPerExtent * kBuffersPerExtent;
    pool_ = reserve_private<uint32_t>(max_buffers_);
    return pool_ != nullptr;
}

bool BufferTable::grow() noexcept {
    // A file system without room is asked again after a while only: the questions would cost each allocation four
    // system calls.
    if (growth_refused_ > 0) {
        --growth_refused_;
        return false;
    }
    uint32_t count = capacity_ == 0 ? kBuffersPerExtent : kMostBuffersPerExtent;
    if (capacity_ + count > max_buffers_) {
        count = max_buffers_ - capacity_;
    }
    while (count >= kBuffersPerExtent && !sections_.ensure_room(count / kBuffersPerExtent * kExtentBytes, 2)) {
        count /= 2;  // a smaller one may still fit
    }
    if (count < kBuffersPerExtent) {
        growth_pause_ = growth_pause_ == 0 ? kFirstGrowthPause : std::min(growth_pause_ * 2, kLongestGrowthPause);
        growth_refused_ = growth_pause_;
        return false;
    }
    growth_pause_ = 0;
    // The extras first: a reader that finds a record also finds its BufferExtra.
    auto* extras = sections_.add<BufferExtra>(kSectionBufferExtras, 0, capacity_, count);
    auto* records = sections_.add<BufferRecord>(kSectionBuffers, 0, capacity_, count);
    for (uint32_t i = 0; i < count; i += kBuffersPerExtent) {
        Block& block = blocks_[(capacity_ + i) / kBuffersPerExtent];
        block.extras = extras + i;
        block.records.store(records + i, std::memory_order_release);
    }
    capacity_ += count;
    return true;
}

uint32_t BufferTable::fetch(FreeSlots& stack) noexcept {
    while (pool_count_ > 0 && stack.count < kSlotBatch) {
        stack.slots[stack.count++] = pool_[--pool_count_];
    }
    const uint32_t used = this->used();
    if (stack.count == 0 && used == capacity_ && !grow()) {
        return kNone;
    }
    // In falling order, so that the lowest new slot is used first and the file's tail stays untouched.
    const uint32_t fresh = stack.count > 0 ? 0 : capacity_ - used;
    const uint32_t batch = fresh < kSlotBatch ? fresh : kSlotBatch;
    for (uint32_t i = batch; i > 0; --i) {
        stack.slots[stack.count++] = used + i - 1;
    }
    used_.store(used + batch, std::memory_order_relaxed);
    return stack.slots[--stack.count];
}

void BufferTable::give_back(FreeSlots& stack) noexcept {
    constexpr uint32_t kHalf = kMostFreeSlots / 2;
    for (uint32_t i = 0; i < kHalf; ++i) {
        pool_[pool_count_++] = stack.slots[i];
        stack.slots[i] = stack.slots[kHalf + i];
    }
    stack.count -= kHalf;
}

uint32_t BufferTable::largest_contexts(uint32_t allocator, uint32_t account, HolderRecord* to,
                                       uint32_t room) const noexcept {
    constexpr uint32_t kMostRecords = 32'768;
    constexpr uint32_t kMostSums = 256;  // a power of two
    HolderRecord sums[kMostSums] = {};
    uint32_t contexts = 0;
    for (uint32_t i = 0; i < kMostRecords && i < max_buffers_; ++i) {
        const BufferRecord* records = blocks_[i / kBuffersPerExtent].records.load(std::memory_order_acquire);
        if (records == nullptr) {
            break;
        }
        const BufferRecord& buffer = records[i % kBuffersPerExtent];
        if ((buffer.state.load(std::memory_order_acquire) & kStateMask) != kLive || buffer.account != account ||
            buffer.allocator != allocator) {
            continue;
        }
        const uint32_t context = extra(i).context;
        uint32_t at = context * 0x9e3779b1u >> 24;
        while (sums[at].buffers != 0 && sums[at].context != context) {
            at = (at + 1) % kMostSums;
        }
        if (sums[at].buffers == 0) {
            if (contexts == kMostSums - 1) {
                continue;
            }
            ++contexts;
            sums[at].context = context;
        }
        ++sums[at].buffers;
        sums[at].bytes += buffer.bytes_per_bank * buffer.banks;
    }
    uint32_t found = 0;
    for (; found < room; ++found) {
        HolderRecord* most = sums;
        for (HolderRecord& sum : sums) {
            most = sum.bytes > most->bytes ? &sum : most;
        }
        if (most->buffers == 0 || most->bytes == 0) {
            break;
        }
        to[found] = *most;
        most->bytes = 0;
    }
    return found;
}

}  // namespace ttmem::ledger
