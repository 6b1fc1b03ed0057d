// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A reader's snapshot of a ledger as JSON: for tests that compare it with another source.
#pragma once

#include <algorithm>
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

// Fields of 1.2 are left out where a ledger does not have them, so that a ledger of an older version reads as it did.
inline void add_unless(Json& json, const char* name, const Json& value, const Json& absent) {
    if (value != absent) {
        json[name] = value;
    }
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
    Json json{{"buffers", t.buffers},
              {"bytes", t.bytes},
              {"requested_bytes", t.requested_bytes},
              {"peak_bytes", t.peak_bytes},
              {"allocations", t.allocations},
              {"frees", t.frees},
              {"allocated_bytes", t.allocated_bytes},
              {"freed_bytes", t.freed_bytes},
              {"failures", t.failures}};
    add_unless(json, "largest_bytes_per_bank", t.largest_bytes_per_bank, 0u);
    return json;
}

inline Json to_json(const Watermarks& w) {
    return {or_null(w.highest_end),        or_null(w.lowest_address),        or_null(w.least_largest_free),
            or_null(w.recent_highest_end), or_null(w.recent_lowest_address), or_null(w.recent_least_largest_free)};
}

inline Json to_json(const std::optional<LeastHeadroom>& h) {
    return !h ? Json(nullptr)
              : Json{{"bytes", h->bytes},
                     {"context", h->context},
                     {"program_id", h->program_id},
                     {"buffer_id", or_null(h->buffer_id)},
                     {"end_address", h->end_address},
                     {"buffer_address", h->buffer_address},
                     {"time_ns", h->time_ns}};
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
    Json json{{"index", a.index},
              {"open", a.open},
              {"mesh_id", a.mesh_id},
              {"parent", or_null(a.parent)},
              {"generation", a.generation},
              {"devices", a.devices},
              {"geometry", geometry},
              {"opened_ns", a.opened_ns},
              {"closed_ns", or_null(a.closed_ns)},
              {"totals", totals}};
    add_unless(json, "hybrid", a.hybrid, false);
    add_unless(json, "live_traces", a.live_traces, 0u);
    Json watermarks = Json::object();
    for (uint32_t account = 0; account < kAccounts; ++account) {
        add_unless(watermarks, std::to_string(account).c_str(), to_json(a.watermarks[account]), to_json(Watermarks{}));
    }
    add_unless(json, "watermarks", watermarks, Json::object());
    add_unless(json, "least_headroom", to_json(a.least_headroom), nullptr);
    add_unless(json, "recent_least_headroom", to_json(a.recent_least_headroom), nullptr);
    return json;
}

