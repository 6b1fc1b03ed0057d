// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Freezes what lives into the ledger: at a refusal, before the exception unwinds and frees it, and at a peak, before the
// first free after it. Nothing is allocated and no thread is stopped: other threads go on, and the picture says whether
// any of them reported something meanwhile.
#include "ledger/write/picture_writer.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <mutex>

#include "base/clock.hpp"
#include "ledger/write/test_point.hpp"
#include "ledger/write/buffer_events.hpp"

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

}  // namespace

// The bytes of a picture as one stream, whatever extents they lie in.
class Writer::PictureStream {
public:
    PictureStream(const Writer& writer, uint32_t first_block, uint64_t room) noexcept
        : writer_(writer), begin_(uint64_t{first_block} * kPictureBlock), room_(room) {}

    uint64_t used() const noexcept { return used_; }
    uint64_t left() const noexcept { return used_ < room_ ? room_ - used_ : 0; }

    // Begins a chunk; end_chunk() says how many records it got.
    void begin_chunk(uint32_t kind, uint32_t stride) noexcept {
        chunk_ = {kind, stride, 0, 0, {}};
        chunk_at_ = used_;
        used_ += sizeof chunk_;
    }
    // Whether the chunk that is open has room for so many records more.
    bool has_room(uint64_t records) const noexcept { return used_ + records * chunk_.stride <= room_; }
    // Its bytes, in parts; the caller looked for room.
    void add(const void* from, uint64_t bytes) noexcept {
        store(used_, from, bytes);
        used_ += bytes;
    }
    void end_chunk(uint32_t count, uint32_t total) noexcept {
        chunk_.count = count;
        chunk_.total = total;
        store(chunk_at_, &chunk_, sizeof chunk_);
        used_ = std::min(whole_picture_blocks(used_), room_);
        TTMEM_TEST_POINT("picture chunk written");
    }
    void store(uint64_t offset, const void* from, uint64_t bytes) noexcept { move(offset, bytes, from, nullptr); }
    void load(uint64_t offset, void* to, uint64_t bytes) const noexcept { move(offset, bytes, nullptr, to); }

private:
    // Exactly one of the two pointers is given.
    void move(uint64_t offset, uint64_t bytes, const void* from, void* to) const noexcept {
        const PictureTables& tables = writer_.pictures_;
        const uint32_t extents = tables.extent_count.load(std::memory_order_acquire);
        uint64_t at = begin_ + offset;
        uint64_t done = 0;
        for (uint32_t i = 0; i < extents && done < bytes; ++i) {
            const uint64_t first = uint64_t{tables.extents[i].first} * kPictureBlock;
            const uint64_t end = first + uint64_t{tables.extents[i].count} * kPictureBlock;
            if (at < first || at >= end) {
                continue;
            }
            const uint64_t part = std::min(bytes - done, end - at);
            auto* there = writer_.at<std::byte>(tables.extents[i].offset + (at - first));
            if (from != nullptr) {
                std::memcpy(there, static_cast<const std::byte*>(from) + done, part);
            } else {
                std::memcpy(static_cast<std::byte*>(to) + done, there, part);
            }
            at += part;
            done += part;
        }
    }

    const Writer& writer_;
    const uint64_t begin_;
    const uint64_t room_;
    uint64_t used_ = 0;
    PictureChunk chunk_{};
    uint64_t chunk_at_ = 0;
};

// --- What is copied

TTMEM_READS_LIVE_RECORDS PicturePlan Writer::plan_picture() noexcept {
    PicturePlan plan;
    {
        const std::lock_guard<SpinLock> guard(growth_lock_);
        plan.slots = next_slot_;
    }
    plan.events = events_so_far(plan.quiet);
    for (uint32_t i = 0; i < plan.slots; ++i) {
        const BufferRecord& buffer = record(i);
        if ((buffer.state.load(std::memory_order_acquire) & kStateMask) == kLive) {
            ++plan.buffers;
            plan.buffer_bytes += buffer.bytes_per_bank * buffer.banks;
            plan.addresses += (buffer.flags & kBufferPerCore) != 0 ? extra(i).placements : 0;
        }
    }
    const std::lock_guard<SpinLock> guard(programs_.lock);
    for (uint32_t i = 0; i < programs_.programs.used; ++i) {
        const auto& program = *at<ProgramRecord>(programs_.programs.offset_of(i, sizeof(ProgramRecord)));
        if ((get(program.state) & kStateMask) == kLive) {
            ++plan.programs;
            plan.circular_buffers += program.circular_buffer_count;
        }
    }
    return plan;
}

