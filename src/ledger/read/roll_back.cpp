// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/read/roll_back.hpp"

#include <algorithm>
#include <string>

namespace ttmem::ledger {

namespace {

constexpr uint64_t kPositionOffset = offsetof(ShardHeader, ring_position);

// A shard's journal and position, as bytes.
struct HeaderCopy {
    uint32_t shard = 0;
    std::array<std::byte, sizeof(ShardHeader)> bytes{};
};

bool is_same_event(const HeaderCopy& one, const HeaderCopy& other) {
    constexpr size_t kCommitted = offsetof(Journal, unlisted_committed);  // may become 1 in between
    constexpr size_t kBehind = kCommitted + sizeof(uint32_t);
    constexpr size_t kEnd = kPositionOffset + sizeof(uint64_t);
    return std::memcmp(one.bytes.data(), other.bytes.data(), kCommitted) == 0 &&
           std::memcmp(one.bytes.data() + kBehind, other.bytes.data() + kBehind, kEnd - kBehind) == 0;
}

EventInFlight decode(uint32_t shard, const HeaderCopy& copy) {
    const auto word64 = [&copy](size_t offset) { return load_word64(copy.bytes.data() + offset); };
    const uint64_t word = word64(offsetof(Journal, word));
    EventInFlight event;
    event.shard = shard;
    event.op = static_cast<uint32_t>(word & 0xff);
    event.account = static_cast<uint32_t>(word >> 8 & 0xff);
    event.allocator = static_cast<uint32_t>(word >> 16 & 0xffff);
    event.slot = static_cast<uint32_t>(word >> 32);
    event.state_before = load_word32(copy.bytes.data() + offsetof(Journal, state_before));
    event.committed = load_word32(copy.bytes.data() + offsetof(Journal, unlisted_committed)) != 0;
    event.bytes = word64(offsetof(Journal, bytes));
    event.requested = word64(offsetof(Journal, requested));
    event.count_before = word64(offsetof(Journal, count_before));
    event.bytes_before = word64(offsetof(Journal, bytes_before));
    event.requested_before = word64(offsetof(Journal, requested_before));
    return event;
}

void check(const EventInFlight& event, const SectionMap& map, uint64_t allocators) {
    const bool known = event.op == kJournalAllocate || event.op == kJournalFree;
    if (!known || event.account >= kAccounts || event.allocator >= allocators ||
        (event.slot != kNone && event.slot >= map.buffers.records())) {
        stop_corrupt("the journal of shard " + std::to_string(event.shard) + " makes no sense");
    }
}

// Every state but those before the commit point means committed: other threads may have gone on with the
// slot before this event's journal entry was cleared.
bool is_committed(const EventInFlight& event, uint32_t state) {
    const uint32_t before = event.state_before & kStateMask;
    if (event.op == kJournalAllocate && before == kFree) {
        return state != event.state_before && state != ((event.state_before & ~uint32_t{kStateMask}) | kWriting);
    }
    if (event.op == kJournalFree && before == kLive) {
        return state != event.state_before;
    }
    stop_corrupt("the journal of shard " + std::to_string(event.shard) + " names a record in state " +
                 std::to_string(before));
}

std::vector<SlotInFlight>::iterator place_of(InFlight& found, uint32_t slot) {
    return std::lower_bound(found.slots.begin(), found.slots.end(), slot,
                            [](const SlotInFlight& one, uint32_t wanted) { return one.slot < wanted; });
}

void read_slot(const CopySource& source, const SectionMap& map, uint32_t slot, InFlight& found) {
    const auto at = place_of(found, slot);
    if (at != found.slots.end() && at->slot == slot) {
        return;  // two events of one slot are judged by one copy of it
    }
    SlotInFlight fresh;
    fresh.slot = slot;
    const uint64_t offset = map.buffers.offset_of(slot);
    // The state by itself first: in kLive the fields are whole, and only a copy made after it is sure to have them.
    const uint32_t state = source.word<uint32_t>(offset + offsetof(BufferRecord, state));
    source.copy(offset, fresh.record.data(), fresh.record.size());
    std::memcpy(fresh.record.data() + offsetof(BufferRecord, state), &state, sizeof state);
    if (slot < map.buffer_extras.records()) {
        source.copy(map.buffer_extras.offset_of(slot), fresh.extra.data(), fresh.extra.size());
    }
    found.slots.insert(at, fresh);
}

}  // namespace

std::vector<uint64_t> read_positions(const CopySource& source, const SectionMap& map) {
    std::vector<uint64_t> positions(map.shards.size());
    for (size_t i = 0; i < positions.size(); ++i) {
        if (const auto& header = map.shards[i].header) {
            positions[i] = source.word<uint64_t>(header->offset + kPositionOffset);
        }
    }
    return positions;
}

std::optional<InFlight> read_in_flight(const CopySource& source, const SectionMap& map,
                                       const std::vector<uint64_t>& positions) {
    std::vector<uint64_t> words(map.shards.size());
    for (size_t i = 0; i < words.size(); ++i) {
        if (const auto& header = map.shards[i].header) {
            words[i] = source.word<uint64_t>(header->offset);
        }
    }
    InFlight found;
    std::vector<HeaderCopy> active;
    for (uint32_t i = 0; i < words.size(); ++i) {
        const auto& place = map.shards[i].header;
        if (!place.has_value()) {
            continue;
        }
        HeaderCopy copy;
        source.copy(place->offset, copy.bytes.data(), copy.bytes.size());
        if (load_word64(copy.bytes.data() + kPositionOffset) != positions[i]) {
            return std::nullopt;
        }
        if (words[i] != 0) {
            copy.shard = i;
            active.push_back(copy);
            const uint32_t slot = static_cast<uint32_t>(words[i] >> 32);
            if (slot != kNone && slot < map.buffers.records()) {
                read_slot(source, map, slot, found);
            }
        }
    }
    // An entry that changed meanwhile belongs to an event that began after the data was copied, or may be half filled.
    for (const HeaderCopy& before : active) {
        const uint64_t offset = map.shards[before.shard].header->offset;
        if (source.word<uint64_t>(offset) != words[before.shard]) {
            return std::nullopt;
        }
        HeaderCopy after;
        source.copy(offset, after.bytes.data(), after.bytes.size());
        if (!is_same_event(before, after)) {
            return std::nullopt;
        }
        found.events.push_back(decode(before.shard, after));
    }
    return found;
}

void judge(InFlight& in_flight, const SectionMap& map, uint64_t allocators) {
    for (EventInFlight& event : in_flight.events) {
        check(event, map, allocators);
        if (event.slot != kNone) {
            event.committed = is_committed(event, load_word32(place_of(in_flight, event.slot)->record.data()));
        }
    }
}

}  // namespace ttmem::ledger
