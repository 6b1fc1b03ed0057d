// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The contents of a recording, as plain values. Bytes are those on each device, as in the ledger; numbers of devices
// and allocators are indexes within their process.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ledger/read/ordered_events.hpp"
#include "ledger/read/snapshot.hpp"

namespace ttmem::recording {

using ledger::kNone;

struct Event {
    uint64_t time_ns = 0;
    uint64_t id = 0;
    uint64_t number = 0;  // in the ring of its shard
    uint64_t bytes = 0;   // 0 of a free: its allocation has them
    uint64_t requested_bytes = 0;
    uint64_t address = 0;
    uint32_t shard = 0;
    uint32_t thread = 0;
    uint32_t allocator = kNone;
    uint32_t context = 0;
    uint32_t tensor = 0;
    uint32_t page_bytes = 0;
    uint32_t form = 0;    // ledger::event_form()
    uint8_t type = 0;     // ledger::EventType
    uint8_t account = 0;  // ledger::Account

    bool is_refusal() const {
        return type == ledger::kEventFail || type == ledger::kEventClash || type == ledger::kEventRefused;
    }
    bool operator==(const Event&) const = default;
};
Event event_of(const ledger::OrderedEvent& from);

// A buffer that lives.
struct Held {
    uint64_t id = 0;
    uint64_t time_ns = 0;
    uint64_t bytes = 0;
    uint64_t requested_bytes = 0;
    uint64_t address = 0;
    uint32_t thread = 0;
    uint32_t allocator = 0;
    uint32_t context = 0;
    uint32_t tensor = 0;
    uint32_t page_bytes = 0;
    uint32_t form = 0;
    uint8_t account = 0;
    uint64_t mark = 0;  // a number that a pass over the recording keeps here; not in the file

    // Out of `form`, as ledger::event_form() packs them. Absent: only the buffer's record in the ledger says.
    std::optional<uint32_t> banks() const {
        const uint32_t packed = form & ledger::kFormMostBanks;
        return packed == 0 || packed == ledger::kFormMostBanks ? std::nullopt : std::optional(packed);
    }
    // Index of its only device among the process's devices; absent: it lies on all of its allocator's.
    std::optional<uint32_t> device() const {
        const uint32_t packed = form >> 11 & ledger::kFormAllDevices;
        return packed == ledger::kFormAllDevices ? std::nullopt : std::optional(packed);
    }
    bool operator==(const Held&) const = default;
};
// The banks that it lies in: by its event, else those that its allocator has; 1 where neither is known.
inline uint32_t banks_of(const Held& held, const std::vector<ledger::Allocator>& allocators) {
    const bool known = held.allocator < allocators.size() && held.account < ledger::kBufferTypes;
    const uint32_t of_allocator = known ? allocators[held.allocator].geometry[held.account].banks : 1;
    return std::max(held.banks().value_or(of_allocator), 1u);
}
Held held_of(const Event& allocation);
Held held_of(const ledger::Buffer& buffer);

// The recorded process. Of devices and allocators that which reports name; totals stand in ProcessEnd.
struct ProcessFacts {
    uint32_t pid = 0;
    uint64_t start_time_ns = 0;
    bool from_the_beginning = false;  // else what happened before followed_from_ns is known by its result alone
    uint64_t followed_from_ns = 0;
    std::string name;     // of the command
    std::string command;  // the whole command line; empty unknown
    std::string library;
    std::vector<ledger::Device> devices;
    std::vector<ledger::Allocator> allocators;
};

enum class Ending : uint8_t {
    kExited,    // by itself
    kDied,      // it was killed, or crashed
    kFollowed,  // it lives; the recording ended
    kUnreadable
};

// The ledger's own final totals, to check the recording against.
struct ProcessEnd {
    Ending ending = Ending::kFollowed;
    uint64_t time_ns = 0;
    uint64_t missed = 0;  // events that were never read
    struct Total {
        uint32_t allocator = 0;
        uint8_t account = 0;
        uint64_t peak_bytes = 0;
        uint64_t allocations = 0;
        uint64_t frees = 0;
        uint64_t failures = 0;
    };
    std::vector<Total> totals;  // of accounts that were ever used
};

// The buffers that lived at a moment, and the events from then on.
struct EventChunk {
    bool after_gap = false;
    bool approximate = false;
    bool after_dropped = false;       // chunks before it were taken out of the file
    uint64_t missed = 0;              // events lost before it
    std::vector<uint64_t> positions;  // of each shard at the checkpoint
    std::vector<Held> checkpoint;     // by id
    std::vector<Event> events;        // in the order in which they are to be applied
};

}  // namespace ttmem::recording
