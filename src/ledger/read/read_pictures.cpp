// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/read/read_pictures.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>

#include "ledger/read/read_buffers.hpp"
#include "ledger/read/read_programs.hpp"

namespace ttmem::ledger {

namespace {

constexpr uint32_t kRowBytes = sizeof(BufferRecord) + sizeof(BufferExtra);
constexpr uint32_t kMostChunks = 4096;
constexpr uint64_t kMostPictureBytes = uint64_t{64} << 20;  // all the room that a writer ever has for them

// A kind's records, one after another as the writer of today has them.
struct Chunk {
    std::vector<std::byte> bytes;
    uint32_t count = 0;
};

struct Chunks {
    Chunk totals;
    Chunk buffers;
    Chunk programs;
    Chunk circular_buffers;
    Chunk config_rings;
    Chunk regions;
    Chunk core_addresses;
    Chunk sums;

    // Where a kind goes and the bytes of its record; nothing of a kind that is not known.
    std::pair<Chunk*, uint32_t> place_of(uint32_t kind) {
        switch (kind) {
            case kChunkTotals:
                return {&totals, sizeof(PictureTotal)};
            case kChunkBuffers:
                return {&buffers, kRowBytes};
            case kChunkPrograms:
                return {&programs, sizeof(ProgramRecord)};
            case kChunkCircularBuffers:
                return {&circular_buffers, sizeof(CircularBufferRecord)};
            case kChunkConfigRings:
                return {&config_rings, sizeof(ConfigRingRecord)};
            case kChunkRegions:
                return {&regions, sizeof(RegionRecord)};
            case kChunkCoreAddresses:
                return {&core_addresses, sizeof(CoreAddressRecord)};
            case kChunkContextSums:
                return {&sums, sizeof(PictureSum)};
            default:
                return {nullptr, 0};
        }
    }
};

// Of a kind without atomic words.
template <typename Record>
Record record_of(const Chunk& chunk, uint64_t index) {
    Record record{};
    load_record(record, chunk.bytes.data() + index * sizeof(Record));
    return record;
}

// Of two chunks of a kind the later one counts.
Chunks split(const std::vector<std::byte>& bytes) {
    Chunks chunks;
    uint64_t at = 0;
    for (uint32_t number = 0; at + sizeof(PictureChunk) <= bytes.size(); ++number) {
        PictureChunk head{};
        load_record(head, bytes.data() + at);
        at += sizeof head;
        const uint64_t length = uint64_t{head.count} * head.stride;
        if (number == kMostChunks || head.stride > kMostStride || length > bytes.size() - at) {
            stop_corrupt("a chunk of a picture is longer than the picture");
        }
        const auto [to, record_bytes] = chunks.place_of(head.kind);
        if (to != nullptr) {
            if (head.stride < record_bytes) {
                stop_corrupt("the records of a picture are too short");
            }
            to->count = head.count;
            to->bytes.resize(uint64_t{head.count} * record_bytes);
            for (uint64_t i = 0; i < head.count; ++i) {
                std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at + i * head.stride), record_bytes,
                            to->bytes.begin() + static_cast<std::ptrdiff_t>(i * record_bytes));
            }
        }
        at += (length + kPictureBlock - 1) / kPictureBlock * kPictureBlock;
    }
    return chunks;
}

void show_open(Allocator& allocator) {
    allocator.open = true;
    allocator.closed_ns.reset();
}

void decode_totals(const Chunk& chunk, Snapshot& snapshot) {
    for (Allocator& allocator : snapshot.allocators) {
        allocator.open = false;
        allocator.totals = {};
    }
    for (uint32_t i = 0; i < chunk.count; ++i) {
        const auto total = record_of<PictureTotal>(chunk, i);
        if (total.allocator >= snapshot.allocators.size() || total.account >= kAccounts) {
            stop_corrupt("a total of a picture names allocator " + std::to_string(total.allocator));
        }
        Allocator& allocator = snapshot.allocators[total.allocator];
        show_open(allocator);
        AccountTotals& to = allocator.totals[total.account];
        to.buffers = total.buffers;
        to.bytes = total.bytes;
        to.requested_bytes = total.requested_bytes;
        to.peak_bytes = total.peak_bytes;
    }
}

