// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "recording/moment.hpp"

#include <algorithm>

#include "base/saturate.hpp"

namespace ttmem::recording {

Event event_of(const ledger::OrderedEvent& from) {
    Event event;
    event.time_ns = from.time_ns;
    event.id = from.id;
    event.number = from.number;
    event.shard = from.shard;
    event.thread = from.thread;
    event.allocator = from.allocator.value_or(kNone);
    event.context = from.context;
    event.form = from.form;
    event.type = from.type;
    event.account = from.account;
    if (from.type != ledger::kEventFree) {
        event.bytes = from.bytes;
        event.requested_bytes = from.requested_bytes;
        event.address = from.address;
        event.tensor = from.tensor;
        event.page_bytes = from.page_bytes;
    }
    return event;
}

Held held_of(const Event& from) {
    return {from.id,
            from.time_ns,
            from.bytes,
            from.requested_bytes,
            from.address,
            from.thread,
            from.allocator,
            from.context,
            from.tensor,
            from.page_bytes,
            from.form,
            from.account,
            0};
}

Held held_of(const ledger::Buffer& from) {
    return {from.id,
            from.allocated_at_ns,
            from.allocated_bytes(),
            from.requested_bytes,
            from.address,
            from.thread,
            from.allocator,
            from.context,
            from.tensor,
            from.page_bytes,
            ledger::event_form(from.banks, from.device.value_or(ledger::kFormAllDevices), from.type, from.layout,
                               from.flags),
            from.account,
            0};
}

void Moment::reset(const std::vector<Held>& checkpoint) {
    held_.clear();
    totals_.clear();
    for (const Held& held : checkpoint) {
        const auto [at, is_new] = held_.insert(held.id);
        if (is_new) {
            *at = held;
            add(held);
        }
    }
}

Change Moment::apply(const Event& event, Held* freed, uint64_t mark) {
    if (event.type == ledger::kEventAllocate) {
        const auto [at, is_new] = held_.insert(event.id);
        if (!is_new) {
            take(*at);
        }
        *at = held_of(event);
        at->mark = mark;
        add(*at);
        return Change::kAllocated;
    }
    if (event.type == ledger::kEventTensor) {
        if (Held* changed = held_.find(event.id)) {
            changed->tensor = event.tensor;
        }
        return Change::kOther;
    }
    if (event.type != ledger::kEventFree) {
        return Change::kOther;
    }
    const Held* found = held_.find(event.id);
    if (found == nullptr) {
        return Change::kUnknownFree;
    }
    take(*found);
    if (freed != nullptr) {
        *freed = *found;
    }
    held_.erase(event.id);
    return Change::kFreed;
}

std::vector<Held> Moment::by_id() const {
    std::vector<Held> all;
    all.reserve(held_.size());
    held_.for_each([&all](const Held& held) { all.push_back(held); });
    std::sort(all.begin(), all.end(), [](const Held& a, const Held& b) { return a.id < b.id; });
    return all;
}

Total Moment::total(uint32_t allocator, uint32_t account) const {
    return allocator < totals_.size() && account < ledger::kAccounts ? totals_[allocator][account] : Total{};
}

void Moment::add(const Held& held) {
    if (held.allocator >= totals_.size()) {
        totals_.resize(held.allocator + 1);
    }
    Total& total = totals_[held.allocator][held.account];
    ++total.buffers;
    saturating_add(total.bytes, held.bytes);
    saturating_add(total.requested_bytes, held.requested_bytes);
}

void Moment::take(const Held& held) {
    Total& total = totals_[held.allocator][held.account];
    --total.buffers;
    total.bytes -= std::min(total.bytes, held.bytes);
    total.requested_bytes -= std::min(total.requested_bytes, held.requested_bytes);
}

}  // namespace ttmem::recording
