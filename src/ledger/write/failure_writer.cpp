// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/failure_writer.hpp"

#include <mutex>

#include "ledger/write/store.hpp"
#include "ledger/write/test_point.hpp"

namespace ttmem::ledger {

// Its number. The lock of the sections is held.
uint64_t FailureWriter::add(const ThreadSlot& slot, uint64_t ticks, const NewFailure& from) noexcept {
    FileHeader& header = tables_.sections.header();
    const uint64_t number = get(header.failure_count);
    FailureRecord& to = records_[number % kRecords];
    put(to.sequence, 2 * number + 1);
    std::atomic_thread_fence(std::memory_order_release);
    to.ticks = ticks;
    to.type = from.type;
    to.thread = slot.thread;
    to.allocator = from.allocator;
    to.account = from.account;
    to.layout = from.layout;
    to.banks = from.banks;
    to.requested_bytes = from.requested_bytes;
    to.bytes_per_bank = from.bytes_per_bank;
    to.largest_free_per_bank = from.largest_free_per_bank;
    to.allocated_bytes = from.allocated_bytes;
    to.program_id = from.program_id;
    to.buffer_id = from.buffer_id;
    to.end_address = from.end_address;
    to.buffer_address = from.buffer_address;
    to.core_set = from.core_set;
    to.context = slot.context();
    to.kernels = from.kernels;
    to.region_kind = from.region_kind;
    to.scratchpad_bytes = from.scratchpad_bytes;
    to.limit_bytes = from.limit_bytes;
    to.available_bytes = from.available_bytes;
    to.picture = from.picture;
    to.tensor = slot.tensor;
    to.exception = from.exception;
    put(to.handled, 0u);
    to.sub_device = from.sub_device;
    to.events = tables_.shards.events_so_far().events;
    to.wanted_bytes_per_core = from.wanted_bytes_per_core;
    TTMEM_TEST_POINT("failure written");
    put(to.sequence, 2 * number + 2);
    put(header.failure_count, number + 1);
    TTMEM_TEST_POINT("failure counted");
    return number;
}

uint64_t FailureWriter::refuse_buffer(ThreadSlot& slot, const NewBuffer& wanted, NewFailure failure) noexcept {
    const uint64_t ticks = tables_.header.now();
    failure.type = kFailureOutOfMemory;
    failure.allocator = wanted.allocator;
    failure.account = wanted.account;
    failure.layout = wanted.layout;
    failure.banks = wanted.banks;
    failure.requested_bytes = wanted.requested_bytes;
    failure.bytes_per_bank = wanted.bytes_per_bank;
    if (failure.largest_free_per_bank != kUnknown64 && !tables_.allocators.is_hybrid(wanted.allocator)) {
        extremes_.note_largest_free(wanted.allocator, wanted.account, failure.largest_free_per_bank);
    }
    const OpenPicture picture = pictures_.begin(slot, ticks, wanted.allocator, wanted.account);
    failure.picture = picture.number;
    uint64_t number = 0;
    {
        const std::lock_guard<SpinLock> guard(tables_.sections.lock());
        failure.allocated_bytes = totals_.held_bytes(wanted.allocator, wanted.account);
        number = add(slot, ticks, failure);
    }
    pictures_.finish(slot, picture, number);
    Shard& shard = tables_.shards[slot.shard];
    const ShardGuard guard(shard.lock, !slot.shared);
    CounterLine& counters = shard.counter(wanted.allocator, wanted.account);
    put(counters.failures, get(counters.failures) + 1);
    shard.add_event(kEventFail, ticks, number, wanted.requested_bytes, slot.thread, wanted.allocator, wanted.account,
                    {0, wanted.requested_bytes, slot.context(), slot.tensor, wanted.page_bytes,
                     event_form(wanted.banks, wanted.device, wanted.type, wanted.layout, wanted.flags)});
    return number;
}

// The id of the listed L1 buffer that begins there; kUnknown64: none does.
uint64_t FailureWriter::l1_buffer_at(uint32_t allocator, uint64_t address) const noexcept {
    uint64_t id = kUnknown64;
    for (uint32_t i = 0; id == kUnknown64 && i < tables_.buffers.used(); ++i) {
        const BufferRecord& buffer = tables_.buffers.record(i);
        if ((buffer.state.load(std::memory_order_acquire) & kStateMask) == kLive && buffer.account == kAccountL1 &&
            buffer.allocator == allocator && buffer.address == address) {
            id = buffer.id;
        }
    }
    return id;
}

uint64_t FailureWriter::refuse_launch(ThreadSlot& slot, const NewClash& clash) noexcept {
    const uint64_t ticks = tables_.header.now();
    if (!tables_.allocators.is_open(clash.allocator) || !ranges_are_good(clash.ranges, clash.range_count)) {
        tables_.header.count_lost(kLostBadArgument);
        return kUnknown64;
    }
    const bool is_clash = clash.type == kFailureClash;
    const bool of_trace = clash.type == kFailureTraceRegion;
    NewFailure failure;
    failure.type = clash.type;
    failure.allocator = clash.allocator;
    failure.account = of_trace ? kAccountTrace : kAccountCircularBuffer;
    // The bytes that both sides want, or that L1 does not have.
    const uint64_t limit = is_clash ? clash.buffer_address : clash.limit_bytes;
    failure.requested_bytes = clash.end_address > limit ? clash.end_address - limit : 0;
    failure.bytes_per_bank = failure.requested_bytes;
    failure.program_id = clash.program_id;
    failure.buffer_id = clash.buffer_id;
    failure.end_address = clash.end_address;
    failure.buffer_address = clash.buffer_address;
    failure.limit_bytes = clash.limit_bytes;
    failure.region_kind = clash.region_kind;
    failure.exception = clash.exception;
    failure.kernels = tables_.sidecar.kernel_name(clash.kernels);
    const OpenPicture picture = pictures_.begin(slot, ticks, clash.allocator, of_trace ? kAccountTrace : kAccountL1);
    failure.picture = picture.number;
    if (clash.range_count != 0) {
        failure.core_set = tables_.sets.add_cores(clash.ranges, clash.range_count);
    }
    uint64_t number = 0;
    {
        const std::lock_guard<SpinLock> guard(tables_.sections.lock());
        if (is_clash && failure.buffer_id == kUnknown64) {
            failure.buffer_id = l1_buffer_at(clash.allocator, clash.buffer_address);
        }
        failure.allocated_bytes = totals_.held_bytes(clash.allocator, kAccountL1);
        number = add(slot, ticks, failure);
    }
    pictures_.finish(slot, picture, number);
    tables_.shards.add_event(slot, is_clash ? kEventClash : kEventRefused, ticks, number, failure.requested_bytes,
                             clash.allocator, failure.account, {limit, 0, slot.context(), 0, 0, 0});
    return number;
}

}  // namespace ttmem::ledger
