// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/allocator_writer.hpp"

#include <mutex>

#include "ledger/write/store.hpp"
#include "ledger/write/test_point.hpp"

namespace ttmem::ledger {

namespace {

bool same_geometry(const BankGeometry* a, const BankGeometry* b) noexcept {
    for (uint32_t i = 0; i < kBufferTypes; ++i) {
        if (a[i].bank_bytes != b[i].bank_bytes || a[i].base_address != b[i].base_address || a[i].banks != b[i].banks ||
            a[i].alignment != b[i].alignment) {
            return false;
        }
    }
    return true;
}

constexpr uint64_t id_of_event(int32_t mesh_id) noexcept {
    return static_cast<uint64_t>(static_cast<int64_t>(mesh_id));
}

}  // namespace

// --- Opening

// An allocator of the same devices and geometry that is closed; else a record never used; else any closed one.
uint32_t AllocatorWriter::pick_record(const NewAllocator& wanted, uint32_t device_set, bool& same) noexcept {
    const uint32_t count = tables_.allocators.count();
    uint32_t closed = kNone;
    for (uint32_t i = 0; i < count; ++i) {
        const AllocatorRecord& found = tables_.allocators.record(i);
        if (found.state.load(std::memory_order_relaxed) != kAllocatorClosed) {
            continue;
        }
        closed = i;
        if (found.device_set == device_set && same_geometry(found.geometry, wanted.geometry)) {
            same = true;
            return i;
        }
    }
    same = false;
    if (count < kMaxAllocators && tables_.allocators.add_block(count / kAllocatorsPerSection)) {
        return count;
    }
    return closed;
}

void AllocatorWriter::fill(uint32_t index, const NewAllocator& from, uint32_t device_set, bool same,
                           uint64_t ticks) noexcept {
    AllocatorRecord& to = tables_.allocators.record(index);
    const uint32_t sequence = to.sequence.load(std::memory_order_relaxed);
    put(to.sequence, sequence + 1);
    TTMEM_TEST_POINT("allocator opening");
    std::atomic_thread_fence(std::memory_order_release);
    if (!same) {
        // Nothing lives in a closed allocator, so no other thread counts here.
        tables_.allocators.clear_lines(index);
        if (to.generation != 0) {
            peaks_.forget(index);
        }
    }
    put(to.mode, from.mode);
    extremes_.begin(index, same);
    to.mesh_id = from.mesh_id;
    to.parent = from.parent;
    to.device_set = device_set;
    ++to.generation;
    to.opened_ticks = ticks;
    put(to.closed_ticks, uint64_t{0});
    for (uint32_t i = 0; i < kBufferTypes; ++i) {
        to.geometry[i] = from.geometry[i];
    }
    put(to.state, uint32_t{kAllocatorOpen});
    put(to.sequence, sequence + 2);
    TTMEM_TEST_POINT("allocator opened");
    if (index == tables_.allocators.count()) {
        put(tables_.sections.header().allocator_count, index + 1);
    }
    TTMEM_TEST_POINT("allocator counted");
    tables_.allocators.set_open(index, true);
}

uint32_t AllocatorWriter::open(ThreadSlot& slot, const NewAllocator& wanted) noexcept {
    const uint64_t ticks = tables_.header.now();
    uint32_t index = kNone;
    {
        const std::lock_guard<SpinLock> guard(tables_.sections.lock());
        for (uint32_t i = 0; i < wanted.device_count; ++i) {
            if (wanted.devices[i] >= tables_.devices.count()) {
                tables_.header.count_lost(kLostBadArgument);
                return kNone;
            }
        }
        const uint32_t set = tables_.sets.add_devices(wanted.devices, wanted.device_count);
        bool same = false;
        index = set == kNone ? kNone : pick_record(wanted, set, same);
        if (index == kNone) {
            tables_.header.count_lost(kLostNoAllocatorRoom);
            return kNone;
        }
        fill(index, wanted, set, same, ticks);
    }
    tables_.shards.add_event(slot, kEventAllocatorOpen, ticks, id_of_event(wanted.mesh_id), 0, index, 0, {});
    return index;
}

// --- Closing

void AllocatorWriter::clear(ThreadSlot& slot, uint32_t allocator) noexcept {
    if (!tables_.allocators.is_open(allocator)) {
        tables_.header.count_lost(kLostBadArgument);
        return;
    }
    for (uint32_t account = 0; account < kBufferTypes; ++account) {
        if (get(tables_.allocators.total(allocator, account).picture_due) != 0) {
            peaks_.freeze(slot, allocator, account);
        }
    }
    buffers_.free_all_of(slot, allocator);
}

void AllocatorWriter::close(ThreadSlot& slot, uint32_t allocator) noexcept {
    if (!tables_.allocators.is_open(allocator)) {
        return;  // tt-metal closes a device two or three times
    }
    clear(slot, allocator);
    programs_.unload_all_of(slot, allocator);
    layout_.forget_all_of(allocator);
    const uint64_t ticks = tables_.header.now();
    int32_t mesh = -1;
    {
        const std::lock_guard<SpinLock> guard(tables_.sections.lock());
        AllocatorRecord& found = tables_.allocators.record(allocator);
        tables_.allocators.set_open(allocator, false);
        mesh = found.mesh_id;
        put(found.closed_ticks, ticks);
        put(found.state, uint32_t{kAllocatorClosed});
        TTMEM_TEST_POINT("allocator closed");
    }
    tables_.shards.add_event(slot, kEventAllocatorClose, ticks, id_of_event(mesh), 0, allocator, 0, {});
}

// --- Questions of the process

uint32_t AllocatorWriter::list(int32_t logical_id, OwnAllocator* to, uint32_t room) const noexcept {
    const std::lock_guard<SpinLock> guard(tables_.sections.lock());
    uint32_t found = 0;
    const uint32_t count = tables_.allocators.count();
    for (uint32_t i = 0; i < count; ++i) {
        const AllocatorRecord& record = tables_.allocators.record(i);
        if (logical_id >= 0 && !covers(record, logical_id)) {
            continue;
        }
        if (found < room) {
            to[found] = {
                i,
                record.mesh_id,
                record.state.load(std::memory_order_relaxed) == kAllocatorOpen,
                tables_.sets.find(record.device_set)->bytes > 4 && tables_.allocators.has_single_device_rows(i),
                record.generation > 1 ? 0 : record.opened_ticks,
                record.closed_ticks.load(std::memory_order_relaxed)};
        }
        ++found;
    }
    return found;
}

int32_t AllocatorWriter::default_device() const noexcept {
    const std::lock_guard<SpinLock> guard(tables_.sections.lock());
    int32_t lowest[2] = {-1, -1};  // of open allocators, of closed ones
    const uint32_t count = tables_.allocators.count();
    for (uint32_t i = 0; i < count; ++i) {
        const AllocatorRecord& record = tables_.allocators.record(i);
        int32_t& best = lowest[record.state.load(std::memory_order_relaxed) == kAllocatorOpen ? 0 : 1];
        const InternedHeader* set = tables_.sets.find(record.device_set);
        for (uint32_t k = 0; set != nullptr && k < set->bytes / 4; ++k) {
            const int32_t id = tables_.devices[reinterpret_cast<const uint32_t*>(set + 1)[k]].logical_id;
            best = best < 0 || id < best ? id : best;
        }
    }
    return lowest[0] >= 0 ? lowest[0] : lowest[1];
}

// The lock of the sections is held.
bool AllocatorWriter::covers(const AllocatorRecord& record, int32_t logical_id) const noexcept {
    const InternedHeader* set = tables_.sets.find(record.device_set);
    for (uint32_t k = 0; set != nullptr && k < set->bytes / 4; ++k) {
        if (tables_.devices[reinterpret_cast<const uint32_t*>(set + 1)[k]].logical_id == logical_id) {
            return true;
        }
    }
    return false;
}

}  // namespace ttmem::ledger
