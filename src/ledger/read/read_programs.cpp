// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/read/read_programs.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace ttmem::ledger {

namespace {

constexpr int kTries = 3;

std::optional<uint32_t> allocator_index(uint16_t index, uint64_t allocators, const char* what) {
    if (index == kNoAllocator) {
        return std::nullopt;
    }
    if (index >= allocators) {
        stop_corrupt(std::string("a ") + what + " names allocator " + std::to_string(index));
    }
    return index;
}

// The runs of records of a program, or nothing where the counts cannot be right.
bool copy_run(const CopySource& source, const Table& table, uint32_t first, uint32_t count, uint32_t record_bytes,
              uint64_t& records_left, std::vector<std::byte>& to) {
    if (first > table.records() || count > table.records() - first || count > records_left) {
        return false;
    }
    records_left -= count;
    to.assign(uint64_t{count} * record_bytes, std::byte{0});
    table.copy(source, first, count, record_bytes, to.data());
    return true;
}

bool is_same_program(const std::byte* one, const std::byte* other) {
    constexpr size_t kLaunch = offsetof(ProgramRecord, last_launch);  // goes up while the program lives
    constexpr size_t kBehind = kLaunch + sizeof(uint64_t);
    return std::memcmp(one, other, kLaunch) == 0 &&
           std::memcmp(one + kBehind, other + kBehind, sizeof(ProgramRecord) - kBehind) == 0;
}

void copy_live_programs(const CopySource& source, const SectionMap& map, ProgramsCopy& copy) {
    const uint64_t count = map.programs.records();
    copy.told = count > 0;
    std::vector<std::byte> table(count * sizeof(ProgramRecord));
    map.programs.copy(source, 0, count, sizeof(ProgramRecord), table.data());
    // Runs that several programs claim would add up to more than their tables hold.
    uint64_t circular_buffers_left = map.circular_buffers.records();
    uint64_t kernels_left = map.kernels.records();
    for (uint64_t i = 0; i < count; ++i) {
        const std::byte* first = table.data() + i * sizeof(ProgramRecord);
        if ((load_word32(first) & kStateMask) != kLive) {
            continue;
        }
        ProgramRecord record;
        load_record(record, first);
        ProgramsCopy::One one;
        const bool fits =
            copy_run(source, map.circular_buffers, record.first_circular_buffer, record.circular_buffer_count,
                     sizeof(CircularBufferRecord), circular_buffers_left, one.circular_buffers) &&
            copy_run(source, map.kernels, record.first_kernel, record.kernel_count, sizeof(KernelRecord), kernels_left,
                     one.kernels);
        one.record.resize(sizeof(ProgramRecord));
        source.copy(map.programs.offset_of(i), one.record.data(), one.record.size());
        if (!is_same_program(first, one.record.data())) {
            continue;
        }
        if (!fits) {
            stop_corrupt("program record " + std::to_string(i) +
                         " names circular buffers or kernels that are not its own");
        }
        copy.programs.push_back(std::move(one));
    }
}

void copy_config_rings(const CopySource& source, const Table& table, std::vector<std::byte>& to) {
    constexpr size_t kBytes = sizeof(ConfigRingRecord);
    for (uint64_t i = 0; i < table.records(); ++i) {
        std::byte one[kBytes];
        std::byte two[kBytes];
        for (int t = 0; t < kTries; ++t) {
            source.copy(table.offset_of(i), one, kBytes);
            source.copy(table.offset_of(i), two, kBytes);
            const uint32_t sequence = load_word32(one);
            if (sequence == 0) {
                break;  // never used
            }
            if (sequence % 2 == 0 && std::memcmp(one, two, kBytes) == 0) {
                if (load_word64(one + offsetof(ConfigRingRecord, capacity_bytes)) == 0) {
                    break;  // free
                }
                to.insert(to.end(), one, one + kBytes);
                break;
            }
        }
    }
}

// Copies the region records that are alike in two copies of the table, made one after the other.
void copy_regions(const CopySource& source, const Table& table, std::vector<std::byte>& to) {
    constexpr size_t kBytes = sizeof(RegionRecord);
    std::vector<std::byte> one(table.records() * kBytes);
    std::vector<std::byte> two(one.size());
    table.copy(source, 0, table.records(), kBytes, one.data());
    table.copy(source, 0, table.records(), kBytes, two.data());
    for (size_t at = 0; at < one.size(); at += kBytes) {
        if (std::memcmp(one.data() + at, two.data() + at, kBytes) == 0) {
            to.insert(to.end(), one.data() + at, one.data() + at + kBytes);
        }
    }
}

Program decode_program(const ProgramsCopy::One& copy, uint64_t allocators, uint64_t devices, InternedSets& sets,
                       const TickClock& clock) {
    ProgramRecord record;
    load_record(record, copy.record.data());
    Program program;
    program.id = record.id;
    program.allocator = allocator_index(record.allocator, allocators, "program");
    program.type = record.type;
    program.flags = record.flags;
    program.loaded_ns = clock.to_ns(record.loaded_ticks);
    program.last_launch = record.last_launch.load(std::memory_order_relaxed);
    program.devices = sets.device_set(record.device_set, devices);
    program.circular_buffer_bytes = record.circular_buffer_bytes;
    program.kernel_bytes = record.kernel_bytes;
    if (record.config_bytes != kUnknown64) {
        program.config_bytes = record.config_bytes;
    }
    program.scratchpad_bytes = record.scratchpad_bytes;
    program.context = record.context;
    for (size_t at = 0; at < copy.circular_buffers.size(); at += sizeof(CircularBufferRecord)) {
        CircularBufferRecord part{};
        load_record(part, copy.circular_buffers.data() + at);
        CircularBuffer& buffer = program.circular_buffers.emplace_back();
        buffer = {part.id, part.address, part.bytes, part.flags, sets.core_set(part.core_set), part.index_mask, {}};
        if (part.index_mask != 0 && part.data_format != kUnknownFormat) {
            buffer.data_format = part.data_format;
        }
    }
    for (size_t at = 0; at < copy.kernels.size(); at += sizeof(KernelRecord)) {
        KernelRecord part{};
        load_record(part, copy.kernels.data() + at);
        program.kernels.push_back({part.id, part.name, part.packed_bytes, part.processor, part.type, part.core_type,
                                   sets.core_set(part.core_set)});
    }
    return program;
}

}  // namespace

