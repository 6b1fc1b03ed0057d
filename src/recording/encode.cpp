// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "recording/encode.hpp"

#include <algorithm>

#include "base/clean_text.hpp"
#include "recording/event_columns.hpp"
#include "recording/format.hpp"

namespace ttmem::recording {

namespace {

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

bool is_sound(const Held& held) {
    return held.allocator < kMostAllocators && held.account < ledger::kAccounts;
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

bool unpack_events(std::string_view bytes, EventChunk& to) {
    Unpacker from(bytes);
    to.missed = from.number();
    to.positions.resize(from.number_up_to(kMostShards));
    for (uint64_t& position : to.positions) {
        position = from.number();
    }
    FromBytes direction{from};
    to.checkpoint.resize(from.count(kHeldColumns));
    held_columns(direction, to.checkpoint);
    const uint64_t events = from.count(kEventColumns);
    return from.ok() && direction.fits &&
           std::all_of(to.checkpoint.begin(), to.checkpoint.end(), [](const Held& held) { return is_sound(held); }) &&
           unpack_event_columns(from.rest(), events, to.events);
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
