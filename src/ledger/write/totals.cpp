// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A process's questions to its own ledger, answered while its other threads write.
#include <cstring>
#include <mutex>

#include "ledger/write/buffer_events.hpp"

namespace ttmem::ledger {
namespace {

constexpr uint64_t kMostContextNameBytes = 512;

}  // namespace

uint64_t Writer::read(uint64_t offset, void* to, uint64_t bytes) const noexcept {
    const uint64_t end = file_.bytes();
    if (offset >= end) {
        return 0;
    }
    const uint64_t count = bytes < end - offset ? bytes : end - offset;
    std::memcpy(to, file_.data() + offset, count);
    std::atomic_thread_fence(std::memory_order_acquire);  // each copy is ordered before the next
    return count;
}

OwnTotals Writer::own_totals(uint32_t allocator, uint32_t account) const noexcept {
    OwnTotals sums{};
    if (allocator >= header_->allocator_count.load(std::memory_order_acquire) || account >= kAccounts) {
        return sums;
    }
    // Frees are read before allocations: a sum may then be too large for a moment, never smaller than what is held.
    const uint32_t shards = shard_count_.load(std::memory_order_acquire);
    uint64_t freed_requested = 0;
    for (uint32_t i = 0; i < shards; ++i) {
        const CounterLine& counters = counter(shards_[i], allocator, account);
        sums.frees += counters.frees.load(std::memory_order_acquire);
        sums.freed_bytes += counters.freed_bytes.load(std::memory_order_acquire);
        freed_requested += counters.freed_requested.load(std::memory_order_acquire);
    }
    uint64_t requested = 0;
    for (uint32_t i = 0; i < shards; ++i) {
        const CounterLine& counters = counter(shards_[i], allocator, account);
        requested += counters.allocated_requested.load(std::memory_order_acquire);
        sums.allocated_bytes += counters.allocated_bytes.load(std::memory_order_acquire);
        sums.allocations += counters.allocations.load(std::memory_order_acquire);
        sums.failures += get(counters.failures);
    }
    sums.buffers = sums.allocations - sums.frees;
    sums.bytes = sums.allocated_bytes - sums.freed_bytes;
    sums.requested_bytes = requested - freed_requested;
    const TotalLine& line = total(allocator, account);
    sums.recent_peak_bytes = get(line.recent_peak_bytes);
    sums.peak_bytes = get(line.peak_bytes);
    return sums;
}

uint32_t Writer::own_allocators(int32_t logical_id, OwnAllocator* to, uint32_t room) noexcept {
    const std::lock_guard<SpinLock> guard(growth_lock_);
    uint32_t found = 0;
    const uint32_t count = header_->allocator_count.load(std::memory_order_relaxed);
    for (uint32_t i = 0; i < count; ++i) {
        const AllocatorRecord& record = allocators_[i / kAllocatorsPerSection][i % kAllocatorsPerSection];
        if (logical_id >= 0 && !covers(record, logical_id)) {
            continue;
        }
        if (found < room) {
            to[found] = {
                i,
                record.mesh_id,
                record.state.load(std::memory_order_relaxed) == kAllocatorOpen,
                device_set(record.device_set)->bytes > 4 && single_device_rows_[i].load(std::memory_order_relaxed) != 0,
                record.generation > 1 ? 0 : record.opened_ticks,
                record.closed_ticks.load(std::memory_order_relaxed)};
        }
        ++found;
    }
    return found;
}

int32_t Writer::own_default_device() noexcept {
    const std::lock_guard<SpinLock> guard(growth_lock_);
    int32_t lowest[2] = {-1, -1};  // of open allocators, of closed ones
    const uint32_t count = header_->allocator_count.load(std::memory_order_relaxed);
    for (uint32_t i = 0; i < count; ++i) {
        const AllocatorRecord& record = allocators_[i / kAllocatorsPerSection][i % kAllocatorsPerSection];
        int32_t& best = lowest[record.state.load(std::memory_order_relaxed) == kAllocatorOpen ? 0 : 1];
        const InternedHeader* set = device_set(record.device_set);
        for (uint32_t k = 0; set != nullptr && k < set->bytes / 4; ++k) {
            const int32_t id = devices_[reinterpret_cast<const uint32_t*>(set + 1)[k]].logical_id;
            best = best < 0 || id < best ? id : best;
        }
    }
    return lowest[0] >= 0 ? lowest[0] : lowest[1];
}

bool Writer::covers(const AllocatorRecord& record, int32_t logical_id) const noexcept {
    const InternedHeader* set = device_set(record.device_set);
    for (uint32_t k = 0; set != nullptr && k < set->bytes / 4; ++k) {
        if (devices_[reinterpret_cast<const uint32_t*>(set + 1)[k]].logical_id == logical_id) {
            return true;
        }
    }
    return false;
}

// The growth lock is held, by these three.
const InternedHeader* Writer::device_set(uint32_t offset) const noexcept {
    for (uint32_t i = 0; i < interned_count_; ++i) {
        if (offset - interned_[i].first < interned_[i].count) {
            return at<InternedHeader>(interned_[i].offset + offset - interned_[i].first);
        }
    }
    return nullptr;
}

uint32_t Writer::largest_contexts(uint32_t allocator, uint32_t account, HolderRecord* to,
                                  uint32_t room) const noexcept {
    constexpr uint32_t kMostRecords = 32'768;
    constexpr uint32_t kMostSums = 256;  // a power of two
    HolderRecord sums[kMostSums] = {};
    uint32_t used = 0;
    for (uint32_t i = 0; i < kMostRecords && i < max_buffers_; ++i) {
        const BufferRecord* records = buffers_[i / kBuffersPerExtent].records.load(std::memory_order_acquire);
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
            if (used == kMostSums - 1) {
                continue;
            }
            ++used;
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

uint64_t Writer::restart_peak(const ThreadSlot& slot, uint32_t allocator, uint32_t account) noexcept {
    if (allocator >= header_->allocator_count.load(std::memory_order_acquire) || account >= kAccounts) {
        return 0;
    }
    const AllShards guard(shards_, slot);
    take_slack_back(allocator, account);
    TotalLine& line = total(allocator, account);
    const uint64_t before = get(line.recent_peak_bytes);
    put(line.recent_peak_bytes, get(line.claimed_bytes));
    TTMEM_TEST_POINT("peak restarted");
    restart_extremes(slot, allocator, account);
    return before;
}

void Writer::name_context(uint16_t context, const char* name) noexcept {
    struct {
        SidecarRecord record;
        char text[kMostContextNameBytes + 8];
    } detail{};
    const uint64_t bytes = strnlen(name, kMostContextNameBytes);
    detail.record.type = kSidecarOperation;
    detail.record.id = context;
    detail.record.bytes = static_cast<uint32_t>(bytes);
    std::memcpy(detail.text, name, bytes);
    append_texts(&detail, sizeof(SidecarRecord) + (bytes + 7) / 8 * 8);
}

bool Writer::append_texts(const void* records, uint64_t bytes) noexcept {
    const std::lock_guard<SpinLock> guard(programs_.lock);  // as every append to the sidecar
    if (!file_.append_sidecar(records, bytes)) {
        count_lost(kLostText);
        return false;
    }
    return true;
}

void Writer::set_features(uint32_t set, uint32_t clear) noexcept {
    header_->features.fetch_or(set, std::memory_order_relaxed);
    header_->features.fetch_and(~clear, std::memory_order_relaxed);
}

void Writer::set_stacks(StackState state, uint32_t most_frames) noexcept {
    put(header_->stack_frames, most_frames);
    put(header_->stack_state, uint32_t{state});
    if (state == kStacksOn) {
        set_features(kFeatureStacks, 0);
    } else {
        set_features(0, kFeatureStacks);
    }
}

void Writer::mark_late() noexcept {
    put(header_->late_ticks, now());
}

}  // namespace ttmem::ledger