inline Json to_json(const Buffer& b) {
    Json json{{"slot", b.slot},
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
    add_unless(json, "scope", b.scope, b.context < kFirstContext ? b.context : 0);
    add_unless(json, "tensor", b.tensor, 0u);
    add_unless(json, "label", b.label, 0u);
    add_unless(json, "used_banks", b.used_banks, 0u);
    add_unless(json, "core_set", b.core_set, kNone);
    add_unless(json, "placement", b.placement, kNone);
    add_unless(json, "placements", b.placements, 0u);
    return json;
}

inline Json to_json(const Event& e) {
    Json json{{"time_ns", e.time_ns},
              {"id", e.id},
              {"bytes", e.bytes},
              {"thread", e.thread},
              {"allocator", or_null(e.allocator)},
              {"type", e.type},
              {"account", e.account}};
    add_unless(json, "address", e.address, 0u);
    add_unless(json, "requested_bytes", e.requested_bytes, 0u);
    add_unless(json, "context", e.context, 0u);
    add_unless(json, "tensor", e.tensor, 0u);
    add_unless(json, "page_bytes", e.page_bytes, 0u);
    add_unless(json, "form", e.form, 0u);
    return json;
}

inline Json to_json(const Failure& f) {
    Json json{{"number", f.number},
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
    add_unless(json, "region_kind", f.region_kind, 0u);
    add_unless(json, "scratchpad_bytes", f.scratchpad_bytes, 0u);
    add_unless(json, "tensor", f.tensor, 0u);
    add_unless(json, "exception", f.exception, 0u);
    add_unless(json, "handled", f.handled, false);
    add_unless(json, "sub_device", f.sub_device, 0u);
    add_unless(json, "events", f.events, 0u);
    add_unless(json, "limit_bytes", or_null(f.limit_bytes), nullptr);
    add_unless(json, "available_bytes", or_null(f.available_bytes), nullptr);
    add_unless(json, "wanted_bytes_per_core", or_null(f.wanted_bytes_per_core), nullptr);
    add_unless(json, "picture", or_null(f.picture), nullptr);
    return json;
}

inline Json to_json(const CircularBuffer& c) {
    Json json{
        {"id", c.id}, {"address", c.address}, {"bytes", c.bytes}, {"flags", c.flags}, {"cores", to_json(c.cores)}};
    add_unless(json, "index_mask", c.index_mask, 0u);
    add_unless(json, "data_format", or_null(c.data_format), nullptr);
    return json;
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
    Json json{{"id", p.id},
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
    add_unless(json, "scratchpad_bytes", p.scratchpad_bytes, 0u);
    return json;
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
    const bool wide = std::any_of(s.lost.begin() + kLostCauses11, s.lost.end(), [](uint64_t n) { return n != 0; });
    Json json{{"identity", to_json(s.identity)},
              {"exited", s.exited},
              {"times_known", s.times_known},
              {"one_moment", s.one_moment},
              {"lost", std::vector<uint64_t>(s.lost.begin(), wide ? s.lost.end() : s.lost.begin() + kLostCauses11)},
              {"events", s.events},
              {"unlisted_buffers", s.unlisted_buffers},
              {"devices", list_of(s.devices)},
              {"allocators", list_of(s.allocators)},
              {"buffers", list_of(s.buffers)},
              {"failures", list_of(s.failures)},
              {"programs", list_of(s.programs)},
              {"config_rings", list_of(s.config_rings)},
              {"regions", list_of(s.regions)}};
    add_unless(json, "late_ns", or_null(s.late_ns), nullptr);
    add_unless(json, "features", s.features, 0u);
    add_unless(json, "stack_state", s.stack_state, 0u);
    add_unless(json, "stack_frames", s.stack_frames, 0u);
    add_unless(json, "pictures", s.pictures, 0u);
    add_unless(json, "steps", s.steps, 0u);
    Json sets = Json::object();
    for (const auto& [key, cores] : s.core_sets) {
        sets[std::to_string(key)] = to_json(cores);
    }
    add_unless(json, "core_sets", sets, Json::object());
    Json addresses = Json::array();
    for (const CoreAddress& a : s.core_addresses) {
        addresses.push_back({a.device, a.x, a.y, a.address});
    }
    add_unless(json, "core_addresses", addresses, Json::array());
    return json;
}

inline Json to_json(const TensorFacts& t) {
    Json json{{"data_type", or_null(t.data_type)},
              {"layout", or_null(t.layout)},
              {"memory_layout", or_null(t.memory_layout)},
              {"buffer_type", or_null(t.buffer_type)},
              {"shard_column_major", t.shard_column_major},
              {"shape", t.shape},
              {"padded_shape", t.padded_shape},
              {"shard_shape", t.shard_shape}};
    add_unless(json, "distribution_shape", t.distribution_shape, Json::array());
    add_unless(json, "divided", t.divided, Json::array());
    return json;
}

inline Json to_json(const Sidecar& s) {
    Json json{{"command_line", s.command_line},
              {"operations", s.operations},
              {"stacks", s.stacks},
              {"kernel_names", s.kernel_names}};
    add_unless(json, "texts", s.texts, Json::array());
    add_unless(json, "labels", s.labels, Json::array());
    add_unless(json, "exceptions", s.exceptions, Json::array());
    for (const auto& [number, records] : s.holders) {
        Json all = Json::array();
        for (const HolderRecord& record : records) {
            all.push_back({record.context, record.buffers, record.bytes});
        }
        json["holders"].push_back({number, all});
    }
    for (const auto& [id, f] : s.frames) {
        json["frames"].push_back({id, f.file, f.function, f.line, f.operation});
    }
    for (const auto& [id, n] : s.stack_nodes) {
        json["stack_nodes"].push_back({id, n.frame, n.caller});
    }
    for (const auto& [id, c] : s.contexts) {
        json["contexts"].push_back({id, c.scope, c.operation, c.stack, c.flags});
    }
    for (const auto& [id, t] : s.tensors) {
        json["tensors"].push_back({id, to_json(t)});
    }
    return json;
}

}  // namespace ttmem::ledger
