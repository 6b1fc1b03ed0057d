// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "recording/encode.hpp"

#include <algorithm>
#include <functional>

#include "base/clean_text.hpp"
#include "recording/format.hpp"

namespace ttmem::recording {

namespace {

bool is_allocation(const Event& event) {
    return event.type == ledger::kEventAllocate;
}
bool is_free(const Event& event) {
    return event.type == ledger::kEventFree;
}

struct ToBytes {
    Packer& packer;
    template <typename Records, typename T, typename To>
    void operator()(const Records& records, To T::*member) {
        packer.column(records, [member](const T& record) { return uint64_t{record.*member}; });
    }
};

struct FromBytes {
    Unpacker& unpacker;
    bool fits = true;
    template <typename Records, typename T, typename To>
    void operator()(Records& records, To T::*member) {
        unpacker.column(records, [this, member](T& record, uint64_t value) {
            record.*member = static_cast<To>(value);
            fits = fits && uint64_t{record.*member} == value;
        });
    }
};

// The least bytes of a record: one a column.
constexpr uint64_t kHeldColumns = 12;
constexpr uint64_t kEventColumns = 10;

template <typename Direction, typename Records>
void held_columns(Direction& direction, Records& records) {
    direction(records, &Held::id);
    direction(records, &Held::time_ns);
    direction(records, &Held::bytes);
    direction(records, &Held::requested_bytes);
    direction(records, &Held::address);
    direction(records, &Held::thread);
    direction(records, &Held::allocator);
    direction(records, &Held::context);
    direction(records, &Held::tensor);
    direction(records, &Held::page_bytes);
    direction(records, &Held::form);
    direction(records, &Held::account);
}

// The columns of events in the order in which EventColumns packs them.
template <typename Direction, typename Records>
void columns_of_all(Direction& direction, Records& records) {
    direction(records, &Event::type);
    direction(records, &Event::shard);
    direction(records, &Event::time_ns);
    direction(records, &Event::id);
    direction(records, &Event::thread);
    direction(records, &Event::allocator);
    direction(records, &Event::account);
    direction(records, &Event::context);
    direction(records, &Event::form);
}

// Columns of events other than frees: a free's amounts are those of its allocation.
template <typename Direction, typename Records>
void columns_of_others(Direction& direction, Records& records) {
    direction(records, &Event::bytes);
    direction(records, &Event::requested_bytes);
    direction(records, &Event::address);
    direction(records, &Event::tensor);
    direction(records, &Event::page_bytes);
}

// A list of references to some of the events, which the columns go through as through the events themselves.
template <typename E>
struct Chosen {
    std::vector<std::reference_wrapper<E>> events;
    struct Iterator {
        typename std::vector<std::reference_wrapper<E>>::const_iterator at;
        E& operator*() const { return at->get(); }
        Iterator& operator++() {
            ++at;
            return *this;
        }
        bool operator!=(const Iterator& other) const { return at != other.at; }
    };
    Iterator begin() const { return {events.begin()}; }
    Iterator end() const { return {events.end()}; }
};
template <typename E, typename Events>
Chosen<E> others_of(Events& events) {
    Chosen<E> chosen;
    for (E& event : events) {
        if (!is_free(event)) {
            chosen.events.push_back(std::ref(event));
        }
    }
    return chosen;
}

void unpack_numbers(Unpacker& from, std::vector<Event>& events) {
    std::vector<uint64_t> next(kMostShards);
    for (Event& event : events) {
        event.number = next[event.shard] + from.number();
        next[event.shard] = event.number + 1;
    }
}

bool is_sound(const EventChunk& chunk) {
    return std::all_of(
               chunk.checkpoint.begin(), chunk.checkpoint.end(),
               [](const Held& held) { return held.allocator < kMostAllocators && held.account < ledger::kAccounts; }) &&
           std::all_of(chunk.events.begin(), chunk.events.end(), [](const Event& event) {
               return event.account < ledger::kAccounts &&
                      (event.allocator < kMostAllocators || (event.allocator == kNone && !is_allocation(event)));
           });
}

}  // namespace

void pack_checkpoint(Packer& to, uint64_t missed, const std::vector<uint64_t>& positions,
                     const std::vector<Held>& checkpoint) {
    to.number(missed);
    to.number(positions.size());
    for (const uint64_t position : positions) {
        to.number(position);
    }
    to.number(checkpoint.size());
    ToBytes direction{to};
    held_columns(direction, checkpoint);
}

std::optional<EventChunk> unpack_events(std::string_view bytes) {
    Unpacker from(bytes);
    EventChunk chunk;
    chunk.missed = from.number();
    chunk.positions.resize(from.number_up_to(kMostShards));
    for (uint64_t& position : chunk.positions) {
        position = from.number();
    }
    FromBytes direction{from};
    chunk.checkpoint.resize(from.count(kHeldColumns));
    held_columns(direction, chunk.checkpoint);
    chunk.events.resize(from.count(kEventColumns));
    columns_of_all(direction, chunk.events);
    if (!std::all_of(chunk.events.begin(), chunk.events.end(),
                     [](const Event& event) { return event.shard < kMostShards; })) {
        return std::nullopt;
    }
    unpack_numbers(from, chunk.events);
    const auto others = others_of<Event>(chunk.events);
    columns_of_others(direction, others);
    if (!from.ok() || !direction.fits || !is_sound(chunk)) {
        return std::nullopt;
    }
    return chunk;
}

std::string pack(const ProcessEnd& end) {
    Packer to;
    to.number(static_cast<uint64_t>(end.ending));
    to.number(end.time_ns);
    to.number(end.missed);
    to.number(end.totals.size());
    for (const ProcessEnd::Total& total : end.totals) {
        to.number(total.allocator);
        to.number(total.account);
        to.number(total.peak_bytes);
        to.number(total.allocations);
        to.number(total.frees);
        to.number(total.failures);
    }
    return to.take();
}

std::optional<ProcessEnd> unpack_end(std::string_view bytes) {
    Unpacker from(bytes);
    ProcessEnd end;
    end.ending = static_cast<Ending>(from.number_up_to(static_cast<uint64_t>(Ending::kUnreadable)));
    end.time_ns = from.number();
    end.missed = from.number();
    end.totals.resize(from.count(6));
    for (ProcessEnd::Total& total : end.totals) {
        total.allocator = static_cast<uint32_t>(from.number_up_to(kMostAllocators - 1));
        total.account = static_cast<uint8_t>(from.number_up_to(ledger::kAccounts - 1));
        total.peak_bytes = from.number();
        total.allocations = from.number();
        total.frees = from.number();
        total.failures = from.number();
    }
    return from.ok() ? std::optional(std::move(end)) : std::nullopt;
}

}  // namespace ttmem::recording
