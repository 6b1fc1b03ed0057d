// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstring>
#include <string>

#include "ledger/read/read_programs.hpp"

namespace ttmem::ledger {

namespace {

// Values for the fields that a failure record of format 1.1 does not have.
std::vector<std::byte> blank_failure() {
    FailureRecord blank{};
    blank.limit_bytes = kUnknown64;
    blank.available_bytes = kUnknown64;
    blank.wanted_bytes_per_core = kUnknown64;
    blank.picture = kUnknown64;
    std::vector<std::byte> bytes(sizeof blank);
    std::memcpy(bytes.data(), static_cast<const void*>(&blank), sizeof blank);
    return bytes;
}

std::optional<uint64_t> unless_unknown(uint64_t value) {
    return value == kUnknown64 ? std::nullopt : std::optional(value);
}

}  // namespace

FailuresCopy copy_failures(const CopySource& source, const SectionMap& map, uint64_t failure_count) {
    FailuresCopy copy;
    if (failure_count == 0) {
        return copy;
    }
    if (!map.failures.has_value()) {
        stop_corrupt("failures are counted, but there is no table of them");
    }
    const SectionEntry& ring = *map.failures;
    const uint64_t kept = std::min<uint64_t>(failure_count, ring.count);
    for (uint64_t number = failure_count - kept; number < failure_count; ++number) {
        const uint64_t offset = ring.offset + number % ring.count * ring.stride;
        std::vector<std::byte> record = blank_failure();
        // The sequence before, the record, the sequence after: the same three times, or it is being overwritten.
        const uint64_t before = source.word<uint64_t>(offset);
        source.copy(offset, record.data(), std::min<uint64_t>(record.size(), ring.stride));
        const uint64_t after = source.word<uint64_t>(offset);
        if (before == 2 * number + 2 && after == before && load_word64(record.data()) == before) {
            copy.records.emplace_back(number, std::move(record));
        }
    }
    return copy;
}

std::vector<Failure> decode_failures(const FailuresCopy& copy, uint64_t allocators, InternedSets& sets,
                                     const TickClock& clock) {
    std::vector<Failure> failures;
    for (const auto& [number, bytes] : copy.records) {
        FailureRecord record;
        load_record(record, bytes.data());
        if ((record.allocator != kNoAllocator && record.allocator >= allocators) || record.account >= kAccounts) {
            stop_corrupt("the record of failure " + std::to_string(number) + " makes no sense");
        }
        if (record.type < kFailureOutOfMemory || record.type > kFailureOperation) {
            continue;  // of a newer minor version
        }
        Failure& failure = failures.emplace_back();
        failure.number = number;
        failure.time_ns = clock.to_ns(record.ticks);
        failure.type = record.type;
        failure.thread = record.thread;
        if (record.allocator != kNoAllocator) {
            failure.allocator = record.allocator;
        }
        failure.account = record.account;
        failure.layout = record.layout;
        failure.banks = record.banks;
        failure.requested_bytes = record.requested_bytes;
        failure.bytes_per_bank = record.bytes_per_bank;
        if (record.largest_free_per_bank != kUnknown64) {
            failure.largest_free_per_bank = record.largest_free_per_bank;
        }
        failure.allocated_bytes = record.allocated_bytes;
        failure.context = record.context;
        failure.region_kind = record.region_kind;
        failure.scratchpad_bytes = record.scratchpad_bytes;
        failure.tensor = record.tensor;
        failure.exception = record.exception;
        failure.handled = record.handled.load(std::memory_order_relaxed) == 1;
        failure.sub_device = record.sub_device;
        failure.events = record.events;
        failure.limit_bytes = unless_unknown(record.limit_bytes);
        failure.available_bytes = unless_unknown(record.available_bytes);
        failure.wanted_bytes_per_core = unless_unknown(record.wanted_bytes_per_core);
        failure.picture = unless_unknown(record.picture);
        if (record.type != kFailureOutOfMemory) {
            failure.program_id = record.program_id;
            failure.buffer_id = record.buffer_id;
            failure.end_address = record.end_address;
            failure.buffer_address = record.buffer_address;
            failure.kernels = record.kernels;
            if (record.core_set != kNone) {
                failure.cores = sets.core_set(record.core_set);
            }
        }
    }
    return failures;
}

}  // namespace ttmem::ledger
