// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// For tests: whole models as JSON, all lists included, to keep what a real run looked like. (api/json.hpp writes what
// users are promised, which is less.)
#pragma once

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>

#include "model/model.hpp"

namespace nlohmann {

template <typename T>
struct adl_serializer<std::optional<T>> {
    static void to_json(json& to, const std::optional<T>& from) {
        if (from) {
            to = *from;
        } else {
            to = nullptr;
        }
    }
    static void from_json(const json& from, std::optional<T>& to) {
        if (from.is_null()) {
            to.reset();
        } else {
            to = from.get<T>();
        }
    }
};

template <>
struct adl_serializer<std::string_view> {
    static void to_json(json& to, const std::string_view& from) { to = std::string(from); }
    static void from_json(const json& from, std::string_view& to) {
        static std::set<std::string> kept;
        to = *kept.insert(from.get<std::string>()).first;
    }
};

template <typename T>
struct adl_serializer<ttmem::api::PerKind<T>> {
    static void to_json(json& to, const ttmem::api::PerKind<T>& from) { to = from.values; }
    static void from_json(const json& from, ttmem::api::PerKind<T>& to) { to.values = from.get<decltype(to.values)>(); }
};

}  // namespace nlohmann

namespace ttmem::api {

template <typename Thing>
void from_json(const nlohmann::json& from, Index<Thing>& to) {
    to = Index<Thing>(from.get<size_t>());
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(MemoryUse, physical_bytes, capacity_bytes, reserved_bytes,
                                                allocated_bytes, requested_bytes, peak_bytes, buffers, banks,
                                                largest_free_bytes_per_bank)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(CircularBufferUse, current_bytes, cached_union_bytes,
                                                programs_sum_bytes, scratchpad_bytes, high_water_bytes_per_core,
                                                headroom_bytes_per_core)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(KernelUse, loaded_bytes, application_bytes, fabric_bytes, dispatch_bytes,
                                   ring_capacity_bytes_per_core, ring_used_bytes_per_core)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Sensor, name, unit, state, value, text, age_ns, limit, min, max)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Telemetry, condition, card_type, asic_id, serial, numa_node, resets_seen, open_pids,
                                   hidden_opens, sensors)
// Device::l1 is left out: readers of the archive compute it again.
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Device, id, kmd_index, pci, unique_id, board_id, arch, board, mock, remote,
                                   dram_channels, l1_cores, live_processes, memory, preallocated_bytes,
                                   circular_buffers, kernels, telemetry)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Container, runtime, id)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(ProcessDevice, device, bytes, peak_bytes, buffers, circular_buffer_bytes,
                                   kernel_bytes)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Process, pid, pid_visible, uid, user, command, library, start_time_ns, created_ns,
                                   state, reason, source, container, parent_pid, ledger, devices, unlisted_buffers,
                                   lost_events, one_moment)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Banks, base_address, bank_bytes, banks, alignment)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Allocator, process, open, mesh, devices, banks)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Buffer, process, id, devices, allocator, mesh, kind, address, requested_bytes,
                                   allocated_bytes, bytes_per_bank, banks, page_bytes, layout, kernel_binaries, thread,
                                   allocated_at_ns)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Core, x, y)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(CoreRange, start, end)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Region, allocator, devices, l1, type, source, address, bytes, cores)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(CircularBuffer, id, address, bytes, dataflow, scratchpad, global,
                                                borrowed, alias, cores)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Kernel, id, name, packed_bytes, processor, type, core_type, cores)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Program, process, id, allocator, devices, type, buffers_known, loaded_ns,
                                   last_launch, operation, kernel_bytes, config_bytes, circular_buffers, kernels)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Failure, process, number, time_ns, type, kind, mesh, devices, operation,
                                   requested_bytes, bytes_per_bank, banks, largest_free_bytes_per_bank, allocated_bytes,
                                   program_id, program, buffer_id, end_address, buffer_address, cores)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Event, process, time_ns, type, kind, id, bytes, thread, devices)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Model, time_ns, devices, processes, allocators, buffers_listed, buffers,
                                   programs_listed, programs, regions, failures, events, events_missed, notices)

}  // namespace ttmem::api
