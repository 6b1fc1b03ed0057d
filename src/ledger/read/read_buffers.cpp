// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/read/read_buffers.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace ttmem::ledger {

namespace {

constexpr uint64_t kRecordBytes = sizeof(BufferRecord);
constexpr uint64_t kExtraBytes = sizeof(BufferExtra);
constexpr uint64_t kBatch = 1024;     // 64 KiB: stays in a core's own cache between copy and look
constexpr uint64_t kBusyBatch = 128;  // short, so that the two copies of a row lie close together
constexpr int kBusyTries = 4;
// Growing a long vector by doubling costs several times the copy of the table; untouched room costs nothing.
constexpr uint64_t kMostReserved = uint64_t{1} << 20;

bool is_live(const std::byte* record) {
    return (load_word32(record) & kStateMask) == kLive;
}

// The extras of the slots [first, first + count), as far as the ledger has them.
class ExtrasBatch {
public:
    ExtrasBatch(const CopySource& source, const Table& table) : source_(source), table_(table) {}
    void copy(uint64_t first, uint64_t count) {
        first_ = first;
        kept_ = first < table_.records() ? std::min(count, table_.records() - first) : 0;
        bytes_.resize(kept_ * kExtraBytes);
        table_.copy(source_, kept_ == 0 ? 0 : first, kept_, kExtraBytes, bytes_.data());
    }
    const std::byte* of(uint64_t slot) const {
        return slot - first_ < kept_ ? bytes_.data() + (slot - first_) * kExtraBytes : nullptr;
    }
    // Copies the extras of `slot` again, after its record changed.
    void copy_again(uint64_t slot) {
        if (slot - first_ < kept_) {
            source_.copy(table_.offset_of(slot), bytes_.data() + (slot - first_) * kExtraBytes, kExtraBytes);
        }
    }

private:
    const CopySource& source_;
    const Table& table_;
    std::vector<std::byte> bytes_;
    uint64_t first_ = 0;
    uint64_t kept_ = 0;
};

// Copies a row again whose copies differed. False if it is not live, or changes too often for two equal copies.
bool copy_row_again(const CopySource& source, uint64_t offset, uint64_t slot, ExtrasBatch& extras, std::byte* to) {
    std::byte other[kRecordBytes];
    source.copy(offset, to, kRecordBytes);
    for (int i = 0; i < kBusyTries && is_live(to); ++i) {
        extras.copy_again(slot);  // between two equal copies of the record it is that record's
        source.copy(offset, other, kRecordBytes);
        if (std::memcmp(to, other, kRecordBytes) == 0) {
            return true;
        }
        std::memcpy(to, other, kRecordBytes);
    }
    return false;
}

}  // namespace

Buffer decode_buffer(uint64_t slot, const std::byte* bytes, const std::byte* beside, const TickClock& clock) {
    BufferRecord record;
    load_record(record, bytes);
    Buffer row;
    row.slot = static_cast<uint32_t>(slot);
    row.id = record.id;
    row.address = record.address;
    row.requested_bytes = record.requested_bytes;
    row.bytes_per_bank = record.bytes_per_bank;
    row.banks = record.banks;
    row.page_bytes = record.page_bytes;
    row.thread = record.thread;
    row.allocator = record.allocator;
    if (record.device != kAllDevices) {
        row.device = record.device;
    }
    row.account = record.account;
    row.type = record.type;
    row.layout = record.layout;
    row.flags = record.flags;
    row.scope = record.context;
    row.context = record.context;
    row.allocated_at_ns = clock.to_ns(record.ticks);
    if (beside != nullptr) {
        BufferExtra extra;
        load_record(extra, beside);
        row.context = extra.context;
        row.tensor = extra.tensor.load(std::memory_order_relaxed);
        row.label = extra.label.load(std::memory_order_relaxed);
        row.used_banks = extra.used_banks;
        row.core_set = extra.core_set;
        row.placement = extra.placement;
        row.placements = extra.placement == kNone ? 0 : extra.placements;
    }
    return row;
}

std::vector<Buffer> copy_buffers(const CopySource& source, const SectionMap& map, const TickClock& clock) {
    const Table& table = map.buffers;
    std::vector<Buffer> rows;
    rows.reserve(std::min(kMostReserved, table.records()));
    std::vector<std::byte> batch(std::min(kBatch, table.records()) * kRecordBytes);
    ExtrasBatch extras(source, map.buffer_extras);
    for (uint64_t first = 0; first < table.records(); first += kBatch) {
        const uint64_t count = std::min(kBatch, table.records() - first);
        table.copy(source, first, count, kRecordBytes, batch.data());
        extras.copy(first, count);
        for (uint64_t i = 0; i < count; ++i) {
            const std::byte* record = batch.data() + i * kRecordBytes;
            if (is_live(record)) {
                rows.push_back(decode_buffer(first + i, record, extras.of(first + i), clock));
            }
        }
    }
    return rows;
}

