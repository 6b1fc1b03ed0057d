// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A ledger's header and directory, checked: which table lies where. Everything that the reader copies later is inside
// the bounds that are checked here. Inside the reader only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "ledger/format.hpp"
#include "ledger/read/copy_source.hpp"

namespace ttmem::ledger {

// Upper bounds of a ledger's contents; more is corrupt. They bound the reader's time and memory on a hostile file and
// lie far above what a writer makes.
inline constexpr uint64_t kMostFileBytes = uint64_t{4} << 30;
inline constexpr uint32_t kMostStride = 4096;
inline constexpr uint32_t kMostShards = 256;
inline constexpr uint64_t kMostDevices = 4096;
inline constexpr uint64_t kMostAllocators = 4096;
inline constexpr uint64_t kMostBuffers = uint64_t{16} << 20;
inline constexpr uint64_t kMostInternedBytes = uint64_t{64} << 20;
inline constexpr uint64_t kMostRingEvents = uint64_t{4} << 20;  // all shards together
inline constexpr uint64_t kMostFailures = uint64_t{1} << 16;
inline constexpr uint64_t kMostPrograms = uint64_t{1} << 20;
inline constexpr uint64_t kMostProgramParts = uint64_t{4} << 20;  // circular buffers, kernels
inline constexpr uint64_t kMostConfigRings = uint64_t{1} << 16;
inline constexpr uint64_t kMostRegions = uint64_t{1} << 20;
inline constexpr uint64_t kMostCoreAddresses = uint64_t{1} << 20;
inline constexpr uint64_t kMostPictures = 1024;
inline constexpr uint64_t kMostPictureBlocks = (uint64_t{1} << 30) / kPictureBlock;

// A table: its sections, one after another by index.
class Table {
public:
    // Adds a section. Stops as corrupt if it leaves a gap, overlaps, has a stride below `record_bytes`, or makes the
    // table longer than `most`.
    void add(const SectionEntry& entry, uint32_t record_bytes, uint64_t most);

    uint64_t records() const { return records_; }
    const std::vector<SectionEntry>& sections() const { return sections_; }

    // Where record `index` lies in the file. index < records().
    uint64_t offset_of(uint64_t index) const;

    // Copies the first `record_bytes` bytes of the records [first, first + count) to `to`, one after another. Of a
    // table that an older version of the format made, the bytes that its records do not have stay as they are.
    void copy(const CopySource& source, uint64_t first, uint64_t count, uint32_t record_bytes, std::byte* to) const;

private:
    std::vector<SectionEntry> sections_;
    uint64_t records_ = 0;
};

// The parts of a shard. A shard that is being added lacks some of them yet.
struct ShardSections {
    std::optional<SectionEntry> header;
    std::optional<SectionEntry> ring;
    Table counters;
};

struct SectionMap {
    Table devices;
    Table allocators;
    Table interned;  // a record is a byte
    Table totals;
    Table buffers;
    Table programs;
    Table circular_buffers;
    Table kernels;
    Table config_rings;
    Table regions;
    // Since 1.2; empty in a ledger of 1.1.
    Table buffer_extras;
    Table core_addresses;
    Table watermarks;
    Table headroom;
    std::optional<SectionEntry> pictures;
    Table picture_blocks;
    std::optional<SectionEntry> failures;
    std::vector<ShardSections> shards;  // by owner; holes have no header
    std::vector<SectionEntry> entries;  // all of the above and those of unknown kinds, as they stand in the file
};

// Copies and checks the header. Stops with the answer that the file deserves: starting, foreign version, corrupt.
void read_header(const CopySource& source, FileHeader& header);

// The words of the header that change, as one copy.
struct HeaderWords {
    uint32_t state = 0;
    uint32_t sections = 0;
    uint32_t allocators = 0;
    uint32_t devices = 0;
    uint64_t interned_bytes = 0;
    uint64_t failures = 0;
    std::array<uint64_t, kLostCauses> lost{};
    uint64_t late_ticks = 0;
    uint32_t features = 0;
    uint32_t stack_frames = 0;
    uint32_t stack_state = 0;
    uint64_t pictures = 0;
    uint64_t steps = 0;
};
HeaderWords read_header_words(const CopySource& source);

// Copies and checks the directory. It covers every record that was counted in header words read before. Entries are
// only ever added after those of `earlier`, an older copy of the same directory: checks against that stay right.
SectionMap read_directory(const CopySource& source, const SectionMap* earlier = nullptr);

}  // namespace ttmem::ledger
