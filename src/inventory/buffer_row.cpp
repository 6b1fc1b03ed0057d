// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/buffer_row.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "inventory/ledger_names.hpp"
#include "inventory/ledger_source.hpp"
#include "inventory/model_lists.hpp"
#include "inventory/regions.hpp"

namespace ttmem::inventory {
namespace {

// The cores of a buffer that does not lie in every bank, and how many banks hold bytes of it.
void add_cores(const ledger::Snapshot& snapshot, const ledger::Buffer& row, api::Buffer& buffer) {
    buffer.used_banks = used_banks(row);
    buffer.bankless = (row.flags & ledger::kBufferBankless) != 0;
    const auto cores = snapshot.core_sets.find(row.core_set);
    if (!has_own_cores(row) && !buffer.bankless) {
        return;
    }
    if (cores != snapshot.core_sets.end()) {
        buffer.cores = core_set(cores->second);
    }
    for (uint32_t i = 0; i < row.placements && row.placement + i < snapshot.core_addresses.size(); ++i) {
        const ledger::CoreAddress& from = snapshot.core_addresses[row.placement + i];
        buffer.addresses.push_back({{from.x, from.y}, from.address});
    }
}

// Appends the devices that a row lies on, ascending, as indexes into Model::devices.
void add_devices(const ledger::Snapshot& snapshot, const ledger::Buffer& row,
                 const std::vector<api::DeviceIndex>& places, std::vector<api::DeviceIndex>& devices) {
    static const std::vector<uint32_t> kNone;
    const std::vector<uint32_t>& locals =
        row.device || row.allocator >= snapshot.allocators.size() ? kNone : snapshot.allocators[row.allocator].devices;
    // Mostly the whole of a mesh, in order: it need not be searched for each of its chips.
    if (!locals.empty() && locals.back() < places.size() &&
        std::adjacent_find(locals.begin(), locals.end(), std::greater_equal<>()) == locals.end()) {
        for (const uint32_t local : locals) {
            devices.push_back(places[local]);
        }
    } else {
        for (uint32_t local = 0; local < places.size(); ++local) {
            if (lies_on(snapshot, row, local)) {
                devices.push_back(places[local]);
            }
        }
    }
    std::sort(devices.begin(), devices.end());
}

}  // namespace

BufferFacts BufferRow::facts() const {
    return {region, context, tensor, label, kind, requested_bytes, page_bytes, layout};
}

BufferRow row_of(const api::Model& model, const api::Buffer& buffer) {
    const BufferFacts facts = facts_of(model, buffer);
    BufferRow row;
    row.process = buffer.process;
    row.id = buffer.id;
    row.address = buffer.address;
    row.requested_bytes = buffer.requested_bytes;
    row.allocated_bytes = buffer.allocated_bytes;
    row.bytes_per_bank = buffer.bytes_per_bank;
    row.banks = buffer.banks;
    row.kind = buffer.kind;
    row.layout = buffer.layout;
    row.allocated_at_ns = buffer.allocated_at_ns;
    row.lockstep_waste_bytes = buffer.lockstep_waste_bytes();
    row.region = facts.region;
    row.label = facts.label;
    row.context = facts.context;
    row.tensor = facts.tensor;
    row.page_bytes = facts.page_bytes;
    return row;
}

BufferDetail detail_of(const api::Model& model, const api::Buffer& buffer) {
    BufferDetail detail{buffer, std::nullopt, std::nullopt};
    if (buffer.context) {
        detail.context = model.contexts[*buffer.context];
    }
    if (buffer.tensor) {
        detail.tensor = model.tensors[*buffer.tensor];
    }
    detail.buffer.context.reset();
    detail.buffer.tensor.reset();
    return detail;
}

std::optional<BufferRow> row_of(const TrackedLedger* ledger, api::ProcessIndex process, size_t number) {
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
    row.allocated_at_ns = from.allocated_at_ns;
    row.region = region_of(ledger->names, from.scope, from.context);
    row.label = ledger->names.label(from.label);
    row.context = ledger->names.context(from.context);
    row.tensor = ledger->names.tensor(from.tensor);
    row.page_bytes = from.page_bytes;
    if (const std::optional<uint32_t> used = used_banks(from); used && row.allocated_bytes > 0) {
        row.lockstep_waste_bytes = (from.banks - *used) * from.bytes_per_bank;
    }
    return row;
}

std::vector<api::DeviceIndex> row_devices_of(const TrackedLedger* ledger, const std::vector<api::DeviceIndex>& places,
                                             size_t number) {
    std::vector<api::DeviceIndex> devices;
    if (ledger != nullptr && number < ledger->snapshot.buffers.size()) {
        add_devices(ledger->snapshot, ledger->snapshot.buffers[number], places, devices);
    }
    return devices;
}

api::Buffer buffer_of(const TrackedLedger& ledger, api::ProcessIndex process, size_t number,
                      const std::vector<api::DeviceIndex>& places) {
    api::Buffer buffer;
    fill_buffer(ledger, ledger.snapshot.buffers[number], ledger.holdings.buffer_kinds[number], process, places, buffer);
    return buffer;
}

void fill_buffer(const TrackedLedger& ledger, const ledger::Buffer& row, api::BufferKind kind,
                 api::ProcessIndex process, const std::vector<api::DeviceIndex>& places, api::Buffer& buffer) {
    const ledger::Snapshot& snapshot = ledger.snapshot;
    const ledger::Allocator& allocator = snapshot.allocators[row.allocator];
    std::vector<api::DeviceIndex> devices = std::move(buffer.devices);  // its room serves the next row of a list
    devices.clear();
    add_devices(snapshot, row, places, devices);
    buffer = api::Buffer();
    buffer.process = process;
    buffer.id = row.id;
    buffer.devices = std::move(devices);
    if (allocator.mesh_id >= 0) {
        buffer.mesh = allocator.mesh_id;
    }
    buffer.kind = kind;
    buffer.address = row.address;
    buffer.requested_bytes = row.requested_bytes;
    if (row.account == ledger::kAccountFixed) {
        buffer.view_of = kind_of_account(row.type);
    }
    buffer.allocated_bytes = api::takes_bytes(buffer.kind) ? row.allocated_bytes() : 0;
    buffer.bytes_per_bank = row.bytes_per_bank;
    buffer.banks = row.banks;
    if (row.page_bytes > 0) {
        buffer.page_bytes = row.page_bytes;
    }
    buffer.layout = layout_name(row.layout);
    buffer.kernel_binaries = (row.flags & ledger::kBufferKernelBinaries) != 0;
    buffer.while_traced = (row.flags & ledger::kBufferWhileTraced) != 0;
    buffer.thread = row.thread;
    buffer.allocated_at_ns = row.allocated_at_ns;
    if (const std::string& region = region_of(ledger.names, row.scope, row.context); !region.empty()) {
        buffer.region = region;
    }
    if (const std::string& label = ledger.names.label(row.label); !label.empty()) {
        buffer.label = label;
    }
    add_cores(snapshot, row, buffer);
}

std::optional<BufferDetail> detail_of(const TrackedLedger& ledger, api::ProcessIndex process, size_t number,
                                      const std::vector<api::DeviceIndex>& places) {
    if (!row_of(&ledger, process, number)) {
        return std::nullopt;
    }
    BufferDetail detail{buffer_of(ledger, process, number, places), std::nullopt, std::nullopt};
    if (const api::Context* context = ledger.names.context(ledger.snapshot.buffers[number].context)) {
        detail.context = *context;
        detail.context->process = process;
    }
    if (const api::Tensor* tensor = ledger.names.tensor(ledger.snapshot.buffers[number].tensor)) {
        detail.tensor = *tensor;
        detail.tensor->process = process;
    }
    return detail;
}

// Where circular buffers of loaded programs lie in buffers, by allocator and address. An L1 operand's is at such a
// place, too; in L1_SMALL lies what an operation made for its program (conv2d's tables), which goes when the program
// goes.
std::set<std::pair<uint32_t, uint64_t>> small_buffers_of_programs(const ledger::Snapshot& snapshot) {
    std::set<std::pair<uint32_t, uint64_t>> places;
    for (const ledger::Program& program : snapshot.programs) {
        for (const ledger::CircularBuffer& buffer : program.circular_buffers) {
            if (program.allocator && (buffer.flags & ledger::kCircularBufferGlobal) != 0) {
                places.emplace(*program.allocator, buffer.address);
            }
        }
    }
    return places;
}

void add_buffers(api::Model& model, api::ProcessIndex process, const TrackedLedger& ledger,
                 const std::vector<api::DeviceIndex>& places, api::AllocatorIndex first_allocator,
                 ModelContexts& contexts) {
    const ledger::Snapshot& snapshot = ledger.snapshot;
    const size_t first = model.buffers.size();
    const std::set<std::pair<uint32_t, uint64_t>> kept_by_programs = small_buffers_of_programs(snapshot);
    for (size_t i = 0; i < snapshot.buffers.size(); ++i) {
        const ledger::Buffer& row = snapshot.buffers[i];
        if (row.account > ledger::kAccountHooked || row.allocator >= snapshot.allocators.size()) {
            continue;  // circular buffers and kernels of the six reports are no buffers
        }
        api::Buffer buffer = buffer_of(ledger, process, i, places);
        buffer.allocator = api::AllocatorIndex(first_allocator + row.allocator);
        buffer.program_cache =
            row.account == ledger::kAccountL1Small && kept_by_programs.contains({row.allocator, row.address});
        buffer.context = contexts.context(row.context);
        buffer.tensor = contexts.tensor(row.tensor);
        model.buffers.push_back(std::move(buffer));
    }
    std::sort(model.buffers.begin() + static_cast<std::ptrdiff_t>(first), model.buffers.end(),
              [](const api::Buffer& a, const api::Buffer& b) { return a.id < b.id; });
}

std::vector<uint32_t> buffers_by_id(const TrackedLedger& ledger) {
    const std::vector<ledger::Buffer>& rows = ledger.snapshot.buffers;
    std::vector<uint32_t> order;
    order.reserve(rows.size());
    for (uint32_t i = 0; i < rows.size(); ++i) {
        if (rows[i].account <= ledger::kAccountHooked && rows[i].allocator < ledger.snapshot.allocators.size()) {
            order.push_back(i);
        }
    }
    const auto by_id = [&](uint32_t a, uint32_t b) { return rows[a].id < rows[b].id; };
    if (!std::is_sorted(order.begin(), order.end(), by_id)) {
        std::sort(order.begin(), order.end(), by_id);
    }
    return order;
}

void each_buffer(const TrackedLedger& ledger, api::ProcessIndex process, const std::vector<api::DeviceIndex>& places,
                 const BufferTaker& take) {
    const std::vector<ledger::Buffer>& rows = ledger.snapshot.buffers;
    const std::vector<uint32_t> order = buffers_by_id(ledger);
    const std::set<std::pair<uint32_t, uint64_t>> kept_by_programs = small_buffers_of_programs(ledger.snapshot);
    api::Buffer buffer;
    for (const uint32_t i : order) {
        const ledger::Buffer& row = rows[i];
        fill_buffer(ledger, row, ledger.holdings.buffer_kinds[i], process, places, buffer);
        buffer.program_cache =
            row.account == ledger::kAccountL1Small && kept_by_programs.contains({row.allocator, row.address});
        take(buffer, ledger.names.context(row.context), ledger.names.tensor(row.tensor));
    }
}

}  // namespace ttmem::inventory
