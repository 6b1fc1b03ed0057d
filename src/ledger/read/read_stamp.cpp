// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/read/read_stamp.hpp"

#include <algorithm>
#include <array>

namespace ttmem::ledger {
namespace {

constexpr uint64_t kWordsOffset = offsetof(FileHeader, state);
constexpr uint64_t kWordsBytes = offsetof(FileHeader, reserved3) - kWordsOffset;
constexpr uint64_t kBlock = 16 * 1024;

// Four lanes, so that the multiplications overlap. Not against an adversary: a hostile writer only hides what it did
// itself.
class Mixer {
public:
    void add(const std::byte* bytes, uint64_t count) {  // count: a multiple of 8
        uint64_t at = 0;
        for (; at + 32 <= count; at += 32) {
            for (size_t lane = 0; lane < 4; ++lane) {
                mix(lane, load_word64(bytes + at + lane * 8));
            }
        }
        for (; at + 8 <= count; at += 8) {
            mix(0, load_word64(bytes + at));
        }
    }
    uint64_t sum() const {
        uint64_t all = 0;
        for (const uint64_t lane : lanes_) {
            all = (all ^ lane) * kMultiplier;
            all ^= all >> 29;
        }
        return all;
    }

private:
    static constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15u;
    void mix(size_t lane, uint64_t word) {
        lanes_[lane] = (lanes_[lane] ^ word) * kMultiplier;
        lanes_[lane] ^= lanes_[lane] >> 31;
    }
    std::array<uint64_t, 4> lanes_{1, 2, 3, 4};
};

void add_range(const CopySource& source, uint64_t offset, uint64_t bytes, Mixer& mix) {
    std::array<std::byte, kBlock> block;
    for (uint64_t at = 0; at < bytes; at += kBlock) {
        const uint64_t some = std::min(kBlock, bytes - at);
        source.copy(offset + at, block.data(), some);
        mix.add(block.data(), some);
    }
}

// The first `records` of a table.
void add_table(const CopySource& source, const Table& table, uint64_t records, Mixer& mix) {
    for (const SectionEntry& entry : table.sections()) {
        if (entry.first_index < records) {
            const uint64_t count = std::min<uint64_t>(entry.count, records - entry.first_index);
            add_range(source, entry.offset, count * entry.stride, mix);
        }
    }
}

void add_table(const CopySource& source, const Table& table, Mixer& mix) {
    add_table(source, table, table.records(), mix);
}

// Up to the last program that lives, and the last circular buffer of one that does.
void find_reach(const CopySource& source, const SectionMap& map, StampReach& reach) {
    reach.programs = 0;
    reach.circular_buffers = 0;
    std::array<std::byte, kBlock> block;
    constexpr uint64_t kAtOnce = kBlock / sizeof(ProgramRecord);
    for (uint64_t first = 0; first < map.programs.records(); first += kAtOnce) {
        const uint64_t count = std::min(kAtOnce, map.programs.records() - first);
        map.programs.copy(source, first, count, sizeof(ProgramRecord), block.data());
        for (uint64_t i = 0; i < count; ++i) {
            ProgramRecord record;
            load_record(record, block.data() + i * sizeof(ProgramRecord));
            if ((record.state.load(std::memory_order_relaxed) & kStateMask) == kLive) {
                const uint64_t end = uint64_t{record.first_circular_buffer} + record.circular_buffer_count;
                reach.programs = first + i + 1;
                reach.circular_buffers = std::max(reach.circular_buffers, end);
            }
        }
    }
}

}  // namespace

std::optional<uint64_t> read_stamp(const CopySource& source, const SectionMap& map, StampReach& reach) {
    Mixer mix;
    std::array<std::byte, kWordsBytes> words;
    source.copy(kWordsOffset, words.data(), words.size());
    if (load_word32(words.data() + offsetof(FileHeader, section_count) - kWordsOffset) != map.entries.size()) {
        return std::nullopt;
    }
    mix.add(words.data(), words.size());
    for (const ShardSections& shard : map.shards) {
        if (shard.header) {
            add_range(source, shard.header->offset, sizeof(ShardHeader), mix);
        }
    }
    if (!reach.known || reach.events != mix.sum()) {
        reach.known = true;
        reach.events = mix.sum();
        find_reach(source, map, reach);
    }
    add_table(source, map.programs, reach.programs, mix);
    add_table(source, map.circular_buffers, reach.circular_buffers, mix);
    add_table(source, map.config_rings, mix);
    add_table(source, map.regions, mix);
    return mix.sum();
}

}  // namespace ttmem::ledger
