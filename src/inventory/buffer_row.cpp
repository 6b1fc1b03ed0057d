// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/buffer_row.hpp"

#include <algorithm>

#include "inventory/ledger_names.hpp"
#include "inventory/ledger_source.hpp"

namespace ttmem::inventory {

BufferRow row_of(const api::Buffer& buffer) {
    return {buffer.process,         buffer.id,
            buffer.address,         buffer.requested_bytes,
            buffer.allocated_bytes, buffer.bytes_per_bank,
            buffer.banks,           buffer.kind,
            buffer.layout,          buffer.region ? std::string_view(*buffer.region) : std::string_view(),
            buffer.allocated_at_ns, buffer.lockstep_waste_bytes()};
}

std::optional<BufferRow> row_of(const TrackedLedger* ledger, size_t process, size_t number) {
    if (ledger == nullptr || number >= ledger->snapshot.buffers.size()) {
        return std::nullopt;
    }
    const ledger::Buffer& from = ledger->snapshot.buffers[number];
    if (from.account > ledger::kAccountHooked || from.allocator >= ledger->snapshot.allocators.size()) {
        return std::nullopt;
    }
    BufferRow row;
    row.process = process;
    row.id = from.id;
    row.address = from.address;
    row.requested_bytes = from.requested_bytes;
    row.kind = ledger->holdings.buffer_kinds[number];
    row.allocated_bytes = api::takes_bytes(row.kind) ? from.allocated_bytes() : 0;
    row.bytes_per_bank = from.bytes_per_bank;
    row.banks = from.banks;
    row.layout = layout_name(from.layout);
    row.operation = ledger->names.operation(from.context);
    row.allocated_at_ns = from.allocated_at_ns;
    if (const std::optional<uint32_t> used = used_banks(from); used && row.allocated_bytes > 0) {
        row.lockstep_waste_bytes = (from.banks - *used) * from.bytes_per_bank;
    }
    return row;
}

std::vector<size_t> row_devices_of(const TrackedLedger* ledger, const std::vector<size_t>& places, size_t number) {
    std::vector<size_t> devices;
    if (ledger == nullptr || number >= ledger->snapshot.buffers.size()) {
        return devices;
    }
    for (uint32_t local = 0; local < places.size(); ++local) {
        if (lies_on(ledger->snapshot, ledger->snapshot.buffers[number], local)) {
            devices.push_back(places[local]);
        }
    }
    std::sort(devices.begin(), devices.end());
    return devices;
}

}  // namespace ttmem::inventory
