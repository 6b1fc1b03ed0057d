// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/own_events.hpp"

#include <variant>

#include "inventory/holdings.hpp"
#include "inventory/ledger_names.hpp"
#include "ledger/read/snapshot.hpp"

namespace ttmem::inventory {

OwnEventBatch OwnEvents::take() {
    OwnEventBatch to;
    const auto read_events = reader_.read_events(cursor_);
    const auto* const batch = std::get_if<ledger::EventBatch>(&read_events);
    if (batch == nullptr) {
        return to;
    }
    to.missed = batch->missed;
    if (batch->events.empty()) {
        return to;
    }
    const auto read = reader_.read({});  // after the events: it has every allocator that they name
    const auto* const snapshot = std::get_if<ledger::Snapshot>(&read);
    for (const ledger::Event& from : batch->events) {
        const std::optional<api::EventType> type = event_type(from.type);
        if (!type) {
            continue;
        }
        OwnEvent& event = to.events.emplace_back();
        event.type = *type;
        event.kind = kind_of_account(from.account);
        event.id = from.id;
        event.bytes = from.bytes;
        event.context = from.context;
        if (snapshot == nullptr || !from.allocator || *from.allocator >= snapshot->allocators.size()) {
            continue;
        }
        for (const uint32_t index : snapshot->allocators[*from.allocator].devices) {
            if (index < snapshot->devices.size()) {
                event.devices.push_back(snapshot->devices[index].logical_id);
            }
        }
    }
    return to;
}

}  // namespace ttmem::inventory
