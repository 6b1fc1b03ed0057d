// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/l1_json.hpp"

#include <algorithm>
#include <bit>

#include "output/json_values.hpp"

namespace ttmem::api {
namespace {

Json pid_of(const Model& model, ProcessIndex process) {
    return process < model.processes.size() ? or_null(model.processes[process].pid) : Json(nullptr);
}

// Owner of an allocator: process and mesh.
Json owner(const Model& model, const std::optional<AllocatorIndex>& allocator) {
    if (!allocator || *allocator >= model.allocators.size()) {
        return Json{{"pid", nullptr}, {"mesh", nullptr}};
    }
    const Allocator& known = model.allocators[*allocator];
    return Json{{"pid", pid_of(model, known.process)}, {"mesh", or_null(known.mesh)}};
}

Json device_ids(const Model& model, const std::vector<DeviceIndex>& devices) {
    Json ids = Json::array();
    for (const DeviceIndex device : devices) {
        ids.push_back(or_null(model.devices[device].id));
    }
    return ids;
}

bool stands_on(const std::vector<DeviceIndex>& devices, DeviceIndex device) {
    return std::binary_search(devices.begin(), devices.end(), device);
}

bool is_open(const Model& model, AllocatorIndex allocator, DeviceIndex device) {
    return model.allocators[allocator].open && stands_on(model.allocators[allocator].devices, device);
}

Json names_of(const Program& program) {
    Json names = Json::array();
    for (const Kernel& kernel : program.kernels) {
        if (!kernel.name.empty() && std::find(names.begin(), names.end(), kernel.name) == names.end()) {
            names.push_back(kernel.name);
        }
    }
    return names;
}

Json circular_buffer_json(const CircularBuffer& buffer) {
    Json indices = Json::array();
    for (uint64_t rest = buffer.index_mask; rest != 0; rest &= rest - 1) {
        indices.push_back(std::countr_zero(rest));
    }
    return Json{{"id", buffer.id},
                {"indices", std::move(indices)},
                {"data_format", buffer.data_format ? Json(data_format_name(*buffer.data_format)) : Json(nullptr)},
                {"address", buffer.address},
                {"bytes_per_core", buffer.bytes},
                {"dataflow", buffer.dataflow},
                {"scratchpad", buffer.scratchpad},
                {"global", buffer.global},
                {"borrowed", buffer.borrowed},
                {"alias", buffer.alias},
                {"cores", cores_json(buffer.cores)}};
}

Json kernel_json(const Kernel& kernel) {
    return Json{{"name", text_or_null(kernel.name)},
                {"processor", to_string(kernel.processor)},
                {"type", to_string(kernel.type)},
                {"core_type", to_string(kernel.core_type)},
                {"bytes_per_core", or_null(kernel.packed_bytes)},
                {"cores", cores_json(kernel.cores)}};
}

}  // namespace

Json cores_json(const CoreSet& cores) {
    Json ranges = Json::array();
    for (const CoreRange& range : cores) {
        ranges.push_back({range.start.x, range.start.y, range.end.x, range.end.y});
    }
    return ranges;
}

Json sums_json(const LayoutSums& sums, const Bytes& physical_bytes) {
    if (!physical_bytes) {
        return nullptr;
    }
    return Json{{"physical_bytes", *physical_bytes},           {"region_bytes", sums.region_bytes},
                {"buffer_bytes", sums.buffer_bytes},           {"free_bytes", sums.free_bytes},
                {"unexplained_bytes", sums.unexplained_bytes}, {"contested_bytes", sums.contested_bytes}};
}

Json space_json(const FreeSpace& space, const Model& model) {
    Json json = owner(model, space.allocator);
    json["kind"] = to_string(space.kind);
    json["banks"] = space.banks.banks;
    json["base_address"] = space.banks.base_address;
    json["bank_bytes"] = space.banks.bank_bytes;
    json["alignment"] = space.banks.alignment;
    json["allocated_bytes_per_bank"] = space.allocated_bytes_per_bank;
    json["free_bytes_per_bank"] = space.free_bytes_per_bank;
    json["largest_free_bytes_per_bank"] = space.largest_bytes_per_bank;
    json["free_blocks"] = space.block_count;
    return json;
}

Json ring_json(const ConfigRing& ring, const Model& model) {
    Json json = owner(model, ring.allocator);
    json["sub_device"] = ring.sub_device;
    json["core_type"] = to_string(ring.core_type);
    json["trace"] = ring.trace;
    json["launches"] = ring.launches;
    json["base_address"] = ring.base_address;
    json["capacity_bytes_per_core"] = ring.capacity_bytes;
    json["used_bytes_per_core"] = ring.used_bytes;
    json["evictions"] = ring.evictions;
    return json;
}

Json region_json(const Region& region, const Model& model) {
    Json json = owner(model, region.allocator);
    json["memory"] = region.l1 ? "l1" : "dram";
    json["type"] = to_string(region.type);
    json["source"] = text_or_null(std::string(region.source));
    json["address"] = region.address;
    json["bytes"] = region.bytes;
    json["cores"] = region.cores.empty() ? Json(nullptr) : cores_json(region.cores);
    return json;
}

Json clash_ahead_json(const ClashAhead& clash, const Model& model) {
    const Program& program = model.programs[clash.program];
    Json json = owner(model, program.allocator);
    json["program"] = program.id;
    json["operation"] = text_or_null(program.operation);
    json["kernels"] = names_of(program);
    json["cores"] = cores_json(clash.cores);
    json["end_address"] = clash.end_address;
    json["buffer"] = clash.buffer ? Json(model.buffers[*clash.buffer].id) : Json(nullptr);
    json["buffer_address"] = clash.buffer_address;
    json["missing_bytes"] = clash.missing_bytes;
    json["state"] = clash.refused ? "cannot_be_launched_now" : "would_overwrite";
    json["refused"] = clash.refused;
    return json;
}

Json program_json(const Program& program, const Model& model) {
    Json json = owner(model, program.allocator);
    json["pid"] = pid_of(model, program.process);
    json["id"] = program.id;
    json["type"] = to_string(program.type);
    json["operation"] = text_or_null(program.operation);
    json["scope"] = scope_or_null(program.context, model);
    json["stack"] = stack_or_null(program.context, model);
    json["loaded_ns"] = program.loaded_ns;
    json["last_launch"] = program.last_launch > 0 ? Json(program.last_launch) : Json(nullptr);
    json["buffers_known"] = program.buffers_known;
    json["kernel_bytes"] = or_null(program.kernel_bytes);
    json["config_bytes_per_core"] = or_null(program.config_bytes);
    json["circular_buffers"] = Json::array();
    for (const CircularBuffer& buffer : program.circular_buffers) {
        json["circular_buffers"].push_back(circular_buffer_json(buffer));
    }
    json["kernels"] = Json::array();
    for (const Kernel& kernel : program.kernels) {
        json["kernels"].push_back(kernel_json(kernel));
    }
    return json;
}

Json failure_json(const Failure& failure, const Model& model) {
    Json json{{"pid", pid_of(model, failure.process)},
              {"number", failure.number},
              {"time_ns", failure.time_ns},
              {"type", to_string(failure.type)},
              {"mesh", or_null(failure.mesh)},
              {"devices", device_ids(model, failure.devices)},
              {"operation", text_or_null(failure.operation)},
              {"scope", scope_or_null(failure.context, model)},
              {"stack", stack_or_null(failure.context, model)}};
    json["exception"] = text_or_null(failure.exception);
    json["handled"] = or_null(failure.handled);
    json["limit_bytes"] = or_null(failure.limit_bytes);
    if (failure.type == FailureType::kConfigRing || failure.type == FailureType::kTraceRegion) {
        json["wanted_bytes"] = failure.end_address;
        json["missing_bytes"] = or_null(failure.missing_bytes());
    } else if (failure.type != FailureType::kOutOfMemory) {
        json["program"] = failure.program_id;
        json["program_name"] = text_or_null(failure.program);
        json["cores"] = cores_json(failure.cores);
        json["end_address"] = failure.end_address;
        json["buffer"] = or_null(failure.buffer_id);
        json["buffer_address"] = failure.type == FailureType::kClash ? Json(failure.buffer_address) : Json(nullptr);
        json["missing_bytes"] = or_null(failure.missing_bytes());
    } else {
        json["kind"] = failure.kind ? Json(to_string(*failure.kind)) : Json(nullptr);
        json["requested_bytes"] = failure.requested_bytes;
        // Without a number of banks (a moment of a recording) the request's bytes alone are known.
        const bool known = failure.banks != 0;
        json["bytes_per_bank"] = known ? Json(failure.bytes_per_bank) : Json(nullptr);
        json["banks"] = known ? Json(failure.banks) : Json(nullptr);
        json["largest_free_bytes_per_bank"] = or_null(failure.largest_free_bytes_per_bank);
        json["allocated_bytes"] = known ? Json(failure.allocated_bytes) : Json(nullptr);
        json["free_bytes_per_bank"] = or_null(failure.available_bytes);
    }
    return json;
}

void add_l1_summary(Json& memory, const Model& model, DeviceIndex device) {
    const std::optional<L1Summary>& summary = model.devices[device].l1;
    if (!summary) {
        return;
    }
    memory["circular_buffers"]["base_address"] = or_null(summary->gauge.base_address);
    memory["circular_buffers"]["limit_address"] = or_null(summary->gauge.lowest_address);
    memory["circular_buffers"]["clashes_ahead"] = Json::array();
    for (const ClashAhead& clash : summary->gauge.ahead) {
        memory["circular_buffers"]["clashes_ahead"].push_back(clash_ahead_json(clash, model));
    }
    memory["kernels"]["rings"] = Json::array();
    for (const ConfigRing& ring : model.config_rings) {
        if (is_open(model, ring.allocator, device)) {
            memory["kernels"]["rings"].push_back(ring_json(ring, model));
        }
    }
    memory["regions"] = Json::array();
    for (const Region& region : model.regions) {
        if (is_open(model, region.allocator, device) && stands_on(region.devices, device)) {
            memory["regions"].push_back(region_json(region, model));
        }
    }
    memory["layout"] = Json{{"l1_core", sums_json(summary->l1, summary->l1_core_bytes)},
                            {"dram_bank", sums_json(summary->dram, summary->dram_bank_bytes)}};
    memory["spaces"] = Json::array();
    for (const FreeSpace& space : summary->spaces) {
        memory["spaces"].push_back(space_json(space, model));
    }
}

}  // namespace ttmem::api
