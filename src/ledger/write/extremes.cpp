// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/extremes.hpp"

#include <algorithm>
#include <mutex>

#include "ledger/write/private_memory.hpp"
#include "ledger/write/store.hpp"
#include "ledger/write/test_point.hpp"

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

}  // namespace

// --- Watermarks

// Requires lock_. An allocation that reaches no further moves nothing.
void Extremes::set_reach(uint32_t allocator, uint32_t account) noexcept {
    const WatermarkLine& marks = allocators_.watermark(allocator, account);
    uint64_t reach = kUnknown64;  // for an account without a watermark
    if (account == kAccountDram) {
        const uint64_t highest = get(marks.recent_highest_end);
        reach = highest == 0 ? 0 : highest - 1;
    } else if (account <= kAccountTrace) {
        const uint64_t lowest = get(marks.recent_lowest_address);
        uint64_t bar = lowest == 0 ? kUnknown64 : lowest - 1;
        if (account == kAccountL1 && highest_end_[allocator].end != 0 && !allocators_.is_hybrid(allocator)) {
            const Headroom& recent = allocators_.headroom(allocator).recent;
            const uint64_t tight = is_known(recent) ? highest_end_[allocator].end + recent.bytes : kUnknown64;
            bar = tight > bar ? tight : bar;
        }
        reach = ~bar;
    }
    put(allocators_.total(allocator, account).reach, reach);
}