// Events ever written. `quiet`: none is under way.
uint64_t Writer::events_so_far(bool& quiet) const noexcept {
    uint64_t events = 0;
    quiet = true;
    for (uint32_t i = 0; i < shard_count_.load(std::memory_order_acquire); ++i) {
        const ShardHeader& shard = *shards_[i].header;
        quiet = quiet && shard.journal.word.load(std::memory_order_acquire) == kJournalIdle;
        events += shard.ring_position.load(std::memory_order_acquire);
    }
    return events;
}

void Writer::freeze_totals(PictureStream& to) noexcept {
    to.begin_chunk(kChunkTotals, sizeof(PictureTotal));
    uint32_t count = 0;
    uint32_t all = 0;
    for (uint32_t i = 0; i < header_->allocator_count.load(std::memory_order_acquire); ++i) {
        for (uint32_t account = 0; allocator_is_open(i) && account < kAccounts; ++account) {
            const OwnTotals sums = own_totals(i, account);
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
TTMEM_READS_LIVE_RECORDS void Writer::freeze_sums(PictureStream& to, const PicturePlan& plan) noexcept {
    constexpr uint32_t kSums = 256;  // a power of two
    PictureSum sums[kSums] = {};
    uint32_t used = 0;
    uint32_t left_out = 0;
    for (uint32_t i = 0; i < plan.slots; ++i) {
        const BufferRecord& buffer = record(i);
        if ((buffer.state.load(std::memory_order_acquire) & kStateMask) != kLive) {
            continue;
        }
        const PictureSum wanted{extra(i).context, 0, buffer.allocator, buffer.account, 0};
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

// The programs' lock is held, by this and the next two.
TTMEM_READS_LIVE_RECORDS void Writer::freeze_layout(PictureStream& to) noexcept {
    to.begin_chunk(kChunkConfigRings, sizeof(ConfigRingRecord));
    uint32_t count = 0;
    for (uint32_t i = 0; programs_.rings != nullptr && i < programs_.ring_count && to.has_room(1); ++i) {
        const ConfigRingRecord& ring = programs_.rings[i];
        const uint32_t sequence = ring.sequence.load(std::memory_order_acquire);
        alignas(ConfigRingRecord) std::byte copy[sizeof ring];
        copy_live(copy, &ring, sizeof ring);
        std::atomic_thread_fence(std::memory_order_acquire);
        if (sequence % 2 == 0 && ring.capacity_bytes != 0 && get(ring.sequence) == sequence) {
            to.add(copy, sizeof copy);
            ++count;
        }
    }
    to.end_chunk(count, programs_.ring_count);
    to.begin_chunk(kChunkRegions, sizeof(RegionRecord));
    count = 0;
    for (uint32_t i = 0; programs_.regions != nullptr && i < programs_.region_count && to.has_room(1); ++i) {
        if (programs_.regions[i].type != 0) {
            to.add(&programs_.regions[i], sizeof(RegionRecord));
            ++count;
        }
    }
    to.end_chunk(count, programs_.region_count);
}

namespace {

bool is_kept(const ProgramRecord& program, uint64_t oldest_launch) noexcept {
    return (get(program.state) & kStateMask) == kLive && get(program.last_launch) >= oldest_launch;
}

}  // namespace

// Programs with their circular buffers in at most `room` bytes: those launched last. Their number.
TTMEM_READS_LIVE_RECORDS uint32_t Writer::freeze_programs(PictureStream& to, uint64_t room) noexcept {
    const auto program_at = [this](uint32_t i) -> const ProgramRecord& {
        return *at<ProgramRecord>(programs_.programs.offset_of(i, sizeof(ProgramRecord)));
    };
    const auto bytes_from = [&](uint64_t oldest) {
        uint64_t bytes = 0;
        for (uint32_t i = 0; i < programs_.programs.used; ++i) {
            if (const ProgramRecord& program = program_at(i); is_kept(program, oldest)) {
                bytes += sizeof program + program.circular_buffer_count * sizeof(CircularBufferRecord);
            }
        }
        return bytes + 2 * sizeof(PictureChunk) + 2 * uint64_t{kPictureBlock};
    };
    uint64_t oldest = 0;
    uint64_t beyond = launches_.load(std::memory_order_relaxed) + 1;  // so few that all others fit
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
    const uint64_t heads = 2 * sizeof(PictureChunk) + 2 * uint64_t{kPictureBlock};
    uint64_t budget = room > heads ? room - heads : 0;
    to.begin_chunk(kChunkPrograms, sizeof(ProgramRecord));
    const uint64_t first_row = to.used();
    for (uint32_t i = 0; i < programs_.programs.used; ++i) {
        const ProgramRecord& program = program_at(i);
        live += is_kept(program, 0) ? 1 : 0;
        const uint64_t bytes = sizeof program + program.circular_buffer_count * sizeof(CircularBufferRecord);
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
    for (uint32_t i = 0, seen = 0; i < programs_.programs.used && seen < count; ++i) {
        const ProgramRecord& program = program_at(i);
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
            to.add(at<CircularBufferRecord>(programs_.circular_buffers.offset_of(program.first_circular_buffer + k,
                                                                                 sizeof(CircularBufferRecord))),
                   sizeof(CircularBufferRecord));
            ++written;
        }
    }
    to.end_chunk(written, parts);
    return count;
}

// The class of the smallest buffers that are kept when at most `rows` are, and how many of that class.
TTMEM_READS_LIVE_RECORDS void Writer::smallest_kept(const PicturePlan& plan, uint64_t rows, uint32_t& from_class,
                                                    uint64_t& of_that) const noexcept {
    uint32_t classes[kSizeClasses] = {};
    for (uint32_t i = 0; i < plan.slots; ++i) {
        const BufferRecord& buffer = record(i);
        if ((buffer.state.load(std::memory_order_acquire) & kStateMask) == kLive) {
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
TTMEM_READS_LIVE_RECORDS void Writer::freeze_buffers(PictureStream& to, const PicturePlan& plan,
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
        const BufferRecord& buffer = record(i);
        const uint32_t state = buffer.state.load(std::memory_order_acquire);
        if ((state & kStateMask) != kLive) {
            continue;
        }
        alignas(BufferRecord) std::byte row[kPictureRowBytes];
        copy_live(row, &buffer, sizeof buffer);
        copy_live(row + sizeof buffer, &extra(i), sizeof(BufferExtra));
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
void Writer::freeze_addresses(PictureStream& to, uint64_t first_row, uint32_t rows) noexcept {
    to.begin_chunk(kChunkCoreAddresses, sizeof(CoreAddressRecord));
    uint32_t count = 0;
    uint32_t all = 0;
    const std::lock_guard<SpinLock> guard(addresses_lock_);
    for (uint32_t i = 0; i < rows; ++i) {
        const uint64_t extra_at = first_row + i * kPictureRowBytes + sizeof(BufferRecord);
        BufferExtra beside;
        to.load(extra_at, static_cast<void*>(&beside), sizeof beside);
        if (beside.placement == kNone || beside.placements == 0) {
            continue;
        }
        all += beside.placements;
        const uint32_t first = count;
        const bool fits =
            to.has_room(beside.placements) && uint64_t{beside.placement} + beside.placements <= addresses_.capacity;
        for (uint32_t k = 0; fits && k < beside.placements; ++k) {
            to.add(at<CoreAddressRecord>(addresses_.offset_of(beside.placement + k, sizeof(CoreAddressRecord))),
                   sizeof(CoreAddressRecord));
            ++count;
        }
        const uint32_t place[2] = {fits ? first : kNone, fits ? beside.placements : 0};
        static_assert(offsetof(BufferExtra, placements) == offsetof(BufferExtra, placement) + 4);
        to.store(extra_at + offsetof(BufferExtra, placement), place, sizeof place);
    }
    to.end_chunk(count, all);
}

void Writer::freeze(PictureRecord& picture, const PicturePlan& plan) noexcept {
    PictureStream to(*this, static_cast<uint32_t>(picture.first_block), picture.room);
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
        const std::lock_guard<SpinLock> guard(programs_.lock);
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
    bool quiet = false;
    const uint64_t events = events_so_far(quiet);
    picture.flags |= quiet && plan.quiet && events == plan.events ? uint32_t{kPictureOneMoment} : 0;
    picture.flags |= picture.buffers_kept < picture.buffers ? uint32_t{kPictureBuffersLeftOut} : 0;
    picture.flags |= picture.programs_kept < picture.programs ? uint32_t{kPictureProgramsLeftOut} : 0;
    picture.bytes = to.used();
    picture.room = to.used();  // the rest serves the next one
}

}  // namespace ttmem::ledger
