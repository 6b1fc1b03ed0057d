// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// How far an (allocator, account) has come: watermarks, the smallest largest free block, the least headroom between
// circular buffers and L1 buffers; and where buffers lie that do not lie in every bank.
//
// The hot path compares two numbers with words of TotalLine: reach, and the largest buffer so far. Everything here is
// called when one of them is passed, when a program is loaded or unloaded, when a peak rose, and for buffers on single
// cores.
#include <sys/mman.h>

#include <mutex>

#include "ledger/write/test_point.hpp"
#include "ledger/write/buffer_events.hpp"

namespace ttmem::ledger {
namespace {

// Watermarks hold the value + 1, and 0 for none.
bool lower(Word64& mark, uint64_t value) noexcept {
    const uint64_t before = get(mark);
    if (before != 0 && before - 1 <= value) {
        return false;
    }
    put(mark, value + 1);
    return true;
}

bool raise(Word64& mark, uint64_t value) noexcept {
    if (get(mark) > value) {
        return false;
    }
    put(mark, value + 1);
    return true;
}

void store(Headroom& to, const Headroom& from) noexcept {
    const uint32_t sequence = get(to.sequence);
    put(to.sequence, sequence + 1);
    std::atomic_thread_fence(std::memory_order_release);
    to.context = from.context;
    to.bytes = from.bytes;
    to.program_id = from.program_id;
    to.buffer_id = from.buffer_id;
    to.end_address = from.end_address;
    to.buffer_address = from.buffer_address;
    to.ticks = from.ticks;
    TTMEM_TEST_POINT("headroom written");
    put(to.sequence, sequence + 2);
}

// None yet, or none any more.
void clear(Headroom& half) noexcept {
    Headroom none{};
    none.bytes = kUnknown64;
    if (get(half.sequence) != 0) {
        store(half, none);
    }
}

bool is_known(const Headroom& half) noexcept {
    return get(half.sequence) != 0 && half.bytes != kUnknown64;
}

constexpr uint32_t kMostPrograms = 1u << 16;  // as program_writer.cpp

// Bytes of the program in the config ring of Tensix cores, which worker_l1_size sizes. Requires programs_.lock, which
// rings are described under, and extremes_lock_.
void note_configuration(WatermarkLine& marks, const ProgramRecord& program, const ProgramTables& tables) noexcept {
    const uint64_t bytes = program.config_bytes;
    if (bytes == kUnknown64) {
        return;
    }
    raise(marks.highest_end, bytes);
    for (uint32_t i = 0; i < tables.ring_count; ++i) {
        const ConfigRingRecord& ring = tables.rings[i];
        if (ring.capacity_bytes != 0 && ring.allocator == program.allocator && ring.core_type == 0) {
            lower(marks.least_largest_free, ring.capacity_bytes > bytes ? ring.capacity_bytes - bytes : 0);
        }
    }
    TTMEM_TEST_POINT("configuration noted");
}

}  // namespace

struct Writer::LowestLive {
    uint64_t address = 0;  // the end of the banks where there is none
    uint64_t id = kUnknown64;
};

// --- Watermarks

// Requires extremes_lock_. An allocation that reaches no further moves nothing.
void Writer::set_reach(uint32_t allocator, uint32_t account) noexcept {
    const WatermarkLine& marks = watermark(allocator, account);
    uint64_t reach = kUnknown64;  // for an account without a watermark
    if (account == kAccountDram) {
        const uint64_t highest = get(marks.recent_highest_end);
        reach = highest == 0 ? 0 : highest - 1;
    } else if (account <= kAccountTrace) {
        const uint64_t lowest = get(marks.recent_lowest_address);
        uint64_t bar = lowest == 0 ? kUnknown64 : lowest - 1;
        if (account == kAccountL1 && highest_end_[allocator].end != 0 && !is_hybrid(allocator)) {
            const Headroom& recent =
                headroom_[allocator / kAllocatorsPerSection][allocator % kAllocatorsPerSection].recent;
            const uint64_t tight = is_known(recent) ? highest_end_[allocator].end + recent.bytes : kUnknown64;
            bar = tight > bar ? tight : bar;
        }
        reach = ~bar;
    }
    put(total(allocator, account).reach, reach);
}

void Writer::note_reach(const ThreadSlot& slot, const NewBuffer& buffer, uint64_t ticks) noexcept {
    const std::lock_guard<SpinLock> guard(extremes_lock_);
    if (buffer.account <= kAccountTrace) {
        WatermarkLine& marks = watermark(buffer.allocator, buffer.account);
        if (buffer.account == kAccountDram && (buffer.flags & kBufferKernelBinaries) == 0) {
            const uint64_t end = buffer.address + buffer.bytes_per_bank;
            raise(marks.highest_end, end);
            raise(marks.recent_highest_end, end);
        } else {
            lower(marks.lowest_address, buffer.address);
            lower(marks.recent_lowest_address, buffer.address);
        }
        TTMEM_TEST_POINT("watermark moved");
        if (buffer.account == kAccountL1) {
            note_headroom(slot, buffer.allocator, {buffer.address, buffer.id}, ticks);
        }
    }
    set_reach(buffer.allocator, buffer.account);
}

// A buffer on cores of its own (HYBRID) is left out: whether another one fits depends on those cores alone.
void Writer::note_largest(TotalLine& line, const NewBuffer& buffer) noexcept {
    const bool in_every_bank = (buffer.flags & (kBufferPerCore | kBufferRangeLockstep)) == 0;
    if (in_every_bank && buffer.bytes_per_bank > get(line.largest_bytes_per_bank)) {
        raise_to(line.largest_bytes_per_bank, buffer.bytes_per_bank);
        TTMEM_TEST_POINT("largest buffer noted");
    }
}

// The rare part of an allocation, done after its end.
void Writer::after_allocation(ThreadSlot& slot, const NewBuffer& buffer, uint64_t ticks, Count counted,
                              bool ring_ends) noexcept {
    TotalLine& line = total(buffer.allocator, buffer.account);
    note_largest(line, buffer);
    if (reach_of(buffer) > get(line.reach)) {
        note_reach(slot, buffer, ticks);
    }
    if (ring_ends) {
        look_after_file(slot);
    }
    if (counted == Count::kRose) {
        slot.peak_rose = true;
        note_peak(buffer.allocator, buffer.account);
    } else if (counted == Count::kQuiet) {
        allow_slack(slot, buffer.allocator, buffer.account);
    }
}

void Writer::note_largest_free(uint32_t allocator, uint32_t account, uint64_t bytes) noexcept {
    if (!allocator_is_open(allocator) || account > kAccountTrace) {
        return;
    }
    const std::lock_guard<SpinLock> guard(extremes_lock_);
    WatermarkLine& marks = watermark(allocator, account);
    lower(marks.least_largest_free, bytes);
    lower(marks.recent_least_largest_free, bytes);
}

void Writer::note_family_peak(uint32_t allocator) noexcept {
    if (!allocator_is_open(allocator) || !is_hybrid(allocator)) {
        return;
    }
    const std::lock_guard<SpinLock> guard(extremes_lock_);
    const uint32_t parent = allocator_record(allocator).parent;
    const auto raise_with_mesh = [&](uint32_t own, uint32_t mesh) {
        const uint64_t held = held_bytes(own, kAccountL1) + held_bytes(mesh, kAccountL1);
        WatermarkLine& marks = watermark(own, kAccountL1);
        raise(marks.peak_with_mesh, held);
        raise(marks.recent_peak_with_mesh, held);
    };
    if (parent != kNone && allocator_record(allocator).mesh_id < 0) {
        raise_with_mesh(allocator, parent);
        return;
    }
    const uint32_t count = header_->allocator_count.load(std::memory_order_relaxed);
    for (uint32_t i = 0; i < count; ++i) {
        if (allocator_is_open(i) && is_hybrid(i) && allocator_record(i).parent == allocator &&
            allocator_record(i).mesh_id < 0) {
            raise_with_mesh(i, allocator);
        }
    }
}

// --- The least headroom

// Requires extremes_lock_. Cost: linear in the table of buffers.
Writer::LowestLive Writer::lowest_l1(uint32_t allocator) const noexcept {
    const BankGeometry& banks = allocator_record(allocator).geometry[kAccountL1];
    LowestLive lowest{banks.base_address + banks.bank_bytes, kUnknown64};
    for (uint32_t i = 0; i < next_slot_; ++i) {
        const BufferRecord& buffer = record(i);
        if ((buffer.state.load(std::memory_order_acquire) & kStateMask) == kLive && buffer.account == kAccountL1 &&
            buffer.allocator == allocator && buffer.address < lowest.address) {
            lowest = {buffer.address, buffer.id};
        }
    }
    return lowest;
}

// Requires extremes_lock_. Of a HYBRID mesh it depends on the cores, and is not followed.
void Writer::note_headroom(const ThreadSlot& slot, uint32_t allocator, const LowestLive& lowest,
                           uint64_t ticks) noexcept {
    const ProgramEnd& highest = highest_end_[allocator];
    if (highest.end == 0 || is_hybrid(allocator)) {
        return;
    }
    Headroom now{};
    now.context = slot.context();
    now.bytes = lowest.address > highest.end ? lowest.address - highest.end : 0;
    now.buffer_id = lowest.id;
    now.end_address = highest.end;
    now.buffer_address = lowest.address;
    now.ticks = ticks;
    now.program_id = highest.id;
    HeadroomRecord& record = headroom_[allocator / kAllocatorsPerSection][allocator % kAllocatorsPerSection];
    if (!is_known(record.ever) || now.bytes < record.ever.bytes) {
        store(record.ever, now);
    }
    if (!is_known(record.recent) || now.bytes < record.recent.bytes) {
        store(record.recent, now);
    }
}

void Writer::note_program_end(const ThreadSlot& slot, uint32_t allocator, uint32_t program, uint64_t end,
                              uint64_t id) noexcept {
    const std::lock_guard<SpinLock> guard(extremes_lock_);
    if (program_ends_ == nullptr) {
        void* memory = mmap(nullptr, kMostPrograms * sizeof(ProgramEnd), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) {
            count_lost(kLostExtreme);
            return;
        }
        program_ends_ = static_cast<ProgramEnd*>(memory);
    }
    program_ends_[program] = {end, id, program, allocator};
    if (end != 0) {
        raise(watermark(allocator, kAccountCircularBuffer).highest_end, end);
        TTMEM_TEST_POINT("end of circular buffers noted");
    }
    note_configuration(watermark(allocator, kAccountKernelApplication),
                       *at<ProgramRecord>(programs_.programs.offset_of(program, sizeof(ProgramRecord))), programs_);
    if (end > highest_end_[allocator].end) {
        highest_end_[allocator] = program_ends_[program];
        note_headroom(slot, allocator, lowest_l1(allocator), now());
        set_reach(allocator, kAccountL1);
    }
}

void Writer::drop_program_end(uint32_t allocator, uint32_t program) noexcept {
    const std::lock_guard<SpinLock> guard(extremes_lock_);
    if (program_ends_ == nullptr) {
        return;
    }
    program_ends_[program] = {};
    if (highest_end_[allocator].end == 0 || highest_end_[allocator].program != program) {
        return;
    }
    ProgramEnd highest{};
    for (uint32_t i = 0; i < programs_.programs.used; ++i) {
        const ProgramEnd& other = program_ends_[i];
        if (other.end > highest.end && other.allocator == allocator) {
            highest = other;
        }
    }
    highest_end_[allocator] = highest;
    set_reach(allocator, kAccountL1);
}

void Writer::set_config_bytes(uint64_t handle, uint64_t bytes) noexcept {
    const std::lock_guard<SpinLock> guard(programs_.lock);
    ProgramRecord* record = program_of(handle);
    if (record == nullptr) {
        return;
    }
    __atomic_store_n(&record->config_bytes, bytes, __ATOMIC_RELAXED);
    TTMEM_TEST_POINT("program sized");
    if (record->allocator != kNoAllocator) {
        const std::lock_guard<SpinLock> extremes(extremes_lock_);
        note_configuration(watermark(record->allocator, kAccountKernelApplication), *record, programs_);
    }
}

OwnExtremes Writer::own_extremes(uint32_t allocator, uint32_t account) const noexcept {
    OwnExtremes found{kUnknown64, kUnknown64, kUnknown64, kUnknown64};
    if (allocator >= header_->allocator_count.load(std::memory_order_acquire) || account > kAccountTrace) {
        return found;
    }
    const std::lock_guard<SpinLock> guard(extremes_lock_);
    const WatermarkLine& marks = watermark(allocator, account);
    found.highest_end = get(marks.recent_highest_end) - 1;  // 0, none: kUnknown64
    found.lowest_address = get(marks.recent_lowest_address) - 1;
    found.least_largest_free = get(marks.recent_least_largest_free) - 1;
    const Headroom& recent = headroom_[allocator / kAllocatorsPerSection][allocator % kAllocatorsPerSection].recent;
    if (account == kAccountL1 && is_known(recent)) {
        found.least_headroom = recent.bytes;
    }
    return found;
}

// --- Beginning

// The growth lock is held; nothing lives in the allocator. `same`: it goes on where it was closed.
void Writer::begin_extremes(uint32_t allocator, bool same) noexcept {
    highest_end_[allocator] = {};
    if (!same) {
        HeadroomRecord& record = headroom_[allocator / kAllocatorsPerSection][allocator % kAllocatorsPerSection];
        clear(record.ever);
        clear(record.recent);
    }
}

// All shards are locked.
void Writer::restart_extremes(const ThreadSlot& slot, uint32_t allocator, uint32_t account) noexcept {
    if (account > kAccountTrace) {
        return;
    }
    const std::lock_guard<SpinLock> guard(extremes_lock_);
    WatermarkLine& marks = watermark(allocator, account);
    for (Word64* mark : {&marks.recent_highest_end, &marks.recent_lowest_address, &marks.recent_least_largest_free,
                         &marks.recent_peak_with_mesh}) {
        put(*mark, uint64_t{0});
    }
    for (uint32_t i = 0; i < next_slot_; ++i) {
        const BufferRecord& buffer = record(i);
        if ((buffer.state.load(std::memory_order_acquire) & kStateMask) != kLive || buffer.account != account ||
            buffer.allocator != allocator) {
            continue;
        }
        if (account == kAccountDram && (buffer.flags & kBufferKernelBinaries) == 0) {
            raise(marks.recent_highest_end, buffer.address + buffer.bytes_per_bank);
        } else {
            lower(marks.recent_lowest_address, buffer.address);
        }
    }
    if (account == kAccountL1) {
        clear(headroom_[allocator / kAllocatorsPerSection][allocator % kAllocatorsPerSection].recent);
        if (allocator_is_open(allocator)) {
            note_headroom(slot, allocator, lowest_l1(allocator), now());
        }
    }
    set_reach(allocator, account);
}

// --- Buffers on single cores

void Writer::place(const NewPlaces& places, NewBuffer& buffer) noexcept {
    if (places.range_count != 0) {
        buffer.core_set = ranges_are_good(places.ranges, places.range_count)
                              ? intern_cores(places.ranges, places.range_count)
                              : kNone;
    }
    if (places.address_count == 0) {
        return;
    }
    const std::lock_guard<SpinLock> guard(addresses_lock_);
    const uint32_t first = take_run(addresses_, kSectionCoreAddresses, places.address_count, sizeof(CoreAddressRecord));
    if (first == kNone) {
        count_lost(kLostAddresses);
        return;
    }
    for (uint32_t i = 0; i < places.address_count; ++i) {
        *at<CoreAddressRecord>(addresses_.offset_of(first + i, sizeof(CoreAddressRecord))) = places.addresses[i];
    }
    TTMEM_TEST_POINT("core addresses written");
    buffer.placement = first;
    buffer.placements = places.address_count;
}

void Writer::give_addresses_back(uint32_t slot) noexcept {
    const BufferExtra& beside = extra(slot);
    if (beside.placement != kNone) {
        const std::lock_guard<SpinLock> guard(addresses_lock_);
        give_run(addresses_, beside.placement, beside.placements);
    }
}

}  // namespace ttmem::ledger
