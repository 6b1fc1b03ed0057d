// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/json.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "model/device_names.hpp"
#include "output/buffer_json.hpp"
#include "output/figures.hpp"
#include "output/json_row.hpp"
#include "output/json_values.hpp"
#include "output/l1_json.hpp"

namespace ttmem::api {
namespace {

Json least_headroom_or_null(const std::optional<LeastHeadroom>& least) {
    return least ? Json{{"bytes_per_core", least->bytes},
                        {"pid", or_null(least->pid)},
                        {"operation", text_or_null(least->operation)},
                        {"program", least->program_id},
                        {"buffer", or_null(least->buffer_id)},
                        {"end_address", least->end_address},
                        {"buffer_address", least->buffer_address},
                        {"time_ns", least->time_ns}}
                 : Json(nullptr);
}

template <typename Whole, size_t kCount>
Json figures_json(const std::array<output::Figure<Whole>, kCount>& figures, const Whole& whole) {
    Json all = Json::object();
    for (const output::Figure<Whole>& figure : figures) {
        if (figure.json != nullptr) {
            all[figure.json] = or_null(figure.get(whole));
        }
    }
    return all;
}

Json device_memory(const Device& device) {
    Json memory = Json::object();
    for (const MemoryKind kind : kAllMemoryKinds) {
        memory[std::string(to_string(kind))] = figures_json(output::kMemoryFigures, device.memory[kind]);
    }
    memory.update(figures_json(output::kDeviceFigures, device));
    memory["circular_buffers"] = figures_json(output::kCircularBufferFigures, device.circular_buffers);
    memory["circular_buffers"]["least_headroom"] = least_headroom_or_null(device.least_headroom);
    memory["kernels"] = figures_json(output::kKernelFigures, device.kernels);
    return memory;
}

Json telemetry_json(const Telemetry& telemetry) {
    Json sensors = Json::object();
    for (const Sensor& sensor : telemetry.sensors) {
        Json one{{"state", sensor.state},
                 {"value", sensor.text ? Json(*sensor.text) : or_null(sensor.value)},
                 {"unit", text_or_null(sensor.unit)},
                 {"age_ns", or_null(sensor.age_ns)},
                 {"limit", or_null(sensor.limit)},
                 {"min", or_null(sensor.min)},
                 {"max", or_null(sensor.max)}};
        sensors[sensor.name] = std::move(one);
    }
    return Json{{"condition", telemetry.condition},
                {"card_type", or_null(telemetry.card_type)},
                {"asic_id", hex_or_null(telemetry.asic_id)},
                {"serial", hex_or_null(telemetry.serial)},
                {"numa_node", or_null(telemetry.numa_node)},
                {"resets_seen", telemetry.resets_seen},
                {"open_pids", or_null(telemetry.open_pids)},
                {"hidden_opens", or_null(telemetry.hidden_opens)},
                {"sensors", std::move(sensors)}};
}

Json device_json(const Model& model, const DeviceNames& names, DeviceIndex index) {
    const Device& device = model.devices[index];
    Json memory = device_memory(device);
    add_l1_summary(memory, model, index);
    Json sources = Json::array();
    for (const Source source : device.sources) {
        sources.push_back(to_string(source));
    }
    return Json{{"index", index},
                {"id", or_null(device.id)},
                {"kmd_index", or_null(device.kmd_index)},
                {"pci", or_null(device.pci)},
                {"unique_id", hex_or_null(device.unique_id)},
                {"short_id", text_or_null(names.short_id(index))},
                {"board_id", hex_or_null(device.board_id)},
                {"arch", text_or_null(device.arch)},
                {"board", text_or_null(device.board)},
                {"mock", device.mock},
                {"remote", device.remote},
                {"sources", std::move(sources)},
                {"live_processes", device.live_processes},
                {"memory", std::move(memory)},
                {"telemetry", device.telemetry ? telemetry_json(*device.telemetry) : Json(nullptr)}};
}

Json host_or_null(const std::optional<HostMemory>& host) {
    return host ? Json{{"rss_bytes", or_null(host->rss_bytes)},
                       {"locked_bytes", or_null(host->locked_bytes)},
                       {"pinned_bytes", or_null(host->pinned_bytes)},
                       {"huge_bytes", or_null(host->huge_bytes)}}
                : Json(nullptr);
}

Json process_json(const Process& process, const Model& model) {
    Json devices = Json::array();
    for (const ProcessDevice& use : process.devices) {
        Json held{{"index", use.device}, {"id", or_null(model.devices[use.device].id)}};
        for (const output::Figure<output::Holding>& figure : output::kHoldingFigures) {
            for (const MemoryKind kind : kAllMemoryKinds) {
                if (figure.json != nullptr) {
                    held[std::string(to_string(kind)) + figure.json] = or_null(figure.get(output::Holding{use, kind}));
                }
            }
        }
        held.update(figures_json(output::kProcessDeviceFigures, use));
        devices.push_back(std::move(held));
    }
    return Json{{"pid", or_null(process.pid)},
                {"pid_visible", process.pid_visible},
                {"start_time_ns", or_null(process.start_time_ns)},
                {"tracked_since_ns", or_null(process.tracked_since_ns)},
                {"user", text_or_null(process.user)},
                {"name", text_or_null(process.name)},
                {"command", text_or_null(process.command)},
                {"library", text_or_null(process.library)},
                {"state", to_string(process.state)},
                {"reason", text_or_null(process.reason)},
                {"source", to_string(process.source)},
                {"container", container_or_null(process.container)},
                {"host", host_or_null(process.host)},
                {"ledger", text_or_null(process.ledger)},
                {"unlisted_buffers", process.unlisted_buffers},
                {"lost_events", process.lost_events},
                {"steps", or_null(process.steps)},
                {"one_moment", process.one_moment},
                {"devices", std::move(devices)}};
}

struct Places {
    Json ids = Json::array();
    Json indexes = Json::array();
};

Places places_of(const std::vector<DeviceIndex>& devices, const Model& model) {
    Places places;
    for (const DeviceIndex device : devices) {
        places.ids.push_back(or_null(model.devices[device].id));
        places.indexes.push_back(device);
    }
    return places;
}

}  // namespace

Json scope_or_null(std::optional<ContextIndex> context, const Model& model) {
    return context ? text_or_null(model.contexts[*context].scope) : Json(nullptr);
}

Json operation_or_null(std::optional<ContextIndex> context, const Model& model) {
    return context ? text_or_null(model.contexts[*context].operation) : Json(nullptr);
}

Json stack_or_null(std::optional<ContextIndex> context, const Model& model) {
    return context ? stack_or_null(model.contexts[*context]) : Json(nullptr);
}

Json stack_or_null(const Context& context) {
    if (context.stack.empty()) {
        return nullptr;
    }
    Json stack = Json::array();
    for (const Frame& frame : context.stack) {
        stack.push_back({{"file", text_or_null(frame.file)},
                         {"line", frame.line == 0 ? Json(nullptr) : Json(frame.line)},
                         {"function", text_or_null(frame.function)}});
        if (!frame.operation.empty()) {
            stack.back()["operation"] = frame.operation;
        }
    }
    return stack;
}

// The tensor's dimension for each of the distribution's, null where it is replicated.
static Json divided_json(const Tensor& tensor) {
    if (tensor.distribution_shape.empty()) {
        return nullptr;
    }
    Json all = Json::array();
    for (const int32_t dimension : tensor.divided) {
        all.push_back(dimension == Tensor::kReplicated ? Json(nullptr) : Json(dimension));
    }
    return all;
}

Json tensor_json(const Tensor& tensor) {
    return {{"shape", tensor.shape},
            {"padded_shape", tensor.padded_shape.empty() ? Json(nullptr) : Json(tensor.padded_shape)},
            {"dtype", text_or_null(tensor.data_type)},
            {"layout", text_or_null(tensor.layout)},
            {"memory_layout", text_or_null(tensor.memory_layout)},
            {"shard_shape", tensor.shard_shape.empty() ? Json(nullptr) : Json(tensor.shard_shape)},
            {"shard_orientation", text_or_null(tensor.shard_orientation)},
            {"distribution_shape", tensor.distribution_shape.empty() ? Json(nullptr) : Json(tensor.distribution_shape)},
            {"sharded_along", divided_json(tensor)}};
}

Json addresses_json(const Buffer& buffer) {
    if (buffer.addresses.empty()) {
        return nullptr;
    }
    Json all = Json::array();
    for (const AddressOnCore& each : buffer.addresses) {
        all.push_back(Json::array({each.core.x, each.core.y, each.address}));
    }
    return all;
}

nlohmann::ordered_json to_json(const Buffer& buffer, const Model& model) {
    Places places = places_of(buffer.devices, model);
    return Json{{"pid", or_null(model.processes[buffer.process].pid)},
                {"id", buffer.id},
                {"devices", std::move(places.ids)},
                {"device_indexes", std::move(places.indexes)},
                {"mesh", or_null(buffer.mesh)},
                {"kind", to_string(buffer.kind)},
                {"view_of", buffer.view_of ? Json(to_string(*buffer.view_of)) : Json(nullptr)},
                {"address", buffer.address},
                {"requested_bytes", buffer.requested_bytes},
                {"allocated_bytes", buffer.allocated_bytes},
                {"bytes_per_bank", buffer.bytes_per_bank},
                {"banks", buffer.banks},
                {"page_bytes", or_null(buffer.page_bytes)},
                {"layout", text_or_null(std::string(buffer.layout))},
                {"kernel_binaries", buffer.kernel_binaries},
                {"program_cache", buffer.program_cache},
                {"while_traced", buffer.while_traced},
                {"thread", buffer.thread},
                {"allocated_at_ns", buffer.allocated_at_ns},
                {"region", buffer.region ? Json(*buffer.region) : Json(nullptr)},
                {"scope", scope_or_null(buffer.context, model)},
                {"operation", operation_or_null(buffer.context, model)},
                {"label", buffer.label ? Json(*buffer.label) : Json(nullptr)},
                {"stack", stack_or_null(buffer.context, model)},
                {"tensor", buffer.tensor ? tensor_json(model.tensors[*buffer.tensor]) : Json(nullptr)},
                {"padding_bytes", or_null(buffer.padding_bytes())},
                {"lockstep_waste_bytes", or_null(buffer.lockstep_waste_bytes())},
                {"cores", buffer.cores ? cores_json(*buffer.cores) : Json(nullptr)},
                {"addresses", addresses_json(buffer)}};
}

namespace {

Json side_json(const ConflictSide& side) {
    return Json{{"id", side.id},
                {"mesh", or_null(side.mesh)},
                {"kind", to_string(side.kind)},
                {"address", side.address},
                {"bytes_per_bank", side.bytes_per_bank},
                {"region", text_or_null(side.region)}};
}

Json conflict_json(const Conflict& conflict, const Model& model) {
    Places places = places_of(conflict.devices, model);
    return Json{{"type", to_string(conflict.type)},          {"pid", or_null(model.processes[conflict.process].pid)},
                {"devices", std::move(places.ids)},          {"device_indexes", std::move(places.indexes)},
                {"memory", to_string(conflict.kind)},        {"address", conflict.address},
                {"bytes_per_bank", conflict.bytes_per_bank}, {"first", side_json(conflict.first)},
                {"second", side_json(conflict.second)}};
}

}  // namespace

nlohmann::ordered_json to_json(const Event& event, const Model& model) {
    Places places = places_of(event.devices, model);
    return Json{{"time_ns", event.time_ns},
                {"pid", or_null(model.processes[event.process].pid)},
                {"type", to_string(event.type)},
                {"kind", event.kind ? Json(to_string(*event.kind)) : Json(nullptr)},
                {"id", event.id},
                {"bytes", event.bytes},
                {"devices", std::move(places.ids)},
                {"device_indexes", std::move(places.indexes)},
                {"thread", event.thread}};
}

namespace {

Json json_head(const Model& model) {
    return Json{{"schema", kSchema}, {"time_ns", model.time_ns}, {"driver_version", or_null(model.driver_version)}};
}

}  // namespace

nlohmann::ordered_json json_before_buffers(const Model& model) {
    Json devices = Json::array();
    const DeviceNames names(model);
    for (DeviceIndex i{0}; i < model.devices.size(); ++i) {
        devices.push_back(device_json(model, names, i));
    }
    Json processes = Json::array();
    for (const Process& process : model.processes) {
        processes.push_back(process_json(process, model));
    }
    Json all = json_head(model);
    all["devices"] = std::move(devices);
    all["processes"] = std::move(processes);
    return all;
}

nlohmann::ordered_json json_after_buffers(const Model& model) {
    Json all = Json::object();
    if (model.programs_listed || !model.failures.empty()) {
        Json failures = Json::array();
        for (const Failure& failure : model.failures) {
            failures.push_back(failure_json(failure, model));
        }
        all["failures"] = std::move(failures);
    }
    if (model.buffers_listed || model.programs_listed) {
        Json conflicts = Json::array();
        for (const Conflict& conflict : model.conflicts) {
            conflicts.push_back(conflict_json(conflict, model));
        }
        all["conflicts"] = std::move(conflicts);
        all["conflict_count"] = model.conflict_count;
    }
    all["notices"] = model.notices;
    return all;
}

nlohmann::ordered_json to_json(const Model& model) {
    Json all = json_before_buffers(model);
    if (model.buffers_listed) {
        Json buffers = Json::array();
        for (const Buffer& buffer : model.buffers) {
            buffers.push_back(to_json(buffer, model));
        }
        all["buffers"] = std::move(buffers);
    }
    all.update(json_after_buffers(model));
    return all;
}

namespace {

// Puts ',"key":[...]' with `count` values, of which one is in memory at a time: with L1 a device's tree takes many
// times its text.
void put_array(const char* key, size_t count, const std::function<Json(size_t)>& value, int indent,
               output::TextRoom& to) {
    to.put(",");
    to.put(output::json_line(indent, 1));
    to.put(output::json_key(key, indent));
    to.put("[");
    for (size_t i = 0; i < count && to.good(); ++i) {
        to.put(i > 0 ? "," : "");
        to.put(output::json_line(indent, 2));
        to.put(output::json_text_at(value(i), indent, 2));
    }
    to.put(count > 0 ? output::json_line(indent, 1) : "");
    to.put("]");
}

}  // namespace

bool write_json(const Model& model, int indent, const EachRow& each_row, const Json& after,
                const output::TextSink& sink) {
    const bool lines = indent >= 0;
    const std::string inset(static_cast<size_t>(std::max(indent, 0)), ' ');
    const auto text_of = [&](const Json& json) {
        return json.dump(indent, ' ', false, Json::error_handler_t::replace);
    };
    output::TextRoom to(sink);
    // Without its end, which the last part has.
    std::string before = text_of(json_head(model));
    before.erase(before.size() - (lines ? 2 : 1));
    to.put(before);
    const DeviceNames names(model);
    put_array(
        "devices", model.devices.size(), [&](size_t i) { return device_json(model, names, DeviceIndex(i)); }, indent,
        to);
    put_array(
        "processes", model.processes.size(), [&](size_t i) { return process_json(model.processes[i], model); }, indent,
        to);
    if (each_row) {
        to.put((lines ? ",\n" + inset + "\"buffers\": [" : std::string(",\"buffers\":[")));
        const std::string separator = lines ? "\n" + inset + inset : "";
        BufferJson rows(model, indent, 2);
        bool any = false;
        each_row([&](const Buffer& buffer, const Context* context, const Tensor* tensor) {
            if (to.good()) {
                to.put(any ? "," : "");
                to.put(separator);
                rows.put(buffer, context, tensor, to);
                any = true;
            }
        });
        to.put(any && lines ? "\n" + inset + "]" : "]");
    }
    to.put(",");
    to.put(std::string_view(text_of(after)).substr(1));
    return to.flush();
}

void each_row(const Model& model, const RowTaker& take) {
    for (const Buffer& buffer : model.buffers) {
        take(buffer, buffer.context ? &model.contexts[*buffer.context] : nullptr,
             buffer.tensor ? &model.tensors[*buffer.tensor] : nullptr);
    }
}

std::string to_json_text(const Model& model, int indent) {
    std::string text;
    EachRow rows;
    if (model.buffers_listed) {
        rows = [&](const RowTaker& take) { each_row(model, take); };
    }
    write_json(model, indent, rows, json_after_buffers(model), [&](std::string_view piece) {
        text += piece;
        return true;
    });
    return text;
}

}  // namespace ttmem::api
