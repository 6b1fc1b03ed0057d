// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/read/read_extremes.hpp"

#include <algorithm>
#include <cstring>

namespace ttmem::ledger {

namespace {

constexpr int kTries = 3;

std::vector<std::byte> copy_first(const CopySource& source, const Table& table, uint64_t count, uint32_t record_bytes) {
    count = std::min(count, table.records());
    std::vector<std::byte> raw(count * record_bytes);
    table.copy(source, 0, count, record_bytes, raw.data());
    return raw;
}

// Copies one again until it is whole; cleared where it never is.
void settle(const CopySource& source, uint64_t offset, std::byte* half) {
    for (int i = 0; i < kTries; ++i) {
        const uint32_t before = load_word32(half);
        if (before % 2 == 0 && source.word<uint32_t>(offset) == before) {
            return;
        }
        source.copy(offset, half, sizeof(Headroom));
    }
    std::memset(half, 0, sizeof(Headroom));
}

std::optional<uint64_t> stored(const Word64& word) {
    const uint64_t value = word.load(std::memory_order_relaxed);
    return value == 0 ? std::nullopt : std::optional(value - 1);
}

std::optional<LeastHeadroom> decode(const Headroom& half, const TickClock& clock) {
    if (half.sequence.load(std::memory_order_relaxed) == 0 || half.bytes == kUnknown64) {
        return std::nullopt;
    }
    LeastHeadroom found;
    found.bytes = half.bytes;
    found.context = half.context;
    found.program_id = half.program_id;
    if (half.buffer_id != kUnknown64) {
        found.buffer_id = half.buffer_id;
    }
    found.end_address = half.end_address;
    found.buffer_address = half.buffer_address;
    found.time_ns = clock.to_ns(half.ticks);
    return found;
}

}  // namespace

ExtremesCopy copy_extremes(const CopySource& source, const SectionMap& map, uint64_t allocators) {
    ExtremesCopy copy;
    copy.watermarks = copy_first(source, map.watermarks, allocators * kAccounts, sizeof(WatermarkLine));
    copy.headroom = copy_first(source, map.headroom, allocators, sizeof(HeadroomRecord));
    for (size_t at = 0; at < copy.headroom.size(); at += sizeof(HeadroomRecord)) {
        const uint64_t offset = map.headroom.offset_of(at / sizeof(HeadroomRecord));
        settle(source, offset, copy.headroom.data() + at);
        settle(source, offset + sizeof(Headroom), copy.headroom.data() + at + sizeof(Headroom));
    }
    return copy;
}

void add_extremes(const ExtremesCopy& copy, const TickClock& clock, std::vector<Allocator>& allocators) {
    for (size_t i = 0; i < copy.watermarks.size() / sizeof(WatermarkLine); ++i) {
        WatermarkLine line;
        load_record(line, copy.watermarks.data() + i * sizeof line);
        Watermarks& marks = allocators[i / kAccounts].watermarks[i % kAccounts];
        marks = {stored(line.highest_end),           stored(line.lowest_address),
                 stored(line.least_largest_free),    stored(line.recent_highest_end),
                 stored(line.recent_lowest_address), stored(line.recent_least_largest_free),
                 stored(line.peak_with_mesh),        stored(line.recent_peak_with_mesh)};
    }
    for (size_t i = 0; i < copy.headroom.size() / sizeof(HeadroomRecord); ++i) {
        HeadroomRecord record;
        load_record(record, copy.headroom.data() + i * sizeof record);
        allocators[i].least_headroom = decode(record.ever, clock);
        allocators[i].recent_least_headroom = decode(record.recent, clock);
    }
}

}  // namespace ttmem::ledger
