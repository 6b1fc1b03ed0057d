// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/read/read_totals.hpp"

#include <algorithm>
#include <string>

namespace ttmem::ledger {

namespace {

struct Held {
    uint64_t buffers = 0;
    uint64_t bytes = 0;
    uint64_t requested = 0;
};

bool is_negative(uint64_t difference) {
    return static_cast<int64_t>(difference) < 0;
}

std::string place_name(size_t index) {
    return "allocator " + std::to_string(index / kAccounts) + ", account " + std::to_string(index % kAccounts);
}

std::vector<CounterValues> copy_counters(const CopySource& source, const Table& table, uint64_t count) {
    std::vector<std::byte> raw(count * sizeof(CounterLine));
    table.copy(source, 0, count, sizeof(CounterLine), raw.data());
    std::vector<CounterValues> values(count);
    for (uint64_t i = 0; i < count; ++i) {
        const std::byte* line = raw.data() + i * sizeof(CounterLine);
        values[i] = {load_word64(line + offsetof(CounterLine, allocations)),
                     load_word64(line + offsetof(CounterLine, allocated_bytes)),
                     load_word64(line + offsetof(CounterLine, allocated_requested)),
                     load_word64(line + offsetof(CounterLine, frees)),
                     load_word64(line + offsetof(CounterLine, freed_bytes)),
                     load_word64(line + offsetof(CounterLine, freed_requested)),
                     load_word64(line + offsetof(CounterLine, failures))};
    }
    return values;
}

void roll(uint64_t& counter, uint64_t before, uint64_t amount, const EventInFlight& event) {
    if (counter != before && !(event.committed && counter == before + amount)) {
        stop_corrupt("the counters of shard " + std::to_string(event.shard) + " contradict its journal");
    }
    counter = event.committed ? before + amount : before;
}

// The buffers and bytes that the counters have and the list has not: the unlisted ones.
Held unlisted_of(const Held& counted, const Held& listed, bool one_moment, size_t index) {
    const Held rest{counted.buffers - listed.buffers, counted.bytes - listed.bytes,
                    counted.requested - listed.requested};
    const bool contradicts = is_negative(rest.buffers) || is_negative(rest.bytes) || is_negative(rest.requested) ||
                             (rest.buffers == 0 && (rest.bytes != 0 || rest.requested != 0));
    if (one_moment && contradicts) {
        stop_corrupt("the counters of " + place_name(index) + " contradict each other or the list of buffers");
    }
    return contradicts ? Held{} : rest;
}

}  // namespace

TotalsCopy copy_totals(const CopySource& source, const SectionMap& map, uint64_t allocators) {
    const uint64_t count = allocators * kAccounts;
    TotalsCopy copy;
    copy.by_shard.resize(map.shards.size());
    for (size_t i = 0; i < map.shards.size(); ++i) {
        const ShardSections& shard = map.shards[i];
        if (!shard.header.has_value()) {
            continue;
        }
        if (shard.counters.records() >= count) {
            copy.by_shard[i] = copy_counters(source, shard.counters, count);
        } else if (source.word<uint64_t>(shard.header->offset + offsetof(ShardHeader, ring_position)) != 0) {
            stop_corrupt("shard " + std::to_string(i) + " has no counters for all allocators");
        }
    }
    std::vector<std::byte> raw(count * sizeof(TotalLine));
    map.totals.copy(source, 0, count, sizeof(TotalLine), raw.data());
    copy.peaks.resize(count);
    copy.largest.resize(count);
    for (uint64_t i = 0; i < count; ++i) {
        const std::byte* line = raw.data() + i * sizeof(TotalLine);
        copy.peaks[i] = load_word64(line + offsetof(TotalLine, peak_bytes));
        copy.largest[i] = load_word64(line + offsetof(TotalLine, largest_bytes_per_bank));
    }
    return copy;
}

void roll_counters(TotalsCopy& copy, const std::vector<EventInFlight>& events) {
    for (const EventInFlight& event : events) {
        std::vector<CounterValues>& shard = copy.by_shard[event.shard];
        const size_t index = size_t{event.allocator} * kAccounts + event.account;
        if (index >= shard.size()) {
            stop_corrupt("shard " + std::to_string(event.shard) + " has an event in flight but no counters for it");
        }
        CounterValues& values = shard[index];
        const bool comes = event.op == kJournalAllocate;
        roll(comes ? values.allocations : values.frees, event.count_before, 1, event);
        roll(comes ? values.allocated_bytes : values.freed_bytes, event.bytes_before, event.bytes, event);
        roll(comes ? values.allocated_requested : values.freed_requested, event.requested_before, event.requested,
             event);
    }
}

uint64_t fill_totals(const TotalsCopy& copy, const std::vector<Buffer>& rows, TotalsFrom from, bool may_be_unlisted,
                     std::vector<Allocator>& allocators) {
    std::vector<Held> listed(allocators.size() * kAccounts);
    for (const Buffer& row : rows) {
        Held& held = listed[size_t{row.allocator} * kAccounts + row.account];
        held.buffers += 1;
        saturating_add(held.bytes, row.allocated_bytes());
        saturating_add(held.requested, row.requested_bytes);
    }
    uint64_t unlisted_buffers = 0;
    for (size_t index = 0; index < listed.size(); ++index) {
        CounterValues sum;
        for (const std::vector<CounterValues>& shard : copy.by_shard) {
            if (!shard.empty()) {
                const CounterValues& values = shard[index];
                sum.allocations += values.allocations;
                sum.allocated_bytes += values.allocated_bytes;
                sum.allocated_requested += values.allocated_requested;
                sum.frees += values.frees;
                sum.freed_bytes += values.freed_bytes;
                sum.freed_requested += values.freed_requested;
                sum.failures += values.failures;
            }
        }
        const bool readable = allocators[index / kAccounts].generation != 0;
        if (!readable) {
            sum = {};
        }
        const Held counted{sum.allocations - sum.frees, sum.allocated_bytes - sum.freed_bytes,
                           sum.allocated_requested - sum.freed_requested};
        Held held = counted;
        if (from == TotalsFrom::kCounters) {
            (void)unlisted_of(counted, Held{}, true, index);
        } else if (from == TotalsFrom::kCountersAndRows) {
            unlisted_buffers += unlisted_of(counted, listed[index], true, index).buffers;
        } else {
            const Held rest = may_be_unlisted ? unlisted_of(counted, listed[index], false, index) : Held{};
            unlisted_buffers += rest.buffers;
            held = {listed[index].buffers + rest.buffers, listed[index].bytes + rest.bytes,
                    listed[index].requested + rest.requested};
        }
        AccountTotals& totals = allocators[index / kAccounts].totals[index % kAccounts];
        totals.buffers = held.buffers;
        totals.bytes = held.bytes;
        totals.requested_bytes = held.requested;
        totals.peak_bytes = std::max(readable ? copy.peaks[index] : 0, held.bytes);
        totals.largest_bytes_per_bank = readable ? copy.largest[index] : 0;
        totals.allocations = sum.allocations;
        totals.frees = sum.frees;
        totals.allocated_bytes = sum.allocated_bytes;
        totals.freed_bytes = sum.freed_bytes;
        totals.failures = sum.failures;
    }
    return unlisted_buffers;
}

}  // namespace ttmem::ledger