ProgramsCopy copy_programs(const CopySource& source, const SectionMap& map) {
    ProgramsCopy copy;
    copy_live_programs(source, map, copy);
    copy_config_rings(source, map.config_rings, copy.config_rings);
    copy_regions(source, map.regions, copy.regions);
    return copy;
}

void decode_programs(const ProgramsCopy& copy, uint64_t allocators, uint64_t devices, InternedSets& sets,
                     const TickClock& clock, Snapshot& snapshot) {
    snapshot.programs_told = copy.told;
    for (const ProgramsCopy::One& one : copy.programs) {
        snapshot.programs.push_back(decode_program(one, allocators, devices, sets, clock));
    }
    for (size_t at = 0; at < copy.config_rings.size(); at += sizeof(ConfigRingRecord)) {
        constexpr auto kRelaxed = std::memory_order_relaxed;
        ConfigRingRecord record;
        load_record(record, copy.config_rings.data() + at);
        ConfigRing& ring = snapshot.config_rings.emplace_back();
        ring.allocator = allocator_index(record.allocator, allocators, "config ring");
        ring.sub_device = record.sub_device;
        ring.core_type = record.core_type;
        ring.trace = (record.flags.load(kRelaxed) & kConfigRingTrace) != 0;
        ring.programs = record.programs.load(kRelaxed);
        ring.base_address = record.base_address;
        ring.capacity_bytes = record.capacity_bytes;
        ring.used_bytes = record.used_bytes.load(kRelaxed);
        ring.evictions = record.evictions.load(kRelaxed);
    }
    for (size_t at = 0; at < copy.regions.size(); at += sizeof(RegionRecord)) {
        RegionRecord record{};
        load_record(record, copy.regions.data() + at);
        if (record.type == 0) {
            continue;
        }
        Region& region = snapshot.regions.emplace_back();
        region.allocator = allocator_index(record.allocator, allocators, "region");
        region.buffer_type = record.buffer_type;
        region.type = record.type;
        region.source = record.source;
        region.address = record.address;
        region.bytes = record.bytes;
        if (record.device > devices) {
            stop_corrupt("a region names device " + std::to_string(record.device - 1));
        }
        if (record.device != 0) {
            region.device = record.device - 1u;
        }
        if (record.core_set != kNone) {
            region.cores = sets.core_set(record.core_set);
        }
    }
}

}  // namespace ttmem::ledger
