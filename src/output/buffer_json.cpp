// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/buffer_json.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "output/json.hpp"
#include "output/json_values.hpp"
#include "output/l1_json.hpp"

namespace ttmem::api {
namespace {

using output::json_text_at;
using output::TextRoom;

// The keys of to_json(const Buffer&, const Model&), in its order.
constexpr std::array kKeys = {"pid",
                              "id",
                              "devices",
                              "device_indexes",
                              "mesh",
                              "kind",
                              "view_of",
                              "address",
                              "requested_bytes",
                              "allocated_bytes",
                              "bytes_per_bank",
                              "banks",
                              "page_bytes",
                              "layout",
                              "kernel_binaries",
                              "program_cache",
                              "while_traced",
                              "thread",
                              "allocated_at_ns",
                              "region",
                              "scope",
                              "operation",
                              "label",
                              "stack",
                              "tensor",
                              "padding_bytes",
                              "lockstep_waste_bytes",
                              "cores",
                              "addresses"};

std::string text_or_null_json(const std::string& text) {
    return json_text_at(text_or_null(text), -1, 0);
}

}  // namespace

BufferJson::BufferJson(const Model& model, int indent, int depth)
    : model_(model), indent_(indent), depth_(depth), format_(kKeys, indent, depth) {
    for (const Process& process : model.processes) {
        pids_.push_back(json_text_at(or_null(process.pid), -1, 0));
    }
    note_devices({});
}

void BufferJson::note_devices(const std::vector<DeviceIndex>& devices) {
    devices_ = devices;
    Json ids = Json::array();
    for (const DeviceIndex device : devices) {
        ids.push_back(or_null(model_.devices[device].id));
    }
    ids_text_ = json_text_at(ids, indent_, depth_ + 1);
    indexes_text_ = json_text_at(Json(devices), indent_, depth_ + 1);
}

// Texts are kept for neighbours that share a context or a tensor. A list in which each row has its own stays bounded.
constexpr size_t kMostTexts = 4096;

const BufferJson::ContextText& BufferJson::text_of(const Context* context) {
    if (contexts_.size() >= kMostTexts) {
        contexts_.clear();
    }
    const auto [place, is_new] = contexts_.try_emplace(context);
    if (is_new) {
        static const Context kNothing;
        const Context& known = context == nullptr ? kNothing : *context;
        place->second.scope = text_or_null_json(known.scope);
        place->second.operation = text_or_null_json(known.operation);
        place->second.stack = json_text_at(stack_or_null(known), indent_, depth_ + 1);
    }
    return place->second;
}

const std::string& BufferJson::text_of(const Tensor* tensor) {
    if (tensors_.size() >= kMostTexts) {
        tensors_.clear();
    }
    const auto [place, is_new] = tensors_.try_emplace(tensor);
    if (is_new) {
        place->second = json_text_at(tensor == nullptr ? Json(nullptr) : tensor_json(*tensor), indent_, depth_ + 1);
    }
    return place->second;
}

void BufferJson::put(const Buffer& buffer, const Context* context, const Tensor* tensor, TextRoom& to) {
    if (buffer.devices != devices_) {
        note_devices(buffer.devices);
    }
    const ContextText& origin = text_of(context);
    output::Row row(format_, to);
    row.json(pids_[buffer.process]);
    row.number(buffer.id);
    row.json(ids_text_);
    row.json(indexes_text_);
    row.json(buffer.mesh ? std::to_string(*buffer.mesh) : "null");
    row.text(to_string(buffer.kind));
    row.text_or_null(buffer.view_of ? to_string(*buffer.view_of) : "");
    row.number(buffer.address);
    row.number(buffer.requested_bytes);
    row.number(buffer.allocated_bytes);
    row.number(buffer.bytes_per_bank);
    row.number(buffer.banks);
    row.number(buffer.page_bytes);
    row.text_or_null(buffer.layout);
    row.flag(buffer.kernel_binaries);
    row.flag(buffer.program_cache);
    row.flag(buffer.while_traced);
    row.number(buffer.thread);
    row.number(buffer.allocated_at_ns);
    if (buffer.region) {
        row.text(*buffer.region);
    } else {
        row.json("null");
    }
    row.json(origin.scope);
    row.json(origin.operation);
    if (buffer.label) {
        row.text(*buffer.label);
    } else {
        row.json("null");
    }
    row.json(origin.stack);
    row.json(text_of(tensor));
    row.number(buffer.padding_bytes());
    row.number(buffer.lockstep_waste_bytes());
    row.json(buffer.cores ? json_text_at(cores_json(*buffer.cores), indent_, depth_ + 1) : "null");
    row.json(buffer.addresses.empty() ? "null" : json_text_at(addresses_json(buffer), indent_, depth_ + 1));
    row.end();
}

void BufferJson::put(const Buffer& buffer, TextRoom& to) {
    put(buffer, buffer.context ? &model_.contexts[*buffer.context] : nullptr,
        buffer.tensor ? &model_.tensors[*buffer.tensor] : nullptr, to);
}

}  // namespace ttmem::api
