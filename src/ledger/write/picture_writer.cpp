// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/write/picture_writer.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <mutex>

#include "ledger/write/store.hpp"
#include "ledger/write/test_point.hpp"

// Of functions that read records while other threads may write them: every copy is looked at again afterwards, which
// ThreadSanitizer does not know.
#define TTMEM_READS_LIVE_RECORDS __attribute__((no_sanitize("thread")))

namespace ttmem::ledger {

namespace {

// A copy of a record that may change meanwhile, word by word. `bytes` is a multiple of 8.
TTMEM_READS_LIVE_RECORDS void copy_live(void* to, const void* from, uint64_t bytes) noexcept {
    using Word = uint64_t __attribute__((may_alias));
    auto* const target = static_cast<Word*>(to);
    const auto* const source = static_cast<const volatile Word*>(from);
    for (uint64_t i = 0; i < bytes / sizeof(Word); ++i) {
        target[i] = source[i];
    }
}

// Sizes put into classes that are a sixteenth of a power of two wide, the largest last.
constexpr uint32_t kSizeClasses = 61 * 16;
uint32_t size_class(uint64_t bytes) noexcept {
    if (bytes < 16) {
        return static_cast<uint32_t>(bytes);
    }
    const auto power = static_cast<uint32_t>(std::bit_width(bytes)) - 5;
    return (power + 1) * 16 + static_cast<uint32_t>(bytes >> power & 15);
}
static_assert(kSizeClasses == 976);

// A chunk of `count` records.
constexpr uint64_t chunk_bytes(uint64_t count, uint64_t stride) noexcept {
    return sizeof(PictureChunk) + whole_picture_blocks(count * stride);
}

// Two chunks, and the block that each is rounded up by.
constexpr uint64_t kTwoHeads = 2 * sizeof(PictureChunk) + 2 * uint64_t{kPictureBlock};

bool is_live(const BufferRecord& buffer) noexcept {
    return (buffer.state.load(std::memory_order_acquire) & kStateMask) == kLive;
}

bool is_kept(const ProgramRecord& program, uint64_t oldest_launch) noexcept {
    return (get(program.state) & kStateMask) == kLive && get(program.last_launch) >= oldest_launch;
}

uint64_t bytes_of(const ProgramRecord& program) noexcept {
    return sizeof program + program.circular_buffer_count * sizeof(CircularBufferRecord);
}

}  // namespace

uint64_t PicturePlan::wanted_blocks() const noexcept {
    return picture_blocks(
        kPictureHeadBytes + chunk_bytes(buffers, kPictureRowBytes) + chunk_bytes(addresses, sizeof(CoreAddressRecord)) +
        chunk_bytes(programs, sizeof(ProgramRecord)) + chunk_bytes(circular_buffers, sizeof(CircularBufferRecord)));
}

// --- What is copied

TTMEM_READS_LIVE_RECORDS PicturePlan PictureWriter::plan() noexcept {
    PicturePlan plan;
    {
        const std::lock_guard<SpinLock> guard(tables_.sections.lock());
        plan.slots = tables_.buffers.used();
    }
    plan.events = tables_.shards.events_so_far();
    for (uint32_t i = 0; i < plan.slots; ++i) {
        if (const BufferRecord& buffer = tables_.buffers.record(i); is_live(buffer)) {
            ++plan.buffers;
            plan.buffer_bytes += buffer.bytes_per_bank * buffer.banks;
            plan.addresses += (buffer.flags & kBufferPerCore) != 0 ? tables_.buffers.extra(i).placements : 0;
        }
    }
    const std::lock_guard<SpinLock> guard(programs_.lock());
    for (uint32_t i = 0; i < programs_.used(); ++i) {
        if (const ProgramRecord& program = programs_.record(i); is_kept(program, 0)) {
            ++plan.programs;
            plan.circular_buffers += program.circular_buffer_count;
        }
    }
    return plan;
}

void PictureWriter::freeze_totals(PictureStream& to) noexcept {
    to.begin_chunk(kChunkTotals, sizeof(PictureTotal));
    uint32_t count = 0;
    uint32_t all = 0;
    for (uint32_t i = 0; i < tables_.allocators.count(); ++i) {
        for (uint32_t account = 0; tables_.allocators.is_open(i) && account < kAccounts; ++account) {
            const OwnTotals sums = totals_.of(i, account);
            if (sums.allocations == 0) {
                continue;
            }
            ++all;
            if (to.has_room(1)) {
                const PictureTotal total{i, account, sums.buffers, sums.bytes, sums.requested_bytes, sums.peak_bytes,
                                         0};
                to.add(&total, sizeof total);
                ++count;
            }
        }
    }
    to.end_chunk(count, all);
}

// The largest sums by context of all buffers; what finds no place among 256 is not there.
TTMEM_READS_LIVE_RECORDS void PictureWriter::freeze_sums(PictureStream& to, const PicturePlan& plan) noexcept {
    constexpr uint32_t kSums = 256;  // a power of two
    PictureSum sums[kSums] = {};
    uint32_t used = 0;
    uint32_t left_out = 0;
    for (uint32_t i = 0; i < plan.slots; ++i) {
        const BufferRecord& buffer = tables_.buffers.record(i);
        if (!is_live(buffer)) {
            continue;
        }
        const PictureSum wanted{tables_.buffers.extra(i).context, 0, buffer.allocator, buffer.account, 0};
        uint32_t at = (wanted.context * 0x9e3779b1u ^ wanted.allocator * 0x85ebca6bu ^ wanted.account) >> 24;
        while (sums[at].buffers != 0 && (sums[at].context != wanted.context || sums[at].allocator != wanted.allocator ||
                                         sums[at].account != wanted.account)) {
            at = (at + 1) % kSums;
        }
        if (sums[at].buffers == 0) {
            if (used == kSums - 1) {
                ++left_out;
                continue;
            }
            ++used;
            sums[at] = wanted;
        }
        ++sums[at].buffers;
        sums[at].bytes += buffer.bytes_per_bank * buffer.banks;
    }
    to.begin_chunk(kChunkContextSums, sizeof(PictureSum));
    uint32_t count = 0;
    for (const PictureSum& sum : sums) {
        if (sum.buffers != 0 && to.has_room(1)) {
            to.add(&sum, sizeof sum);
            ++count;
        }
    }
    to.end_chunk(count, used + (left_out == 0 ? 0 : 1));
}

TTMEM_READS_LIVE_RECORDS void PictureWriter::freeze_layout(PictureStream& to) noexcept {
    const std::lock_guard<SpinLock> guard(layout_.lock());
    to.begin_chunk(kChunkConfigRings, sizeof(ConfigRingRecord));
    uint32_t count = 0;
    for (uint32_t i = 0; i < layout_.ring_count() && to.has_room(1); ++i) {
        const ConfigRingRecord& ring = layout_.ring(i);
        const uint32_t sequence = ring.sequence.load(std::memory_order_acquire);
        alignas(ConfigRingRecord) std::byte copy[sizeof ring];
        copy_live(copy, &ring, sizeof ring);
        std::atomic_thread_fence(std::memory_order_acquire);
        if (sequence % 2 == 0 && ring.capacity_bytes != 0 && get(ring.sequence) == sequence) {
            to.add(copy, sizeof copy);
            ++count;
        }
    }
    to.end_chunk(count, layout_.ring_count());
    to.begin_chunk(kChunkRegions, sizeof(RegionRecord));
    count = 0;
    for (uint32_t i = 0; i < layout_.region_count() && to.has_room(1); ++i) {
        if (layout_.region(i).type != 0) {
            to.add(&layout_.region(i), sizeof(RegionRecord));
            ++count;
        }
    }
    to.end_chunk(count, layout_.region_count());
}

// Programs with their circular buffers in at most `room` bytes: those launched last. Their number.
TTMEM_READS_LIVE_RECORDS uint32_t PictureWriter::freeze_programs(PictureStream& to, uint64_t room) noexcept {
    const std::lock_guard<SpinLock> guard(programs_.lock());
    const auto bytes_from = [&](uint64_t oldest) {
        uint64_t bytes = 0;
        for (uint32_t i = 0; i < programs_.used(); ++i) {
            if (const ProgramRecord& program = programs_.record(i); is_kept(program, oldest)) {
                bytes += bytes_of(program);
            }
        }
        return bytes + kTwoHeads;
    };
    uint64_t oldest = 0;
    uint64_t beyond = programs_.launches() + 1;  // so few that all others fit
    if (bytes_from(0) > room) {
        while (oldest + 1 < beyond) {
            const uint64_t middle = oldest + (beyond - oldest) / 2;
            (bytes_from(middle) > room ? oldest : beyond) = middle;
        }
        oldest = beyond;
    }
    uint32_t parts = 0;
    uint32_t live = 0;
    uint32_t count = 0;
    // Programs are launched meanwhile, which makes more of them recent: each is counted against the room.
    uint64_t budget = room > kTwoHeads ? room - kTwoHeads : 0;
    to.begin_chunk(kChunkPrograms, sizeof(ProgramRecord));
    const uint64_t first_row = to.used();
    for (uint32_t i = 0; i < programs_.used(); ++i) {
        const ProgramRecord& program = programs_.record(i);
        live += is_kept(program, 0) ? 1 : 0;
        const uint64_t bytes = bytes_of(program);
        if (is_kept(program, oldest) && bytes <= budget && to.has_room(1)) {
            budget -= bytes;
            alignas(ProgramRecord) std::byte copy[sizeof program];
            copy_live(copy, &program, sizeof program);
            auto* row = reinterpret_cast<ProgramRecord*>(copy);
            row->first_circular_buffer = parts;
            row->kernel_count = 0;
            to.add(copy, sizeof copy);
            parts += program.circular_buffer_count;
            ++count;
        }
    }
    to.end_chunk(count, live);
    to.begin_chunk(kChunkCircularBuffers, sizeof(CircularBufferRecord));
    uint32_t written = 0;
    for (uint32_t i = 0, seen = 0; i < programs_.used() && seen < count; ++i) {
        const ProgramRecord& program = programs_.record(i);
        // The programs that were copied, in their order: ids and states stand still, launches do not.
        alignas(ProgramRecord) std::byte row[sizeof program];
        to.load(first_row + uint64_t{seen} * sizeof row, row, sizeof row);
        const auto& kept = *reinterpret_cast<const ProgramRecord*>(row);
        if (program.id != kept.id || get(program.state) != get(kept.state) ||
            program.loaded_ticks != kept.loaded_ticks) {
            continue;
        }
        ++seen;
        for (uint32_t k = 0; k < program.circular_buffer_count && to.has_room(1); ++k) {
            to.add(&programs_.circular_buffer(program.first_circular_buffer + k), sizeof(CircularBufferRecord));
            ++written;
        }
    }
    to.end_chunk(written, parts);
    return count;
}

// The class of the smallest buffers that are kept when at most `rows` are, and how many of that class.
TTMEM_READS_LIVE_RECORDS void PictureWriter::smallest_kept(const PicturePlan& plan, uint64_t rows, uint32_t& from_class,
                                                           uint64_t& of_that) const noexcept {
    uint32_t classes[kSizeClasses] = {};
    for (uint32_t i = 0; i < plan.slots; ++i) {
        const BufferRecord& buffer = tables_.buffers.record(i);
        if (is_live(buffer)) {
            ++classes[std::min(size_class(buffer.bytes_per_bank * buffer.banks), kSizeClasses - 1)];
        }
    }
    from_class = kSizeClasses;
    of_that = 0;
    for (uint64_t left = rows; from_class > 0 && left > 0;) {
        --from_class;
        of_that = std::min<uint64_t>(classes[from_class], left);
        left -= of_that;
    }
}

// Buffers last: they take what is left. `record`'s figures of them are filled in.
TTMEM_READS_LIVE_RECORDS void PictureWriter::freeze_buffers(PictureStream& to, const PicturePlan& plan,
                                                            PictureRecord& picture) noexcept {
    const uint64_t for_addresses =
        plan.addresses == 0 ? 0 : chunk_bytes(plan.addresses, sizeof(CoreAddressRecord)) + kPictureBlock;
    const uint64_t fixed = for_addresses + sizeof(PictureChunk);
    uint64_t rows = to.left() > fixed ? (to.left() - fixed) / kPictureRowBytes : 0;
    uint32_t from_class = 0;
    uint64_t of_that = ~uint64_t{0};
    if (plan.buffers > rows) {
        smallest_kept(plan, rows, from_class, of_that);
    }
    to.begin_chunk(kChunkBuffers, kPictureRowBytes);
    const uint64_t first_row = to.used();
    uint32_t live = 0;
    uint32_t kept = 0;
    uint64_t left_out = 0;
    for (uint32_t i = 0; i < plan.slots; ++i) {
        const BufferRecord& buffer = tables_.buffers.record(i);
        const uint32_t state = buffer.state.load(std::memory_order_acquire);
        if ((state & kStateMask) != kLive) {
            continue;
        }
        alignas(BufferRecord) std::byte row[kPictureRowBytes];
        copy_live(row, &buffer, sizeof buffer);
        copy_live(row + sizeof buffer, &tables_.buffers.extra(i), sizeof(BufferExtra));
        std::atomic_thread_fence(std::memory_order_acquire);
        if (get(buffer.state) != state) {
            continue;  // freed while it was copied
        }
        ++live;
        const uint64_t bytes = buffer.bytes_per_bank * buffer.banks;
        const uint32_t its_class = from_class == 0 ? 0 : std::min(size_class(bytes), kSizeClasses - 1);
        const bool is_of_that = from_class != 0 && its_class == from_class;
        if (rows == 0 || its_class < from_class || (is_of_that && of_that == 0)) {
            left_out += bytes;
            continue;
        }
        of_that -= is_of_that ? 1 : 0;
        --rows;
        to.add(row, sizeof row);
        ++kept;
        if (kept == 1 || kept == plan.buffers / 2) {
            TTMEM_TEST_POINT("picture buffer written");
        }
    }
    to.end_chunk(kept, live);
    if (plan.addresses != 0) {
        freeze_addresses(to, first_row, kept);
    }
    picture.buffers = live;
    picture.buffers_kept = kept;
    picture.bytes_left_out = left_out;
}

// Where the rows just written have an address of their own on each core; each row gets the place of its addresses.
void PictureWriter::freeze_addresses(PictureStream& to, uint64_t first_row, uint32_t rows) noexcept {
    to.begin_chunk(kChunkCoreAddresses, sizeof(CoreAddressRecord));
    uint32_t count = 0;
    uint32_t all = 0;
    const std::lock_guard<SpinLock> guard(tables_.addresses.lock());
    for (uint32_t i = 0; i < rows; ++i) {
        const uint64_t extra_at = first_row + i * kPictureRowBytes + sizeof(BufferRecord);
        BufferExtra beside;
        to.load(extra_at, static_cast<void*>(&beside), sizeof beside);
        if (beside.placement == kNone || beside.placements == 0) {
            continue;
        }
        all += beside.placements;
        const uint32_t first = count;
        const bool fits = to.has_room(beside.placements) && tables_.addresses.has(beside.placement, beside.placements);
        for (uint32_t k = 0; fits && k < beside.placements; ++k) {
            to.add(&tables_.addresses[beside.placement + k], sizeof(CoreAddressRecord));
            ++count;
        }
        const uint32_t place[2] = {fits ? first : kNone, fits ? beside.placements : 0};
        static_assert(offsetof(BufferExtra, placements) == offsetof(BufferExtra, placement) + 4);
        to.store(extra_at + offsetof(BufferExtra, placement), place, sizeof place);
    }
    to.end_chunk(count, all);
}

void PictureWriter::freeze(PictureRecord& picture, const PicturePlan& plan) noexcept {
    PictureStream to(room_, picture);
    picture.programs = plan.programs;
    picture.programs_kept = 0;
    picture.buffers = plan.buffers;
    picture.buffers_kept = 0;
    picture.bytes_left_out = plan.buffer_bytes;
    freeze_totals(to);
    const uint64_t rows =
        chunk_bytes(plan.buffers, kPictureRowBytes) + chunk_bytes(plan.addresses, sizeof(CoreAddressRecord));
    if (to.left() < rows + kLeastPictureBytes && to.left() > sizeof(PictureSum) * 256 + kLeastPictureBytes) {
        freeze_sums(to, plan);
    }
    if (to.left() > kLeastPictureBytes) {
        freeze_layout(to);
        // Buffers matter most: of a short room programs get a quarter.
        const uint64_t left = to.left() > kLeastPictureBytes ? to.left() - kLeastPictureBytes : 0;
        const uint64_t room = std::max(left > rows ? left - rows : 0, left / 4);
        if (room > kLeastPictureBytes) {
            picture.programs_kept = freeze_programs(to, room);
        }
    }
    if (to.left() > kLeastPictureBytes) {
        freeze_buffers(to, plan, picture);
    }
    const EventsSoFar now = tables_.shards.events_so_far();
    const bool one_moment = now.quiet && plan.events.quiet && now.events == plan.events.events;
    picture.flags |= one_moment ? uint32_t{kPictureOneMoment} : 0;
    picture.flags |= picture.buffers_kept < picture.buffers ? uint32_t{kPictureBuffersLeftOut} : 0;
    picture.flags |= picture.programs_kept < picture.programs ? uint32_t{kPictureProgramsLeftOut} : 0;
    picture.bytes = to.used();
    picture.room = to.used();  // the rest serves the next one
}

}  // namespace ttmem::ledger
