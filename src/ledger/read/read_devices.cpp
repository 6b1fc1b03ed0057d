// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/read/read_devices.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "ledger/read/text.hpp"

namespace ttmem::ledger {

namespace {

// More than any chip or mesh has.
constexpr uint32_t kMostElementsOfSet = 4096;

template <typename T>
std::optional<T> known(bool is_known, T value) {
    return is_known ? std::optional<T>(value) : std::nullopt;
}

bool is_whole(const AllocatorRecord& before, const AllocatorRecord& after) {
    const uint32_t sequence = before.sequence.load(std::memory_order_relaxed);
    return sequence % 2 == 0 && sequence == after.sequence.load(std::memory_order_relaxed);
}

}  // namespace

InternedSets::InternedSets(const CopySource& source, const Table& table, uint64_t bytes) {
    if (bytes > table.records() || bytes % 8 != 0) {
        stop_corrupt("the interned sets count " + std::to_string(bytes) + " bytes of " +
                     std::to_string(table.records()));
    }
    data_.resize(bytes);
    table.copy(source, 0, bytes, 1, data_.data());
    for (const SectionEntry& section : table.sections()) {
        const uint64_t end = std::min(bytes, uint64_t{section.first_index} + section.count);
        for (uint64_t at = section.first_index; at < end;) {
            starts_.push_back(static_cast<uint32_t>(at));
            const uint64_t payload = load_word32(data_.data() + at + offsetof(InternedHeader, bytes));
            const uint64_t padded = (payload + 7) / 8 * 8;
            if (padded > end - at - sizeof(InternedHeader)) {
                stop_corrupt("the interned set at " + std::to_string(at) + " leaves its section");
            }
            at += sizeof(InternedHeader) + padded;
        }
    }
}

std::pair<const std::byte*, uint32_t> InternedSets::find(uint32_t offset, uint32_t type, uint32_t element_bytes) {
    const bool starts = std::binary_search(starts_.begin(), starts_.end(), offset);
    if (!starts || load_word32(data_.data() + offset) != type) {
        stop_corrupt("no interned set of type " + std::to_string(type) + " begins at " + std::to_string(offset));
    }
    const uint32_t bytes = load_word32(data_.data() + offset + offsetof(InternedHeader, bytes));
    const uint32_t elements = bytes / element_bytes;
    if (bytes % element_bytes != 0 || elements > kMostElementsOfSet || elements > elements_left_) {
        stop_corrupt("the interned set at " + std::to_string(offset) + " has " + std::to_string(bytes) + " bytes");
    }
    elements_left_ -= elements;
    return {data_.data() + offset + sizeof(InternedHeader), elements};
}

std::vector<uint32_t> InternedSets::device_set(uint32_t offset, uint64_t devices) {
    const auto [payload, elements] = find(offset, kInternedDeviceSet, sizeof(uint32_t));
    std::vector<uint32_t> set(elements);
    for (uint32_t i = 0; i < elements; ++i) {
        set[i] = load_word32(payload + i * sizeof(uint32_t));
        if (set[i] >= devices) {
            stop_corrupt("the device set at " + std::to_string(offset) + " names device " + std::to_string(set[i]));
        }
    }
    return set;
}

std::vector<CoreRange> InternedSets::core_set(uint32_t offset) {
    const auto [payload, elements] = find(offset, kInternedCoreSet, sizeof(CoreRange));
    std::vector<CoreRange> set(elements);
    for (uint32_t i = 0; i < elements; ++i) {
        std::memcpy(&set[i], payload + i * sizeof(CoreRange), sizeof(CoreRange));
        if (set[i].start_x > set[i].end_x || set[i].start_y > set[i].end_y) {
            stop_corrupt("the core set at " + std::to_string(offset) + " has a range that ends before it begins");
        }
    }
    return set;
}

std::vector<Device> read_devices(const CopySource& source, const Table& table, uint64_t count) {
    if (count > table.records()) {
        stop_corrupt("the device table counts " + std::to_string(count) + " of " + std::to_string(table.records()));
    }
    std::vector<std::byte> raw(count * sizeof(DeviceRecord));
    table.copy(source, 0, count, sizeof(DeviceRecord), raw.data());
    std::vector<Device> devices(count);
    for (uint64_t i = 0; i < count; ++i) {
        DeviceRecord record;
        load_record(record, raw.data() + i * sizeof record);
        Device& device = devices[i];
        device.logical_id = record.logical_id;
        device.mock = (record.flags & kDeviceMock) != 0;
        device.remote = (record.flags & kDeviceRemote) != 0;
        device.unique_id = known((record.flags & kDeviceUniqueId) != 0, record.unique_id);
        device.board_id = known(record.board_id != 0, record.board_id);
        device.arch = record.arch;
        device.board = checked_string(record.board);
        device.pci = checked_string(record.pci);
        device.dram_channels = known(record.dram_channels != 0, record.dram_channels);
        device.dram_channel_bytes = record.dram_channel_bytes;
        device.l1_cores = known(record.l1_cores != 0, record.l1_cores);
        device.l1_columns = known(record.l1_columns != 0, record.l1_columns);
        device.l1_core_bytes = record.l1_core_bytes;
        if (device.l1_columns && record.l1_cores % record.l1_columns != 0) {
            stop_corrupt("device " + std::to_string(i) + " has " + std::to_string(record.l1_cores) + " cores in " +
                         std::to_string(record.l1_columns) + " columns");
        }
    }
    return devices;
}

std::vector<std::byte> copy_allocators(const CopySource& source, const Table& table, uint64_t count) {
    if (count > table.records()) {
        stop_corrupt("the allocator table counts " + std::to_string(count) + " of " + std::to_string(table.records()));
    }
    std::vector<std::byte> raw(count * sizeof(AllocatorRecord));
    table.copy(source, 0, count, sizeof(AllocatorRecord), raw.data());
    return raw;
}

bool allocators_stand_still(const std::vector<std::byte>& before, const std::vector<std::byte>& after) {
    for (size_t at = 0; at < before.size(); at += sizeof(AllocatorRecord)) {
        const uint32_t sequence = load_word32(before.data() + at);
        if (sequence % 2 != 0 || sequence != load_word32(after.data() + at)) {
            return false;
        }
    }
    return true;
}

std::vector<Allocator> decode_allocators(const std::vector<std::byte>& before, const std::vector<std::byte>& after,
                                         uint64_t devices, InternedSets& sets, const TickClock& clock) {
    std::vector<Allocator> allocators(before.size() / sizeof(AllocatorRecord));
    for (size_t i = 0; i < allocators.size(); ++i) {
        AllocatorRecord record;
        AllocatorRecord later;
        load_record(record, before.data() + i * sizeof record);
        load_record(later, after.data() + i * sizeof record);
        Allocator& allocator = allocators[i];
        allocator.index = static_cast<uint32_t>(i);
        // State and closing time change without the sequence: the later copy has them with everything before.
        const uint32_t state = later.state.load(std::memory_order_relaxed);
        if (!is_whole(record, later) || state == kAllocatorUnused) {
            continue;
        }
        if (state > kAllocatorClosed || record.generation == 0 ||
            (record.parent != kNone && record.parent >= allocators.size())) {
            stop_corrupt("the record of allocator " + std::to_string(i) + " makes no sense");
        }
        allocator.open = state == kAllocatorOpen;
        allocator.mesh_id = record.mesh_id;
        allocator.parent = known(record.parent != kNone, record.parent);
        allocator.generation = record.generation;
        allocator.devices = sets.device_set(record.device_set, devices);
        std::copy(std::begin(record.geometry), std::end(record.geometry), allocator.geometry.begin());
        allocator.opened_ns = clock.to_ns(record.opened_ticks);
        allocator.hybrid = record.mode.load(std::memory_order_relaxed) == kModeHybrid;
        allocator.live_traces = later.live_traces.load(std::memory_order_relaxed);
        if (!allocator.open) {
            const uint64_t closed = later.closed_ticks.load(std::memory_order_relaxed);
            allocator.closed_ns = known(closed != 0, closed != 0 ? clock.to_ns(closed) : 0);
        }
    }
    return allocators;
}

}  // namespace ttmem::ledger