void decode_buffers(const Chunks& chunks, bool one_moment, InternedSets& sets, const TickClock& clock,
                    Snapshot& snapshot) {
    snapshot.buffers.reserve(chunks.buffers.count);
    for (uint32_t i = 0; i < chunks.buffers.count; ++i) {
        const std::byte* row = chunks.buffers.bytes.data() + uint64_t{i} * kRowBytes;
        if ((load_word32(row) & kStateMask) != kLive) {
            stop_corrupt("a picture shows a buffer that does not live");
        }
        snapshot.buffers.push_back(decode_buffer(i, row, row + sizeof(BufferRecord), clock));
    }
    check_buffers(snapshot.buffers, snapshot.allocators.size(), snapshot.devices.size());
    for (uint32_t i = 0; i < chunks.core_addresses.count; ++i) {
        const auto record = record_of<CoreAddressRecord>(chunks.core_addresses, i);
        if (record.device >= snapshot.devices.size()) {
            stop_corrupt("the address of a buffer on a core names a device that is not there");
        }
        snapshot.core_addresses.push_back({record.device, record.x, record.y, record.address});
    }
    for (Buffer& row : snapshot.buffers) {
        show_open(snapshot.allocators[row.allocator]);
        if (row.core_set != kNone && !snapshot.core_sets.contains(row.core_set)) {
            snapshot.core_sets.emplace(row.core_set, sets.core_set(row.core_set));
        }
        if (!one_moment) {  // another buffer may have got its places while they were copied
            row.placement = kNone;
            row.placements = 0;
        }
        if (row.placements != 0 && uint64_t{row.placement} + row.placements > chunks.core_addresses.count) {
            stop_corrupt("a buffer of a picture names core addresses that are not there");
        }
    }
}

// Totals cover buffers that the table had no record for, too.
void note_unlisted(Snapshot& snapshot) {
    std::vector<uint64_t> listed(snapshot.allocators.size() * kAccounts);
    for (const Buffer& row : snapshot.buffers) {
        ++listed[uint64_t{row.allocator} * kAccounts + row.account];
    }
    for (size_t i = 0; i < listed.size(); ++i) {
        const uint64_t all = snapshot.allocators[i / kAccounts].totals[i % kAccounts].buffers;
        if (i % kAccounts < kBufferTypes && all > listed[i]) {
            snapshot.unlisted_buffers = std::max(snapshot.unlisted_buffers, all - listed[i]);
        }
    }
}

// As read_programs.hpp copies them, so that one function decodes both.
ProgramsCopy programs_of(const Chunks& chunks) {
    ProgramsCopy copy;
    copy.told = true;
    uint64_t next = 0;
    for (uint32_t i = 0; i < chunks.programs.count; ++i) {
        const std::byte* from = chunks.programs.bytes.data() + uint64_t{i} * sizeof(ProgramRecord);
        ProgramRecord record{};
        load_record(record, from);
        // Each program's circular buffers begin where the last program's end, so no two programs share any.
        if (record.first_circular_buffer != next) {
            stop_corrupt("a program of a picture names circular buffers that are not its own");
        }
        next += record.circular_buffer_count;
        if (next > chunks.circular_buffers.count) {
            break;  // its circular buffers found no room
        }
        ProgramsCopy::One& one = copy.programs.emplace_back();
        one.record.assign(from, from + sizeof(ProgramRecord));
        const auto first = chunks.circular_buffers.bytes.begin() +
                           static_cast<std::ptrdiff_t>(record.first_circular_buffer * sizeof(CircularBufferRecord));
        one.circular_buffers.assign(
            first, first + static_cast<std::ptrdiff_t>(record.circular_buffer_count * sizeof(CircularBufferRecord)));
    }
    copy.config_rings = chunks.config_rings.bytes;
    copy.regions = chunks.regions.bytes;
    return copy;
}

}  // namespace

