// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/read/read_buffers.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace ttmem::ledger {

namespace {

constexpr uint64_t kRecordBytes = sizeof(BufferRecord);
constexpr uint64_t kBatch = 1024;     // 64 KiB: stays in a core's own cache between copy and look
constexpr uint64_t kBusyBatch = 128;  // short, so that the two copies of a row lie close together
constexpr int kBusyTries = 4;
// Growing a long vector by doubling costs several times the copy of the table; untouched room costs nothing.
constexpr uint64_t kMostReserved = uint64_t{1} << 20;

bool is_live(const std::byte* record) {
    return (load_word32(record) & kStateMask) == kLive;
}

Buffer decode(uint64_t slot, const std::byte* bytes, const TickClock& clock) {
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
    row.context = record.context;
    row.allocated_at_ns = clock.to_ns(record.ticks);
    return row;
}

// One row whose copies differed. False if it is not live, or changes too often to be had whole.
bool copy_row_again(const CopySource& source, uint64_t offset, std::byte* to) {
    std::byte other[kRecordBytes];
    source.copy(offset, to, kRecordBytes);
    for (int i = 0; i < kBusyTries && is_live(to); ++i) {
        source.copy(offset, other, kRecordBytes);
        if (std::memcmp(to, other, kRecordBytes) == 0) {
            return true;
        }
        std::memcpy(to, other, kRecordBytes);
    }
    return false;
}

}  // namespace

std::vector<Buffer> copy_buffers(const CopySource& source, const Table& table, const TickClock& clock) {
    std::vector<Buffer> rows;
    rows.reserve(std::min(kMostReserved, table.records()));
    std::vector<std::byte> batch(std::min(kBatch, table.records()) * kRecordBytes);
    for (uint64_t first = 0; first < table.records(); first += kBatch) {
        const uint64_t count = std::min(kBatch, table.records() - first);
        table.copy(source, first, count, kRecordBytes, batch.data());
        for (uint64_t i = 0; i < count; ++i) {
            const std::byte* record = batch.data() + i * kRecordBytes;
            if (is_live(record)) {
                rows.push_back(decode(first + i, record, clock));
            }
        }
    }
    return rows;
}

std::vector<Buffer> copy_buffers_of_busy_writer(const CopySource& source, const Table& table, const TickClock& clock) {
    std::vector<Buffer> rows;
    rows.reserve(std::min(kMostReserved, table.records()));
    std::vector<std::byte> one(std::min(kBusyBatch, table.records()) * kRecordBytes);
    std::vector<std::byte> two(one.size());
    for (uint64_t first = 0; first < table.records(); first += kBusyBatch) {
        const uint64_t count = std::min(kBusyBatch, table.records() - first);
        table.copy(source, first, count, kRecordBytes, one.data());
        table.copy(source, first, count, kRecordBytes, two.data());
        for (uint64_t i = 0; i < count; ++i) {
            std::byte* record = two.data() + i * kRecordBytes;
            const bool same = std::memcmp(one.data() + i * kRecordBytes, record, kRecordBytes) == 0;
            if (same ? is_live(record) : copy_row_again(source, table.offset_of(first + i), record)) {
                rows.push_back(decode(first + i, record, clock));
            }
        }
    }
    return rows;
}

void replace_slots(std::vector<Buffer>& buffers, const std::vector<SlotInFlight>& slots, const TickClock& clock) {
    for (const SlotInFlight& one : slots) {
        const auto at = std::lower_bound(buffers.begin(), buffers.end(), one.slot,
                                         [](const Buffer& row, uint32_t slot) { return row.slot < slot; });
        const bool listed = at != buffers.end() && at->slot == one.slot;
        const bool live = is_live(one.record.data());
        if (listed && live) {
            *at = decode(one.slot, one.record.data(), clock);
        } else if (listed) {
            buffers.erase(at);
        } else if (live) {
            buffers.insert(at, decode(one.slot, one.record.data(), clock));
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

}  // namespace ttmem::ledger
