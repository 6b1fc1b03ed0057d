// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/l1_picture.hpp"

#include <algorithm>
#include <string>

#include "analysis/l1_analysis.hpp"
#include "model/core_bits.hpp"
#include "model/device_names.hpp"
#include "output/json_values.hpp"
#include "output/l1_json.hpp"

namespace ttmem::inventory {
namespace {

using api::Json;
using api::or_null;

constexpr size_t kHoles = 8;                     // between which walls are listed
constexpr uint64_t kPages[] = {2048, 1088, 32};  // a tile of bfloat16 and of bfloat8_b; a small row

Json buffer_json(const api::Model& model, const std::optional<api::BufferIndex>& index) {
    if (!index) {
        return nullptr;
    }
    const api::Buffer& buffer = model.buffers[*index];
    return Json{{"pid", or_null(model.processes[buffer.process].pid)},
                {"id", buffer.id},
                {"address", buffer.address},
                {"bytes_per_bank", buffer.bytes_per_bank}};
}

Json program_ref(const api::Model& model, const std::optional<api::ProgramIndex>& index) {
    if (!index) {
        return nullptr;
    }
    const api::Program& program = model.programs[*index];
    return Json{
        {"pid", or_null(model.processes[program.process].pid)}, {"id", program.id}, {"name", program_label(program)}};
}

// Each worker core with its use: in a bank, or the reason why it is in none.
Json worker_cores_json(L1Analysis& l1) {
    CoreBits bank;
    CoreBits dispatch;
    CoreBits unused;
    for (const auto& [core, reason] : l1.cores()) {
        (!reason                                 ? bank
         : *reason == api::RegionType::kDispatch ? dispatch
                                                 : unused)
            .add(core.x, core.y, core.x, core.y);
    }
    return Json{{"bank", api::cores_json(bank.ranges())},
                {"dispatch", api::cores_json(dispatch.ranges())},
                {"unused", api::cores_json(unused.ranges())}};
}

// Where buffers may lie on single cores: what is free of each.
Json free_on_cores_json(L1Analysis& l1) {
    Json groups = Json::array();
    for (const FreeOnCores& group : l1.free_on_cores()) {
        Json blocks = Json::array();
        for (const api::FreeBlock& block : group.blocks) {
            blocks.push_back(Json::array({block.address, block.bytes}));
        }
        groups.push_back(Json{{"cores", api::cores_json(group.cores)},
                              {"largest_bytes", largest(group.blocks)},
                              {"blocks", std::move(blocks)}});
    }
    return groups;
}

Json layout_json(const api::Model& model, const std::optional<api::Layout>& layout) {
    if (!layout) {
        return nullptr;
    }
    Json json = api::sums_json(layout->sums, layout->physical_bytes);
    json["core"] = layout->core ? Json{layout->core->x, layout->core->y} : Json(nullptr);
    json["in_bank"] = layout->in_bank;
    json["stretches"] = Json::array();
    for (const api::Stretch& stretch : layout->stretches) {
        const bool region = stretch.type == api::StretchType::kRegion;
        const bool of_bank = stretch.type == api::StretchType::kFree || stretch.type == api::StretchType::kBuffer;
        json["stretches"].push_back(Json{{"address", stretch.address},
                                         {"bytes", stretch.bytes},
                                         {"type", to_string(stretch.type)},
                                         {"region", region ? Json(to_string(stretch.region)) : Json(nullptr)},
                                         {"kind", of_bank ? Json(to_string(stretch.kind)) : Json(nullptr)},
                                         {"source", api::text_or_null(std::string(stretch.source))},
                                         {"buffer", buffer_json(model, stretch.buffer)},
                                         {"more_buffers", stretch.more_buffers}});
    }
    return json;
}

Json gauge_json(const api::Model& model, const api::ClashGauge& gauge, const std::optional<api::Core>& core) {
    Json json{{"known", gauge.known},
              {"base_address", or_null(gauge.base_address)},
              {"limit_address", or_null(gauge.lowest_address)},
              {"lowest_buffer", buffer_json(model, gauge.lowest_buffer)},
              {"clashes_ahead", Json::array()},
              {"cores", Json::array()}};
    for (const api::ClashAhead& clash : gauge.ahead) {
        json["clashes_ahead"].push_back(clash_ahead_json(clash, model));
    }
    for (const api::CoreGauge& each : gauge.cores) {
        if (!core || *core == each.core) {
            json["cores"].push_back(Json{{"x", each.core.x},
                                         {"y", each.core.y},
                                         {"current_end_address", or_null(each.current_end)},
                                         {"current_program", program_ref(model, each.current_program)},
                                         {"cached_end_address", or_null(each.cached_end)},
                                         {"cached_program", program_ref(model, each.cached_program)},
                                         {"headroom_bytes", each.headroom_bytes}});
        }
    }
    return json;
}

Json space_json(const api::Model& model, const api::FreeSpace& space) {
    Json json = api::space_json(space, model);
    json["top_down"] = space.top_down;
    json["blocks"] = Json::array();
    for (const api::FreeBlock& block : space.blocks) {
        json["blocks"].push_back({block.address, block.bytes});
    }
    json["fits"] = Json::array();
    for (const uint64_t page : kPages) {
        json["fits"].push_back(Json{{"page_bytes", page},
                                    {"interleaved_bytes", or_null(largest_interleaved(space, page))},
                                    {"sharded_bytes_per_core", or_null(largest_sharded(space, 1, page))}});
    }
    json["walls"] = Json::array();
    for (const api::Wall& wall : walls(model, space, kHoles)) {
        Json buffers = Json::array();
        for (const api::BufferIndex buffer : wall.buffers) {
            buffers.push_back(buffer_json(model, buffer));
        }
        json["walls"].push_back(Json{{"below", {wall.below.address, wall.below.bytes}},
                                     {"above", {wall.above.address, wall.above.bytes}},
                                     {"bytes_per_bank", wall.bytes},
                                     {"buffers", std::move(buffers)}});
    }
    return json;
}

}  // namespace

Json l1_device(const api::Model& model, api::DeviceIndex index) {
    const api::Device& device = model.devices[index];
    return Json{{"index", index},
                {"id", or_null(device.id)},
                {"pci", or_null(device.pci)},
                {"unique_id", api::hex_or_null(device.unique_id)},
                {"short_id", api::text_or_null(api::DeviceNames(model).short_id(index))},
                {"arch", api::text_or_null(device.arch)},
                {"board", api::text_or_null(device.board)},
                {"mock", device.mock},
                {"l1_cores", or_null(device.l1_cores)},
                {"l1_columns", or_null(device.l1_columns)},
                {"l1_banks", or_null(device.memory[api::MemoryKind::kL1].banks)},
                {"dram_banks", or_null(device.memory[api::MemoryKind::kDram].banks)}};
}

Json l1_cores(L1Analysis& l1) {
    return Json{{"worker_cores", worker_cores_json(l1)}, {"free_on_cores", free_on_cores_json(l1)}};
}

Json l1_gauge(L1Analysis& l1, const std::optional<api::Core>& core) {
    return Json{{"gauge", gauge_json(l1.model(), l1.gauge(), core)}};
}

Json l1_circular_buffers(const api::Model& model, api::DeviceIndex index) {
    const api::CircularBufferUse& use = model.devices[index].circular_buffers;
    return Json{{"circular_buffers", Json{{"current_bytes", or_null(use.current_bytes)},
                                          {"cached_union_bytes", or_null(use.cached_union_bytes)},
                                          {"programs_sum_bytes", or_null(use.programs_sum_bytes)},
                                          {"scratchpad_bytes", or_null(use.scratchpad_bytes)}}}};
}

Json l1_programs(L1Analysis& l1) {
    const api::Model& model = l1.model();
    const api::DeviceIndex index = l1.device();
    Json json;
    const bool known = model.programs_listed || !model.programs.empty();  // none are in a recording
    json["programs"] = known ? Json(Json::array()) : Json(nullptr);
    for (const api::Program& program : model.programs) {
        if (std::binary_search(program.devices.begin(), program.devices.end(), index)) {
            json["programs"].push_back(program_json(program, model));
        }
    }
    json["rings"] = known ? Json(Json::array()) : Json(nullptr);
    for (const api::ConfigRing& ring : model.config_rings) {
        const api::Allocator& allocator = model.allocators[ring.allocator];
        if (known && allocator.open && std::binary_search(allocator.devices.begin(), allocator.devices.end(), index)) {
            json["rings"].push_back(ring_json(ring, model));
        }
    }
    json["spaces"] = Json::array();
    for (const api::FreeSpace& space : l1.spaces()) {
        json["spaces"].push_back(space_json(model, space));
    }
    return json;
}

Json l1_failures(const api::Model& model, api::DeviceIndex index) {
    Json json;
    json["failures"] = Json::array();
    for (const api::Failure& failure : model.failures) {
        if (std::binary_search(failure.devices.begin(), failure.devices.end(), index)) {
            json["failures"].push_back(failure_json(failure, model));
        }
    }
    return json;
}

Json l1_picture(api::DeviceIndex index, L1Analysis& l1, const std::optional<api::Core>& core) {
    const api::Model& model = l1.model();
    Json json = l1_device(model, index);
    json.update(l1_cores(l1));
    json["l1"] = layout_json(model, core ? l1.l1_of(*core) : l1.l1());
    json["dram"] = layout_json(model, l1.dram());
    json.update(l1_gauge(l1, core));
    json.update(l1_circular_buffers(model, index));
    json.update(l1_programs(l1));
    json.update(l1_failures(model, index));
    return json;
}

Json holders_json(const std::vector<Holder>& holders, const api::Model& model) {
    Json rows = Json::array();
    for (const Holder& holder : holders) {
        rows.push_back({{"pid", or_null(model.processes[holder.process].pid)},
                        {"name", or_null(holder.name)},
                        {"buffers", holder.buffers},
                        {"allocated_bytes", holder.allocated_bytes},
                        {"device_bytes", holder.device_bytes}});
    }
    return rows;
}

Json observed_json(const ObservedPeaks& peaks, const api::Model& model) {
    Json processes = Json::array();
    for (api::ProcessIndex i{0}; i < model.processes.size(); ++i) {
        for (const api::ProcessDevice& use : model.processes[i].devices) {
            Json row{{"pid", or_null(model.processes[i].pid)},
                     {"index", use.device},
                     {"id", or_null(model.devices[use.device].id)}};
            for (const api::MemoryKind kind : api::kAllMemoryKinds) {
                const std::optional<ObservedPeak> peak = peaks.of(model, i, use.device, kind);
                const std::string name(to_string(kind));
                row[name + "_peak_bytes"] = peak ? Json(peak->bytes) : Json(nullptr);
                row[name + "_exact"] = peak ? Json(peak->exact) : Json(nullptr);
            }
            processes.push_back(std::move(row));
        }
    }
    return Json{{"since_ns", peaks.began_ns()}, {"until_ns", model.time_ns}, {"processes", std::move(processes)}};
}

}  // namespace ttmem::inventory
