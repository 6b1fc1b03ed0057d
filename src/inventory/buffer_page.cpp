// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/buffer_page.hpp"

#include <algorithm>
#include <map>
#include <tuple>

#include "inventory/buffer_row.hpp"
#include "inventory/ledger_source.hpp"
#include "inventory/model_lists.hpp"

namespace ttmem::inventory {

ListIndex::ListIndex(const TrackedLedger& ledger) : list_number(ledger.list.number) {
    const std::vector<ledger::Buffer>& rows = ledger.snapshot.buffers;
    order = buffers_by_id(ledger);
    group.reserve(order.size());
    using Key = std::tuple<uint32_t, uint32_t, api::BufferKind>;  // allocator, its one device or kNone, kind
    std::map<Key, uint32_t> places;
    Key last;
    for (const uint32_t i : order) {
        const ledger::Buffer& row = rows[i];
        const Key key(row.allocator, row.device.value_or(ledger::kNone), ledger.holdings.buffer_kinds[i]);
        if (group.empty() || key != last) {
            const auto [place, is_new] = places.emplace(key, static_cast<uint32_t>(groups.size()));
            if (is_new) {
                groups.push_back({row.allocator, std::get<2>(key), i, 0, 0});
            }
            group.push_back(place->second);
            last = key;
        } else {
            group.push_back(group.back());
        }
        Group& of = groups[group.back()];
        ++of.rows;
        of.bytes += api::takes_bytes(of.kind) ? row.allocated_bytes() : 0;
    }
}

BufferPageMaker::BufferPageMaker(const api::Model& model, const BufferQuery& query) : model_(model), query_(query) {
    page_.model.time_ns = model.time_ns;
    page_.model.buffers_listed = true;
    for (const api::Device& from : model.devices) {
        page_.model.devices.emplace_back().id = from.id;
    }
    for (const api::Process& from : model.processes) {
        api::Process& process = page_.model.processes.emplace_back();
        process.pid = from.pid;
        process.uid = from.uid;
    }
}

bool BufferPageMaker::wants(api::ProcessIndex process) const {
    const std::optional<int>& pid = model_.processes[process].pid;
    return !query_.pid || (pid && *pid == *query_.pid);
}

bool BufferPageMaker::covers(uint64_t address, uint64_t bytes_per_bank) const {
    return !query_.address || (*query_.address >= address && *query_.address - address < bytes_per_bank);
}

void BufferPageMaker::add_ledger(const TrackedLedger& ledger, const ListIndex& index, api::ProcessIndex process,
                                 const std::vector<api::DeviceIndex>& places) {
    if (process >= model_.processes.size() || !wants(process)) {
        return;
    }
    std::vector<uint8_t> wanted;
    std::vector<uint64_t> devices;
    size_t matching = 0;
    uint64_t bytes = 0;
    for (const ListIndex::Group& group : index.groups) {
        const std::vector<api::DeviceIndex> of = row_devices_of(&ledger, places, group.row);
        const bool on_device = !query_.device || std::find(of.begin(), of.end(), *query_.device) != of.end();
        wanted.push_back(on_device && (!query_.kind || api::to_string(group.kind) == *query_.kind) ? 1 : 0);
        devices.push_back(of.size());
        if (wanted.back() != 0) {
            matching += group.rows;
            bytes += group.bytes * of.size();
        }
    }
    const size_t before = page_.matching;
    const bool counts_are_known = !query_.address;
    if (counts_are_known) {
        page_.matching += matching;
        page_.matching_allocated_bytes += bytes;
        const bool any_on_page = query_.limit > 0 && before + matching > query_.offset &&
                                 (before < query_.offset || before - query_.offset < query_.limit);
        if (!any_on_page) {
            return;
        }
    }
    const std::vector<ledger::Buffer>& rows = ledger.snapshot.buffers;
    const bool wants_all = counts_are_known && matching == index.order.size();
    const std::set<std::pair<uint32_t, uint64_t>> kept_by_programs = small_buffers_of_programs(ledger.snapshot);
    ModelContexts contexts(page_.model, process, ledger.names);
    size_t number = before;
    for (size_t i = wants_all && query_.offset > before ? query_.offset - before : 0; i < index.order.size(); ++i) {
        const ledger::Buffer& row = rows[index.order[i]];
        ++page_.looked_at;
        if (wanted[index.group[i]] == 0 || !covers(row.address, row.bytes_per_bank)) {
            continue;
        }
        number = wants_all ? before + i : number;
        if (!counts_are_known) {
            const ListIndex::Group& group = index.groups[index.group[i]];
            page_.matching_allocated_bytes +=
                (api::takes_bytes(group.kind) ? row.allocated_bytes() : 0) * devices[index.group[i]];
            ++page_.matching;
        }
        if (is_on_page(number)) {
            api::Buffer& buffer = page_.model.buffers.emplace_back();
            fill_buffer(ledger, row, index.groups[index.group[i]].kind, process, places, buffer);
            buffer.program_cache =
                row.account == ledger::kAccountL1Small && kept_by_programs.contains({row.allocator, row.address});
            buffer.context = contexts.context(row.context);
            buffer.tensor = contexts.tensor(row.tensor);
            if (counts_are_known && page_.model.buffers.size() == query_.limit) {
                return;
            }
        }
        ++number;
    }
}

void BufferPageMaker::add_model() {
    std::map<api::ContextIndex, api::ContextIndex> contexts;  // in the page's model, by place in the model
    std::map<api::TensorIndex, api::TensorIndex> tensors;
    const auto copied = []<typename Index>(std::optional<Index>& index, const auto& from, auto& to, auto& known) {
        if (index) {
            const auto [place, is_new] = known.emplace(*index, Index(to.size()));
            if (is_new) {
                to.push_back(from[*index]);
            }
            index = place->second;
        }
    };
    for (const api::Buffer& buffer : model_.buffers) {
        ++page_.looked_at;
        if (!wants(buffer.process) ||
            (query_.device &&
             std::find(buffer.devices.begin(), buffer.devices.end(), *query_.device) == buffer.devices.end()) ||
            (query_.kind && api::to_string(buffer.kind) != *query_.kind) ||
            !covers(buffer.address, buffer.bytes_per_bank)) {
            continue;
        }
        if (is_on_page(page_.matching)) {
            api::Buffer& row = page_.model.buffers.emplace_back(buffer);
            copied(row.context, model_.contexts, page_.model.contexts, contexts);
            copied(row.tensor, model_.tensors, page_.model.tensors, tensors);
        }
        page_.matching_allocated_bytes += buffer.allocated_bytes * buffer.devices.size();
        ++page_.matching;
    }
}

}  // namespace ttmem::inventory