void Extremes::note_reach(const ThreadSlot& slot, const NewBuffer& buffer, uint64_t ticks) noexcept {
    const std::lock_guard<SpinLock> guard(lock_);
    if (buffer.account <= kAccountTrace) {
        WatermarkLine& marks = allocators_.watermark(buffer.allocator, buffer.account);
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
void Extremes::note_largest(TotalLine& line, const NewBuffer& buffer) noexcept {
    const bool in_every_bank = (buffer.flags & (kBufferPerCore | kBufferRangeLockstep)) == 0;
    if (in_every_bank && buffer.bytes_per_bank > get(line.largest_bytes_per_bank)) {
        raise_to(line.largest_bytes_per_bank, buffer.bytes_per_bank);
        TTMEM_TEST_POINT("largest buffer noted");
    }
}

void Extremes::note_largest_free(uint32_t allocator, uint32_t account, uint64_t bytes) noexcept {
    if (!allocators_.is_open(allocator) || account > kAccountTrace) {
        return;
    }
    const std::lock_guard<SpinLock> guard(lock_);
    WatermarkLine& marks = allocators_.watermark(allocator, account);
    lower(marks.least_largest_free, bytes);
    lower(marks.recent_least_largest_free, bytes);
}

void Extremes::note_family_peak(uint32_t allocator) noexcept {
    if (!allocators_.is_open(allocator) || !allocators_.is_hybrid(allocator)) {
        return;
    }
    const std::lock_guard<SpinLock> guard(lock_);
    const uint32_t parent = allocators_.record(allocator).parent;
    const auto raise_with_mesh = [&](uint32_t own, uint32_t mesh) {
        const uint64_t held = totals_.held_bytes(own, kAccountL1) + totals_.held_bytes(mesh, kAccountL1);
        WatermarkLine& marks = allocators_.watermark(own, kAccountL1);
        raise(marks.peak_with_mesh, held);
        raise(marks.recent_peak_with_mesh, held);
    };
    if (parent != kNone && allocators_.record(allocator).mesh_id < 0) {
        raise_with_mesh(allocator, parent);
        return;
    }
    const uint32_t count = allocators_.count();
    for (uint32_t i = 0; i < count; ++i) {
        if (allocators_.is_open(i) && allocators_.is_hybrid(i) && allocators_.record(i).parent == allocator &&
            allocators_.record(i).mesh_id < 0) {
            raise_with_mesh(i, allocator);
        }
    }
}

// --- The least headroom

// Requires lock_. Cost: linear in the table of buffers.
Extremes::LowestLive Extremes::lowest_l1(uint32_t allocator) const noexcept {
    const BankGeometry& banks = allocators_.record(allocator).geometry[kAccountL1];
    LowestLive lowest{banks.base_address + banks.bank_bytes, kUnknown64};
    for (uint32_t i = 0; i < buffers_.used(); ++i) {
        const BufferRecord& buffer = buffers_.record(i);
        if ((buffer.state.load(std::memory_order_acquire) & kStateMask) == kLive && buffer.account == kAccountL1 &&
            buffer.allocator == allocator && buffer.address < lowest.address) {
            lowest = {buffer.address, buffer.id};
        }
    }
    return lowest;
}

// Requires lock_. Of a HYBRID mesh it depends on the cores, and is not followed.
void Extremes::note_headroom(const ThreadSlot& slot, uint32_t allocator, const LowestLive& lowest,
                             uint64_t ticks) noexcept {
    const ProgramEnd& highest = highest_end_[allocator];
    if (highest.end == 0 || allocators_.is_hybrid(allocator)) {
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
    HeadroomRecord& record = allocators_.headroom(allocator);
    if (!is_known(record.ever) || now.bytes < record.ever.bytes) {
        store(record.ever, now);
    }
    if (!is_known(record.recent) || now.bytes < record.recent.bytes) {
        store(record.recent, now);
    }
}

// Bytes of the program in the config ring of Tensix cores, which worker_l1_size sizes. Requires lock_.
void Extremes::mark_configuration(const ProgramRecord& program) noexcept {
    const uint64_t bytes = program.config_bytes;
    if (bytes == kUnknown64) {
        return;
    }
    WatermarkLine& marks = allocators_.watermark(program.allocator, kAccountKernelApplication);
    raise(marks.highest_end, bytes);
    if (const uint64_t capacity = layout_.smallest_tensix_ring(program.allocator); capacity != 0) {
        lower(marks.least_largest_free, capacity > bytes ? capacity - bytes : 0);
    }
    TTMEM_TEST_POINT("configuration noted");
}

void Extremes::note_configuration(const ProgramRecord& program) noexcept {
    if (program.allocator != kNoAllocator) {
        const std::lock_guard<SpinLock> guard(lock_);
        mark_configuration(program);
    }
}

void Extremes::add_program(const ThreadSlot& slot, const ProgramRecord& program, uint32_t index,
                           uint64_t end) noexcept {
    const std::lock_guard<SpinLock> guard(lock_);
    if (program_ends_ == nullptr) {
        program_ends_ = reserve_private<ProgramEnd>(kMostPrograms);
        if (program_ends_ == nullptr) {
            header_.count_lost(kLostExtreme);
            return;
        }
    }
    const uint32_t allocator = program.allocator;
    program_ends_[index] = {end, program.id, index, allocator};
    programs_ = std::max(programs_, index + 1);
    if (end != 0) {
        raise(allocators_.watermark(allocator, kAccountCircularBuffer).highest_end, end);
        TTMEM_TEST_POINT("end of circular buffers noted");
    }
    mark_configuration(program);
    if (end > highest_end_[allocator].end) {
        highest_end_[allocator] = program_ends_[index];
        note_headroom(slot, allocator, lowest_l1(allocator), header_.now());
        set_reach(allocator, kAccountL1);
    }
}

void Extremes::drop_program(uint32_t allocator, uint32_t index) noexcept {
    const std::lock_guard<SpinLock> guard(lock_);
    if (program_ends_ == nullptr) {
        return;
    }
    program_ends_[index] = {};
    if (highest_end_[allocator].end == 0 || highest_end_[allocator].program != index) {
        return;
    }
    ProgramEnd highest{};
    for (uint32_t i = 0; i < programs_; ++i) {
        const ProgramEnd& other = program_ends_[i];
        if (other.end > highest.end && other.allocator == allocator) {
            highest = other;
        }
    }
    highest_end_[allocator] = highest;
    set_reach(allocator, kAccountL1);
}

OwnExtremes Extremes::of(uint32_t allocator, uint32_t account) const noexcept {
    OwnExtremes found{kUnknown64, kUnknown64, kUnknown64, kUnknown64};
    if (allocator >= allocators_.count() || account > kAccountTrace) {
        return found;
    }
    const std::lock_guard<SpinLock> guard(lock_);
    const WatermarkLine& marks = allocators_.watermark(allocator, account);
    found.highest_end = get(marks.recent_highest_end) - 1;  // 0, none: kUnknown64
    found.lowest_address = get(marks.recent_lowest_address) - 1;
    found.least_largest_free = get(marks.recent_least_largest_free) - 1;
    const Headroom& recent = allocators_.headroom(allocator).recent;
    if (account == kAccountL1 && is_known(recent)) {
        found.least_headroom = recent.bytes;
    }
    return found;
}

// --- Beginning

void Extremes::begin(uint32_t allocator, bool same) noexcept {
    highest_end_[allocator] = {};
    if (!same) {
        HeadroomRecord& record = allocators_.headroom(allocator);
        clear(record.ever);
        clear(record.recent);
    }
}

uint64_t Extremes::restart(const ThreadSlot& slot, uint32_t allocator, uint32_t account) noexcept {
    if (allocator >= allocators_.count() || account >= kAccounts) {
        return 0;
    }
    const AllShards guard(shards_, slot);
    const uint64_t peak = totals_.restart_peak(allocator, account);
    restart_marks(slot, allocator, account);
    return peak;
}

// All shards are locked.
void Extremes::restart_marks(const ThreadSlot& slot, uint32_t allocator, uint32_t account) noexcept {
    if (account > kAccountTrace) {
        return;
    }
    const std::lock_guard<SpinLock> guard(lock_);
    WatermarkLine& marks = allocators_.watermark(allocator, account);
    for (Word64* mark : {&marks.recent_highest_end, &marks.recent_lowest_address, &marks.recent_least_largest_free,
                         &marks.recent_peak_with_mesh}) {
        put(*mark, uint64_t{0});
    }
    for (uint32_t i = 0; i < buffers_.used(); ++i) {
        const BufferRecord& buffer = buffers_.record(i);
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
        clear(allocators_.headroom(allocator).recent);
        if (allocators_.is_open(allocator)) {
            note_headroom(slot, allocator, lowest_l1(allocator), header_.now());
        }
    }
    set_reach(allocator, account);
}

}  // namespace ttmem::ledger
