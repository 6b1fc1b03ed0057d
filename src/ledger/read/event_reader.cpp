// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/read/event_reader.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "ledger/read/ordered_events.hpp"
#include "ledger/read/section_map.hpp"
#include "ledger/read/tick_clock.hpp"

namespace ttmem::ledger {

namespace {

struct RingCopy {
    std::unique_ptr<std::byte[]> bytes;  // from event number `copied` on
    uint64_t copied = 0;
    uint64_t first = 0;  // number of the first event that is whole
    uint64_t missed = 0;
    uint64_t position = 0;
};

uint64_t read_position(const CopySource& source, const ShardSections& shard) {
    return source.word<uint64_t>(shard.header->offset + offsetof(ShardHeader, ring_position));
}

// The oldest event that is whole while the position is `position`: the one before it may be half overwritten.
uint64_t oldest_whole(uint64_t position, uint64_t ring) {
    return position < ring ? 0 : position - ring + 1;
}

// The events of one shard from number `from` on, those before `until`. `fresh`: there is no cursor yet, so nothing can
// be missed.
RingCopy copy_ring(const CopySource& source, const ShardSections& shard, uint64_t from, uint64_t until, bool fresh) {
    RingCopy copy;
    const uint64_t written = read_position(source, shard);
    copy.position = std::max(from, std::min(written, until));
    if (written == 0) {
        copy.position = 0;
        return copy;
    }
    if (!shard.ring.has_value()) {
        stop_corrupt("a shard has written events, but has no ring");
    }
    if (written < from) {
        stop_corrupt("a shard's ring went back: the cursor belongs to another ledger");
    }
    const uint64_t ring = shard.ring->count;
    const uint64_t first = std::min(std::max(from, oldest_whole(written, ring)), copy.position);
    Table table;
    table.add(*shard.ring, kEventBytes11, ring);
    const size_t bytes = (copy.position - first) * sizeof(EventRecord);
    // Fields that an older writer's records lack stay zero.
    copy.bytes = shard.ring->stride < sizeof(EventRecord) ? std::make_unique<std::byte[]>(bytes)
                                                          : std::make_unique_for_overwrite<std::byte[]>(bytes);
    copy.copied = first;
    for (uint64_t at = first; at < copy.position;) {
        const uint64_t run = std::min(copy.position - at, ring - at % ring);
        table.copy(source, at % ring, run, sizeof(EventRecord), copy.bytes.get() + (at - first) * sizeof(EventRecord));
        at += run;
    }
    const uint64_t kept = std::min(std::max(first, oldest_whole(read_position(source, shard), ring)), copy.position);
    copy.first = kept;
    copy.missed = fresh ? 0 : kept - from;
    return copy;
}

template <typename E>
void decode_events(const RingCopy& copy, [[maybe_unused]] uint32_t shard, const TickClock& clock,
                   std::vector<E>& events) {
    events.reserve(events.size() + (copy.position - copy.first));
    for (uint64_t number = copy.first; number < copy.position; ++number) {
        EventRecord record{};
        load_record(record, copy.bytes.get() + (number - copy.copied) * sizeof(EventRecord));
        if (record.account >= kAccounts) {
            stop_corrupt("an event names account " + std::to_string(record.account));
        }
        if (record.type < kEventAllocate || record.type > kEventTensor) {
            continue;  // of a newer minor version
        }
        E& event = events.emplace_back();
        if constexpr (std::is_same_v<E, OrderedEvent>) {
            event.ticks = record.ticks;
            event.shard = shard;
            event.number = number;
        }
        event.time_ns = clock.to_ns(record.ticks);
        event.id = record.id;
        event.bytes = record.bytes;
        event.thread = record.thread;
        if (record.allocator != kNoAllocator) {
            event.allocator = record.allocator;
        }
        event.type = record.type;
        event.account = record.account;
        event.address = record.address;
        event.requested_bytes = record.requested_bytes;
        event.context = record.context;
        event.tensor = record.tensor;
        event.page_bytes = record.page_bytes;
        event.form = record.form;
    }
}

// The writer's clock now, where this process can read it.
uint64_t ticks_now(const FileHeader& header) {
    const LocalClock local = read_local_clock(header.boot_id);
    if (local.same_boot && header.clock_kind == kClockMonotonicNs) {
        return local.monotonic_ns;
    }
    return local.same_boot && local.has_ticks && header.clock_kind == kClockX86Tsc ? local.ticks : ~uint64_t{0};
}

// Reads the rings for either type of batch. `events` are left in order of shards. Returns the number of missed events.
template <typename E>
uint64_t read_rings(const CopySource& source, const FileHeader& header, EventCursor& cursor,
                    const std::vector<uint64_t>* until, std::vector<E>& events) {
    const TickClock clock(header);
    const SectionMap map = read_directory(source);
    if (cursor.started && cursor.positions.size() > map.shards.size()) {
        stop_corrupt("the ledger has fewer shards than the cursor: it belongs to another ledger");
    }
    uint64_t missed = 0;
    std::vector<uint64_t> positions(map.shards.size());
    for (size_t i = 0; i < positions.size(); ++i) {
        if (!map.shards[i].header.has_value()) {
            continue;
        }
        // A shard that came after the cursor began is read from its first event.
        const uint64_t from = cursor.started && i < cursor.positions.size() ? cursor.positions[i] : 0;
        // A shard that is younger than the snapshot has nothing to give yet.
        const uint64_t end = until == nullptr ? UINT64_MAX : i < until->size() ? (*until)[i] : 0;
        const RingCopy copy = copy_ring(source, map.shards[i], from, end, !cursor.started);
        decode_events(copy, static_cast<uint32_t>(i), clock, events);
        missed += copy.missed;
        positions[i] = copy.position;
    }
    const uint32_t allocators = read_header_words(source).allocators;
    for (const E& event : events) {
        if (event.allocator.has_value() && *event.allocator >= allocators) {
            stop_corrupt("an event names allocator " + std::to_string(*event.allocator));
        }
    }
    cursor.positions = std::move(positions);
    cursor.started = true;
    return missed;
}

}  // namespace

EventBatch read_event_batch(const CopySource& source, EventCursor& cursor, const std::vector<uint64_t>* until) {
    FileHeader header{};
    read_header(source, header);
    EventBatch batch;
    batch.missed = read_rings(source, header, cursor, until, batch.events);
    std::stable_sort(batch.events.begin(), batch.events.end(),
                     [](const Event& one, const Event& other) { return one.time_ns < other.time_ns; });
    return batch;
}

std::variant<OrderedBatch, ReadError> read_ordered_events(const ByteSource& bytes, EventCursor& cursor) {
    try {
        const CopySource source(bytes);
        FileHeader header{};
        read_header(source, header);
        OrderedBatch batch;
        batch.horizon_ticks = ticks_now(header);
        batch.missed = read_rings(source, header, cursor, nullptr, batch.events);
        const auto by_ticks = [](const OrderedEvent& one, const OrderedEvent& other) {
            return one.ticks < other.ticks;
        };
        // Events of a single thread are in order already.
        if (!std::is_sorted(batch.events.begin(), batch.events.end(), by_ticks)) {
            std::stable_sort(batch.events.begin(), batch.events.end(), by_ticks);
        }
        return batch;
    } catch (const Stop& stop) {
        return stop.error;
    }
}

}  // namespace ttmem::ledger