std::vector<Buffer> copy_buffers_of_busy_writer(const CopySource& source, const SectionMap& map,
                                                const TickClock& clock) {
    const Table& table = map.buffers;
    std::vector<Buffer> rows;
    rows.reserve(std::min(kMostReserved, table.records()));
    std::vector<std::byte> one(std::min(kBusyBatch, table.records()) * kRecordBytes);
    std::vector<std::byte> two(one.size());
    ExtrasBatch extras(source, map.buffer_extras);
    for (uint64_t first = 0; first < table.records(); first += kBusyBatch) {
        const uint64_t count = std::min(kBusyBatch, table.records() - first);
        table.copy(source, first, count, kRecordBytes, one.data());
        extras.copy(first, count);
        table.copy(source, first, count, kRecordBytes, two.data());
        for (uint64_t i = 0; i < count; ++i) {
            const uint64_t slot = first + i;
            std::byte* record = two.data() + i * kRecordBytes;
            const bool same = std::memcmp(one.data() + i * kRecordBytes, record, kRecordBytes) == 0;
            if (same ? is_live(record) : copy_row_again(source, table.offset_of(slot), slot, extras, record)) {
                rows.push_back(decode_buffer(slot, record, extras.of(slot), clock));
            }
        }
    }
    return rows;
}

void replace_slots(std::vector<Buffer>& buffers, const std::vector<SlotInFlight>& slots, bool extras,
                   const TickClock& clock) {
    for (const SlotInFlight& one : slots) {
        const auto at = std::lower_bound(buffers.begin(), buffers.end(), one.slot,
                                         [](const Buffer& row, uint32_t slot) { return row.slot < slot; });
        const bool listed = at != buffers.end() && at->slot == one.slot;
        const bool live = is_live(one.record.data());
        const std::byte* beside = extras ? one.extra.data() : nullptr;
        if (listed && live) {
            *at = decode_buffer(one.slot, one.record.data(), beside, clock);
        } else if (listed) {
            buffers.erase(at);
        } else if (live) {
            buffers.insert(at, decode_buffer(one.slot, one.record.data(), beside, clock));
        }
    }
}

void check_buffers(const std::vector<Buffer>& buffers, uint64_t allocators, uint64_t devices) {
    for (const Buffer& row : buffers) {
        const bool placed = row.allocator < allocators && (!row.device.has_value() || *row.device < devices);
        const bool counted = row.account < kAccounts && row.type < kBufferTypes &&
                             (row.banks == 0 || row.bytes_per_bank <= ~uint64_t{0} / row.banks);
        if (!placed || !counted) {
            stop_corrupt("the record of buffer slot " + std::to_string(row.slot) + " makes no sense");
        }
    }
}

void add_places(const CopySource& source, const SectionMap& map, bool one_moment, InternedSets& sets,
                std::vector<Buffer>& rows, Snapshot& snapshot) {
    uint64_t end = 0;
    for (Buffer& row : rows) {
        if (row.core_set != kNone && !snapshot.core_sets.contains(row.core_set)) {
            snapshot.core_sets.emplace(row.core_set, sets.core_set(row.core_set));
        }
        if (!one_moment) {
            row.placement = kNone;
            row.placements = 0;
        }
        if (row.placements != 0) {
            end = std::max(end, uint64_t{row.placement} + row.placements);
        }
    }
    if (end > map.core_addresses.records()) {
        stop_corrupt("a buffer names core addresses that are not there");
    }
    std::vector<std::byte> raw(end * sizeof(CoreAddressRecord));
    map.core_addresses.copy(source, 0, end, sizeof(CoreAddressRecord), raw.data());
    snapshot.core_addresses.resize(end);
    for (uint64_t i = 0; i < end; ++i) {
        CoreAddressRecord record{};
        load_record(record, raw.data() + i * sizeof record);
        snapshot.core_addresses[i] = {record.device, record.x, record.y, record.address};
    }
    for (const Buffer& row : rows) {
        for (uint32_t i = 0; i < row.placements; ++i) {
            if (snapshot.core_addresses[row.placement + i].device >= snapshot.devices.size()) {
                stop_corrupt("the address of a buffer on a core names a device that is not there");
            }
        }
    }
}

}  // namespace ttmem::ledger
