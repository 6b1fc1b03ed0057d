// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// What a reader found in a ledger, as JSON: for tests that compare it with what something else says.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "ledger/read/reader.hpp"

namespace ttmem::ledger {

using Json = nlohmann::json;

template <typename T>
Json or_null(const std::optional<T>& value) {
    return value.has_value() ? Json(*value) : Json(nullptr);
}

inline Json to_json(const std::vector<CoreRange>& cores) {
    Json list = Json::array();
    for (const CoreRange& range : cores) {
        list.push_back({range.start_x, range.start_y, range.end_x, range.end_y});
    }
    return list;
}

inline Json to_json(const Identity& i) {
    return {{"pid", i.pid},
            {"uid", i.uid},
            {"start_time_ticks", i.start_time_ticks},
            {"start_time_ns", i.start_time_ns},
            {"created_ns", i.created_ns},
            {"pid_namespace", i.pid_namespace},
            {"nonce", i.nonce},
            {"boot_id", i.boot_id},
            {"command", i.command},
            {"library", i.library}};
}

inline Json to_json(const Device& d) {
    Json json{{"logical_id", d.logical_id},
              {"mock", d.mock},
              {"remote", d.remote},
              {"unique_id", or_null(d.unique_id)},
              {"board_id", or_null(d.board_id)},
              {"arch", d.arch},
              {"board", d.board},
              {"pci", d.pci},
              {"dram_channels", or_null(d.dram_channels)},
              {"dram_channel_bytes", d.dram_channel_bytes},
              {"l1_cores", or_null(d.l1_cores)},
              {"l1_core_bytes", d.l1_core_bytes}};
    if (d.l1_columns) {
        json["l1_columns"] = *d.l1_columns;  // since 1.1
    }
    return json;
}

inline Json to_json(const AccountTotals& t) {
    return {{"buffers", t.buffers},
            {"bytes", t.bytes},
            {"requested_bytes", t.requested_bytes},
            {"peak_bytes", t.peak_bytes},
            {"allocations", t.allocations},
            {"frees", t.frees},
            {"allocated_bytes", t.allocated_bytes},
            {"freed_bytes", t.freed_bytes},
            {"failures", t.failures}};
}

inline Json to_json(const Allocator& a) {
    Json geometry = Json::array();
    for (const BankGeometry& g : a.geometry) {
        geometry.push_back({g.bank_bytes, g.base_address, g.banks, g.alignment});
    }
    Json totals = Json::object();  // accounts in which nothing ever happened are left out
    for (uint32_t account = 0; account < kAccounts; ++account) {
        if (to_json(a.totals[account]) != to_json(AccountTotals{})) {
            totals[std::to_string(account)] = to_json(a.totals[account]);
        }
    }
    return {{"index", a.index},
            {"open", a.open},
            {"mesh_id", a.mesh_id},
            {"parent", or_null(a.parent)},
            {"generation", a.generation},
            {"devices", a.devices},
            {"geometry", geometry},
            {"opened_ns", a.opened_ns},
            {"closed_ns", or_null(a.closed_ns)},
            {"totals", totals}};
}

inline Json to_json(const Buffer& b) {
    return {{"slot", b.slot},
            {"id", b.id},
            {"address", b.address},
            {"requested_bytes", b.requested_bytes},
            {"bytes_per_bank", b.bytes_per_bank},
            {"banks", b.banks},
            {"page_bytes", b.page_bytes},
            {"thread", b.thread},
            {"allocator", b.allocator},
            {"device", or_null(b.device)},
            {"account", b.account},
            {"type", b.type},
            {"layout", b.layout},
            {"flags", b.flags},
            {"context", b.context},
            {"allocated_at_ns", b.allocated_at_ns}};
}

inline Json to_json(const Event& e) {
    return {{"time_ns", e.time_ns},
            {"id", e.id},
            {"bytes", e.bytes},
            {"thread", e.thread},
            {"allocator", or_null(e.allocator)},
            {"type", e.type},
            {"account", e.account}};
}

inline Json to_json(const Failure& f) {
    return {{"number", f.number},
            {"time_ns", f.time_ns},
            {"type", f.type},
            {"thread", f.thread},
            {"allocator", or_null(f.allocator)},
            {"account", f.account},
            {"layout", f.layout},
            {"banks", f.banks},
            {"requested_bytes", f.requested_bytes},
            {"bytes_per_bank", f.bytes_per_bank},
            {"largest_free_per_bank", or_null(f.largest_free_per_bank)},
            {"allocated_bytes", f.allocated_bytes},
            {"program_id", f.program_id},
            {"buffer_id", f.buffer_id},
            {"end_address", f.end_address},
            {"buffer_address", f.buffer_address},
            {"kernels", f.kernels},
            {"cores", to_json(f.cores)},
            {"context", f.context}};
}

inline Json to_json(const CircularBuffer& c) {
    return {{"id", c.id}, {"address", c.address}, {"bytes", c.bytes}, {"flags", c.flags}, {"cores", to_json(c.cores)}};
}

inline Json to_json(const Kernel& k) {
    return {{"id", k.id},     {"name", k.name},           {"packed_bytes", k.packed_bytes}, {"processor", k.processor},
            {"type", k.type}, {"core_type", k.core_type}, {"cores", to_json(k.cores)}};
}

inline Json to_json(const Program& p);
inline Json to_json(const ConfigRing& c);
inline Json to_json(const Region& r);

template <typename T>
Json list_of(const std::vector<T>& values) {
    Json list = Json::array();
    for (const T& value : values) {
        list.push_back(to_json(value));
    }
    return list;
}

inline Json to_json(const Program& p) {
    return {{"id", p.id},
            {"allocator", or_null(p.allocator)},
            {"type", p.type},
            {"flags", p.flags},
            {"loaded_ns", p.loaded_ns},
            {"last_launch", p.last_launch},
            {"devices", p.devices},
            {"circular_buffer_bytes", p.circular_buffer_bytes},
            {"kernel_bytes", p.kernel_bytes},
            {"config_bytes", or_null(p.config_bytes)},
            {"context", p.context},
            {"circular_buffers", list_of(p.circular_buffers)},
            {"kernels", list_of(p.kernels)}};
}

inline Json to_json(const ConfigRing& c) {
    return {{"allocator", or_null(c.allocator)},
            {"sub_device", c.sub_device},
            {"core_type", c.core_type},
            {"trace", c.trace},
            {"programs", c.programs},
            {"base_address", c.base_address},
            {"capacity_bytes", c.capacity_bytes},
            {"used_bytes", c.used_bytes},
            {"evictions", c.evictions}};
}

inline Json to_json(const Region& r) {
    return {{"allocator", or_null(r.allocator)},
            {"buffer_type", r.buffer_type},
            {"type", r.type},
            {"source", r.source},
            {"address", r.address},
            {"bytes", r.bytes},
            {"device", or_null(r.device)},
            {"cores", to_json(r.cores)}};
}

inline Json to_json(const Snapshot& s) {
    return {{"identity", to_json(s.identity)},
            {"exited", s.exited},
            {"times_known", s.times_known},
            {"one_moment", s.one_moment},
            {"lost", s.lost},
            {"events", s.events},
            {"unlisted_buffers", s.unlisted_buffers},
            {"devices", list_of(s.devices)},
            {"allocators", list_of(s.allocators)},
            {"buffers", list_of(s.buffers)},
            {"failures", list_of(s.failures)},
            {"programs", list_of(s.programs)},
            {"config_rings", list_of(s.config_rings)},
            {"regions", list_of(s.regions)}};
}

inline Json to_json(const Sidecar& s) {
    return {{"command_line", s.command_line},
            {"operations", s.operations},
            {"stacks", s.stacks},
            {"kernel_names", s.kernel_names}};
}

}  // namespace ttmem::ledger
