// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/ring_course.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "analysis/categories.hpp"
#include "analysis/holder_name.hpp"
#include "inventory/holdings.hpp"
#include "inventory/sidecar_names.hpp"
#include "ledger/read/ordered_events.hpp"

namespace ttmem::inventory {
namespace {

using analysis::CourseEvent;
using ledger::OrderedEvent;

// The memory whose growth is asked for.
struct Memory {
    std::optional<uint32_t> allocator;  // absent: all allocators
    uint32_t account = 0;

    bool has(const std::optional<uint32_t>& of_allocator, uint8_t of_account) const {
        return of_account == account && (!allocator || allocator == of_allocator);
    }
};

std::optional<ledger::Snapshot> snapshot_of(const LedgerBytes& bytes) {
    ledger::ReadOptions options;
    options.buffers = true;
    auto answer = ledger::Reader::from_source(bytes.ledger).read(options);
    auto* const snapshot = std::get_if<ledger::Snapshot>(&answer);
    return snapshot == nullptr ? std::nullopt : std::optional(std::move(*snapshot));
}

std::optional<ledger::Snapshot> frozen_snapshot(const LedgerBytes& bytes, uint64_t number) {
    auto answer = ledger::Reader::from_source(bytes.ledger).read_picture(number);
    auto* const picture = std::get_if<std::optional<ledger::Snapshot>>(&answer);
    return picture == nullptr ? std::nullopt : std::move(*picture);
}

// The events from the moment on from which no ring lacks any.
std::vector<OrderedEvent> whole_events(const LedgerBytes& bytes) {
    ledger::EventCursor cursor;
    auto read = ledger::read_ordered_events(bytes.ledger, cursor);
    auto* const batch = std::get_if<ledger::OrderedBatch>(&read);
    if (batch == nullptr) {
        return {};
    }
    std::vector<OrderedEvent> events = std::move(batch->events);
    std::vector<bool> seen;  // by shard
    uint64_t from_ticks = 0;
    for (const OrderedEvent& event : events) {
        seen.resize(std::max<size_t>(seen.size(), event.shard + size_t{1}));
        if (!seen[event.shard] && event.number != 0) {
            from_ticks = event.ticks;  // the events are in the order of their ticks
        }
        seen[event.shard] = true;
    }
    std::erase_if(events, [from_ticks](const OrderedEvent& event) { return event.ticks < from_ticks; });
    return events;
}

CourseEvent course_event(const OrderedEvent& event, const Memory& memory) {
    CourseEvent to;
    to.type = event.type == ledger::kEventAllocate ? CourseEvent::Type::kAllocate
              : event.type == ledger::kEventFree   ? CourseEvent::Type::kFree
              : event.type == ledger::kEventMark   ? CourseEvent::Type::kMark
                                                   : CourseEvent::Type::kOther;
    to.time_ns = event.time_ns;
    to.id = event.id;
    to.bytes = event.bytes;
    to.context = event.context;
    to.takes_memory = kind_of_account(event.account).has_value();
    to.counted = to.takes_memory && memory.has(event.allocator, event.account);
    return to;
}

// The line of a context, else its operation, else its scope.
std::optional<std::string> line_of(const SidecarNames& names, uint32_t number) {
    BufferFacts facts;
    facts.context = names.context(number);
    facts.region = facts.context != nullptr ? facts.context->scope : names.operation(number);
    return analysis::place_of(maker_of(facts));
}

std::optional<analysis::Course> course_of(const LedgerBytes& bytes, const ledger::Snapshot& held, const Memory& memory,
                                          const std::vector<OrderedEvent>& events, uint64_t until_ns) {
    if (!held.times_known || held.unlisted_buffers != 0) {
        return std::nullopt;  // a buffer in no list would seem to have come when it is freed
    }
    SidecarNames names;
    if (bytes.texts != nullptr) {
        auto texts = ledger::read_sidecar(bytes.texts, held.identity.nonce);
        if (auto* const sidecar = std::get_if<ledger::Sidecar>(&texts)) {
            names.take(std::move(*sidecar));
        }
    }
    std::vector<CourseEvent> taken;
    taken.reserve(events.size());
    for (const OrderedEvent& event : events) {
        taken.push_back(course_event(event, memory));
    }
    std::vector<analysis::CourseBuffer> buffers;
    for (const ledger::Buffer& buffer : held.buffers) {
        if (memory.has(buffer.allocator, buffer.account)) {
            buffers.push_back({buffer.id, buffer.allocated_bytes(), buffer.context});
        }
    }
    return analysis::course_of(taken, buffers, until_ns, [&names](uint32_t number) { return line_of(names, number); });
}

// Removes events that the snapshot does not include.
void keep_until(std::vector<OrderedEvent>& events, const ledger::Snapshot& snapshot) {
    std::erase_if(events, [&snapshot](const OrderedEvent& event) {
        return event.shard >= snapshot.positions.size() || event.number >= snapshot.positions[event.shard];
    });
}

}  // namespace

std::optional<analysis::Course> course_of_refusal(const LedgerBytes& bytes, uint64_t number, bool from_picture) {
    const std::optional<ledger::Snapshot> now = snapshot_of(bytes);
    if (!now) {
        return std::nullopt;
    }
    const auto failure = std::find_if(now->failures.begin(), now->failures.end(),
                                      [number](const ledger::Failure& each) { return each.number == number; });
    if (failure == now->failures.end() || (from_picture && !failure->picture)) {
        return std::nullopt;
    }
    const uint32_t account = failure->type == ledger::kFailureOutOfMemory   ? failure->account
                             : failure->type == ledger::kFailureTraceRegion ? account_of(api::MemoryKind::kTrace)
                                                                            : account_of(api::MemoryKind::kL1);
    const Memory memory{failure->allocator, account};
    std::vector<OrderedEvent> events = whole_events(bytes);
    if (!from_picture) {
        keep_until(events, *now);
        return course_of(bytes, *now, memory, events, failure->time_ns);
    }
    const std::optional<ledger::Snapshot> then = frozen_snapshot(bytes, *failure->picture);
    if (!then || !then->picture) {
        return std::nullopt;
    }
    std::erase_if(events, [&](const OrderedEvent& event) { return event.time_ns > then->picture->time_ns; });
    return course_of(bytes, *then, memory, events, failure->time_ns);
}

std::optional<analysis::Course> course_now(const LedgerBytes& bytes, api::MemoryKind kind) {
    const std::optional<ledger::Snapshot> now = snapshot_of(bytes);
    if (!now) {
        return std::nullopt;
    }
    std::vector<OrderedEvent> events = whole_events(bytes);
    keep_until(events, *now);
    return course_of(bytes, *now, {std::nullopt, account_of(kind)}, events, UINT64_MAX);
}

}  // namespace ttmem::inventory