std::optional<PictureCopy> copy_picture(const CopySource& source, const SectionMap& map, uint64_t number) {
    if (!map.pictures || map.pictures->count == 0 || number >= kUnknown64 / 2 - 1) {
        return std::nullopt;
    }
    const SectionEntry& ring = *map.pictures;
    const uint64_t place = ring.offset + number % ring.count * ring.stride;
    PictureCopy copy;
    copy.record.resize(sizeof(PictureRecord));
    source.copy(place, copy.record.data(), copy.record.size());
    if (load_word64(copy.record.data()) != 2 * number + 2) {
        return std::nullopt;
    }
    PictureRecord record{};
    load_record(record, copy.record.data());
    const uint64_t blocks = (record.bytes + kPictureBlock - 1) / kPictureBlock;
    if (record.bytes > kMostPictureBytes || record.first_block > map.picture_blocks.records() ||
        blocks > map.picture_blocks.records() - record.first_block) {
        if (source.word<uint64_t>(place) != 2 * number + 2) {
            return std::nullopt;  // another one was begun in its record while it was copied
        }
        stop_corrupt("picture " + std::to_string(number) + " is longer than the room for pictures");
    }
    copy.bytes.resize(blocks * kPictureBlock);
    map.picture_blocks.copy(source, record.first_block, blocks, kPictureBlock, copy.bytes.data());
    copy.bytes.resize(record.bytes);
    if (source.word<uint64_t>(place) != 2 * number + 2) {
        return std::nullopt;  // its room went to another one meanwhile
    }
    return copy;
}

std::vector<PeakPicture> list_peaks(const CopySource& source, const SectionMap& map, const TickClock& clock,
                                    uint64_t allocators) {
    std::map<std::pair<uint32_t, uint32_t>, std::pair<uint64_t, PeakPicture>> newest;  // with the ticks
    for (uint64_t index = 0; map.pictures && index < map.pictures->count; ++index) {
        const uint64_t place = map.pictures->offset + index * map.pictures->stride;
        std::array<std::byte, sizeof(PictureRecord)> bytes{};
        source.copy(place, bytes.data(), bytes.size());
        PictureRecord record{};
        load_record(record, bytes.data());
        const uint64_t sequence = record.sequence.load(std::memory_order_relaxed);
        // An odd sequence is that of a picture that is being written, or whose bytes have gone to another.
        if (sequence == 0 || sequence % 2 != 0 || (sequence / 2 - 1) % map.pictures->count != index ||
            record.reason != kPicturePeak || source.word<uint64_t>(place) != sequence) {
            continue;
        }
        if (record.allocator >= allocators || record.account >= kAccounts) {
            stop_corrupt("the record of picture " + std::to_string(sequence / 2 - 1) + " makes no sense");
        }
        auto& [ticks, peak] = newest[{record.allocator, record.account}];
        if (ticks <= record.ticks) {
            ticks = record.ticks;
            peak = {sequence / 2 - 1, clock.to_ns(record.ticks), record.allocator, record.account, record.peak_bytes};
        }
    }
    std::vector<PeakPicture> peaks;
    for (const auto& [of, found] : newest) {
        peaks.push_back(found.second);
    }
    return peaks;
}

void decode_picture(const PictureCopy& copy, InternedSets& sets, const TickClock& clock, Snapshot& snapshot) {
    PictureRecord record{};
    load_record(record, copy.record.data());
    const Chunks chunks = split(copy.bytes);
    Picture& picture = snapshot.picture.emplace();
    picture.number = record.sequence.load(std::memory_order_relaxed) / 2 - 1;
    picture.time_ns = clock.to_ns(record.ticks);
    picture.reason = record.reason;
    if (record.failure != kUnknown64) {
        picture.failure = record.failure;
    }
    picture.buffers = record.buffers;
    picture.bytes_left_out = record.bytes_left_out;
    picture.programs = record.programs;
    picture.programs_kept = record.programs_kept;
    snapshot.one_moment = (record.flags & kPictureOneMoment) != 0;
    snapshot.events = record.events;
    decode_totals(chunks.totals, snapshot);
    decode_buffers(chunks, snapshot.one_moment, sets, clock, snapshot);
    decode_programs(programs_of(chunks), snapshot.allocators.size(), snapshot.devices.size(), sets, clock, snapshot);
    for (uint32_t i = 0; i < chunks.sums.count; ++i) {
        const auto sum = record_of<PictureSum>(chunks.sums, i);
        picture.sums.push_back({sum.context, sum.allocator, sum.account, sum.buffers, sum.bytes});
    }
    const uint64_t kept = snapshot.buffers.size();
    snapshot.unlisted_buffers = picture.buffers > kept ? picture.buffers - kept : 0;
    if (snapshot.one_moment) {
        note_unlisted(snapshot);
    }
}

}  // namespace ttmem::ledger
