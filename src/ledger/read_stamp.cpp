// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/read_stamp.hpp"

#include <algorithm>
#include <array>

namespace ttmem::ledger {
namespace {

constexpr uint64_t kWordsOffset = offsetof(FileHeader, state);
constexpr uint64_t kWordsBytes = offsetof(FileHeader, reserved2) - kWordsOffset;
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

void add_table(const CopySource& source, const Table& table, Mixer& mix) {
    for (const SectionEntry& entry : table.sections()) {
        add_range(source, entry.offset, uint64_t{entry.count} * entry.stride, mix);
    }
}

}  // namespace

std::optional<uint64_t> read_stamp(const CopySource& source, const SectionMap& map) {
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
    add_table(source, map.programs, mix);
    add_table(source, map.circular_buffers, mix);
    add_table(source, map.config_rings, mix);
    add_table(source, map.regions, mix);
    return mix.sum();
}

}  // namespace ttmem::ledger
