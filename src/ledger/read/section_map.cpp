// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/read/section_map.hpp"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

namespace ttmem::ledger {

namespace {

constexpr uint64_t kWordsOffset = offsetof(FileHeader, state);
constexpr uint64_t kWordsBytes = offsetof(FileHeader, reserved3) - kWordsOffset;

std::string section_name(const SectionEntry& entry) {
    return "section of kind " + std::to_string(entry.kind) + " (owner " + std::to_string(entry.owner) + ", at byte " +
           std::to_string(entry.offset) + ")";
}

uint64_t end_of(const SectionEntry& entry) {
    return entry.offset + uint64_t{entry.count} * entry.stride;
}

void check_place(const SectionEntry& entry) {
    if (entry.offset < kFirstSectionOffset || entry.offset % 64 != 0 || entry.offset > kMostFileBytes ||
        end_of(entry) > kMostFileBytes) {
        stop_corrupt(section_name(entry) + " lies outside of what a ledger may span");
    }
    if (entry.kind == kSectionInterned) {
        if (entry.stride != 1 || entry.count % 8 != 0) {
            stop_corrupt(section_name(entry) + " is not a run of bytes");
        }
    } else if (entry.stride > kMostStride || entry.stride % 8 != 0) {
        stop_corrupt(section_name(entry) + " has a stride of " + std::to_string(entry.stride));
    }
}

ShardSections& shard_of(SectionMap& map, const SectionEntry& entry) {
    if (entry.owner >= kMostShards) {
        stop_corrupt(section_name(entry) + " belongs to no shard");
    }
    if (map.shards.size() <= entry.owner) {
        map.shards.resize(entry.owner + 1);
    }
    return map.shards[entry.owner];
}

// A section that may not be continued by another.
void set_only(std::optional<SectionEntry>& place, const SectionEntry& entry, uint32_t record_bytes) {
    if (place.has_value() || entry.first_index != 0 || entry.count == 0 || entry.stride < record_bytes) {
        stop_corrupt(section_name(entry) + " is there twice or has no place for a record");
    }
    place = entry;
}

void add_section(SectionMap& map, const SectionEntry& entry, uint64_t& ring_events) {
    switch (entry.kind) {
        case kSectionDevices:
            return map.devices.add(entry, sizeof(DeviceRecord), kMostDevices);
        case kSectionAllocators:
            return map.allocators.add(entry, sizeof(AllocatorRecord), kMostAllocators);
        case kSectionInterned:
            return map.interned.add(entry, 1, kMostInternedBytes);
        case kSectionTotals:
            return map.totals.add(entry, sizeof(TotalLine), kMostAllocators * kAccounts);
        case kSectionShard:
            set_only(shard_of(map, entry).header, entry, sizeof(ShardHeader));
            if (entry.count != 1) {
                stop_corrupt(section_name(entry) + " holds several shards");
            }
            return;
        case kSectionCounters:
            return shard_of(map, entry).counters.add(entry, sizeof(CounterLine), kMostAllocators * kAccounts);
        case kSectionRing:
            ring_events += entry.count;
            if (!std::has_single_bit(entry.count) || ring_events > kMostRingEvents) {
                stop_corrupt(section_name(entry) + " has a length that no ring has");
            }
            return set_only(shard_of(map, entry).ring, entry, kEventBytes11);
        case kSectionBuffers:
            return map.buffers.add(entry, sizeof(BufferRecord), kMostBuffers);
        case kSectionFailures:
            if (entry.count > kMostFailures) {
                stop_corrupt(section_name(entry) + " has a length that no ring has");
            }
            return set_only(map.failures, entry, kFailureBytes11);
        case kSectionPrograms:
            return map.programs.add(entry, sizeof(ProgramRecord), kMostPrograms);
        case kSectionCircularBuffers:
            return map.circular_buffers.add(entry, kCircularBufferBytes11, kMostProgramParts);
        case kSectionKernels:
            return map.kernels.add(entry, sizeof(KernelRecord), kMostProgramParts);
        case kSectionConfigRings:
            return map.config_rings.add(entry, sizeof(ConfigRingRecord), kMostConfigRings);
        case kSectionRegions:
            return map.regions.add(entry, sizeof(RegionRecord), kMostRegions);
        case kSectionBufferExtras:
            return map.buffer_extras.add(entry, sizeof(BufferExtra), kMostBuffers);
        case kSectionCoreAddresses:
            return map.core_addresses.add(entry, sizeof(CoreAddressRecord), kMostCoreAddresses);
        case kSectionWatermarks:
            return map.watermarks.add(entry, sizeof(WatermarkLine), kMostAllocators * kAccounts);
        case kSectionHeadroom:
            return map.headroom.add(entry, sizeof(HeadroomRecord), kMostAllocators);
        case kSectionPictures:
            if (entry.count > kMostPictures) {
                stop_corrupt(section_name(entry) + " has a length that no ring has");
            }
            return set_only(map.pictures, entry, sizeof(PictureRecord));
        case kSectionPictureBytes:
            return map.picture_blocks.add(entry, kPictureBlock, kMostPictureBlocks);
        default:
            return;
    }
}

bool is_same_entry(const SectionEntry& one, const SectionEntry& other) {
    return std::memcmp(&one, &other, sizeof one) == 0;
}

bool is_known(uint32_t kind) {
    return kind >= kSectionDevices && kind <= kSectionPictureBytes;
}

// Two tables in one place would let a small file make the reader copy without end.
void check_overlap(const CopySource& source, std::vector<std::pair<uint64_t, uint64_t>>& spans) {
    std::sort(spans.begin(), spans.end());
    for (size_t i = 1; i < spans.size(); ++i) {
        if (spans[i].first < spans[i - 1].second) {
            stop_corrupt("two sections overlap at byte " + std::to_string(spans[i].first));
        }
    }
    if (!spans.empty() && spans.back().second > 0) {
        (void)source.word<uint8_t>(spans.back().second - 1);
    }
}

}  // namespace

void Table::add(const SectionEntry& entry, uint32_t record_bytes, uint64_t most) {
    if (entry.stride < record_bytes) {
        stop_corrupt(section_name(entry) + " has records of " + std::to_string(entry.stride) + " bytes");
    }
    if (entry.first_index != records_ || entry.count > most || records_ + entry.count > most) {
        stop_corrupt(section_name(entry) + " does not continue its table: first index " +
                     std::to_string(entry.first_index) + ", " + std::to_string(entry.count) + " records");
    }
    sections_.push_back(entry);
    records_ += entry.count;
}

uint64_t Table::offset_of(uint64_t index) const {
    const auto after =
        std::upper_bound(sections_.begin(), sections_.end(), index,
                         [](uint64_t wanted, const SectionEntry& entry) { return wanted < entry.first_index; });
    const SectionEntry& entry = *std::prev(after);
    return entry.offset + (index - entry.first_index) * entry.stride;
}

void Table::copy(const CopySource& source, uint64_t first, uint64_t count, uint32_t record_bytes, std::byte* to) const {
    if (first > records_ || count > records_ - first) {
        stop_corrupt("a table has " + std::to_string(records_) + " records, " + std::to_string(first + count) +
                     " are counted in it");
    }
    std::vector<std::byte> strided;
    for (const SectionEntry& entry : sections_) {
        const uint64_t begin = std::max<uint64_t>(first, entry.first_index);
        const uint64_t end = std::min<uint64_t>(first + count, uint64_t{entry.first_index} + entry.count);
        if (begin >= end) {
            continue;
        }
        const uint64_t offset = entry.offset + (begin - entry.first_index) * entry.stride;
        std::byte* out = to + (begin - first) * record_bytes;
        if (entry.stride == record_bytes) {
            source.copy(offset, out, (end - begin) * record_bytes);
            continue;
        }
        // An older writer's shorter records: what they lack stays as it is in `to`. A newer one's: their known head.
        const uint64_t known = std::min<uint64_t>(record_bytes, entry.stride);
        constexpr uint64_t kBatch = 256;
        for (uint64_t at = begin; at < end; at += kBatch) {
            const uint64_t batch = std::min(kBatch, end - at);
            strided.resize(batch * entry.stride);
            source.copy(offset + (at - begin) * entry.stride, strided.data(), strided.size());
            for (uint64_t i = 0; i < batch; ++i) {
                std::memcpy(out + (at - begin + i) * record_bytes, strided.data() + i * entry.stride, known);
            }
        }
    }
}

void read_header(const CopySource& source, FileHeader& header) {
    const uint64_t got = source.copy_some(0, static_cast<void*>(&header), sizeof header);
    constexpr uint64_t kLeast = offsetof(FileHeader, ready) + sizeof(uint64_t);
    const uint64_t ready = header.ready.load(std::memory_order_relaxed);
    if (got < kLeast || (ready == 0 && (header.magic == 0 || header.magic == kMagic))) {
        stop(ReadFailure::kStarting, "the ledger is not ready: it is being made, or its maker died making it");
    }
    if (header.magic != kMagic || ready != kReady) {
        stop_corrupt("not a ledger: magic or ready word is wrong");
    }
    if (header.major != kMajor) {
        stop(ReadFailure::kForeignVersion, "the ledger has format version " + std::to_string(header.major) + "." +
                                               std::to_string(header.minor) + ", this program reads version " +
                                               std::to_string(kMajor));
    }
    if (got < sizeof header || header.header_bytes < sizeof header || header.header_bytes > kDirectoryOffset) {
        stop_corrupt("the header is not whole");
    }
    if (std::memchr(header.command, 0, sizeof header.command) == nullptr ||
        std::memchr(header.library, 0, sizeof header.library) == nullptr) {
        stop_corrupt("a string in the header has no end");
    }
    const uint32_t state = header.state.load(std::memory_order_relaxed);
    if (state != kStateRunning && state != kStateExited) {
        stop_corrupt("the process state is " + std::to_string(state));
    }
}

HeaderWords read_header_words(const CopySource& source) {
    std::array<std::byte, kWordsBytes> raw{};
    source.copy(kWordsOffset, raw.data(), raw.size());
    const auto at = [&raw](size_t offset) { return raw.data() + (offset - kWordsOffset); };
    HeaderWords words;
    words.state = load_word32(at(offsetof(FileHeader, state)));
    words.sections = load_word32(at(offsetof(FileHeader, section_count)));
    words.allocators = load_word32(at(offsetof(FileHeader, allocator_count)));
    words.devices = load_word32(at(offsetof(FileHeader, device_count)));
    words.interned_bytes = load_word64(at(offsetof(FileHeader, interned_bytes)));
    words.failures = load_word64(at(offsetof(FileHeader, failure_count)));
    std::memcpy(words.lost.data(), at(offsetof(FileHeader, lost)), sizeof words.lost);
    words.late_ticks = load_word64(at(offsetof(FileHeader, late_ticks)));
    words.features = load_word32(at(offsetof(FileHeader, features)));
    words.stack_frames = load_word32(at(offsetof(FileHeader, stack_frames)));
    words.stack_state = load_word32(at(offsetof(FileHeader, stack_state)));
    words.pictures = load_word64(at(offsetof(FileHeader, picture_count)));
    words.steps = load_word64(at(offsetof(FileHeader, step_count)));
    return words;
}

SectionMap read_directory(const CopySource& source, const SectionMap* earlier) {
    const uint32_t count = source.word<uint32_t>(offsetof(FileHeader, section_count));
    if (count > kMaxSections) {
        stop_corrupt("the directory counts " + std::to_string(count) + " sections");
    }
    std::vector<SectionEntry> entries(count);
    source.copy(kDirectoryOffset, entries.data(), count * sizeof(SectionEntry));
    if (earlier != nullptr &&
        (entries.size() < earlier->entries.size() ||
         !std::equal(earlier->entries.begin(), earlier->entries.end(), entries.begin(), is_same_entry))) {
        stop_corrupt("the directory changed other than by growing");
    }
    SectionMap map;
    uint64_t ring_events = 0;
    std::vector<std::pair<uint64_t, uint64_t>> spans;
    for (const SectionEntry& entry : entries) {
        if (!is_known(entry.kind)) {
            continue;
        }
        check_place(entry);
        if (entry.count > 0) {
            spans.emplace_back(entry.offset, end_of(entry));
        }
        add_section(map, entry, ring_events);
    }
    check_overlap(source, spans);
    map.entries = std::move(entries);
    return map;
}

}  // namespace ttmem::ledger
