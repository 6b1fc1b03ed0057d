// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <utility>

#include "analysis/holder_name.hpp"

namespace ttmem::inventory {
namespace {

constexpr std::pair<GroupBy, std::string_view> kWords[] = {{GroupBy::kScope, "scope"},
                                                           {GroupBy::kOperation, "operation"},
                                                           {GroupBy::kLine, "line"},
                                                           {GroupBy::kTensor, "tensor"},
                                                           {GroupBy::kKind, "kind"}};

// "1x32x64": the sizes of a tensor.
std::string shape_text(const std::vector<uint32_t>& shape) {
    std::string text;
    for (const uint32_t size : shape) {
        text += (text.empty() ? "" : "x") + std::to_string(size);
    }
    return text.empty() ? "one value" : text;
}

// "decoder/attention/ttnn.matmul (attention.py:42 < model.py:7)": a scope, an operation, and lines from the innermost
// on, each of which may be missing.
Maker maker_in(std::string text) {
    Maker maker;
    const size_t slash_before_operation = text.rfind("/ttnn.");
    const size_t begin = text.starts_with("ttnn.")                     ? 0
                         : slash_before_operation != std::string::npos ? slash_before_operation + 1
                                                                       : std::string::npos;
    if (begin == std::string::npos) {
        maker.scope = std::move(text);
        return maker;
    }
    std::string operation = text.substr(begin);
    if (begin > 0) {
        maker.scope = text.substr(0, begin - 1);
    }
    if (const size_t open = operation.find(" ("); open != std::string::npos && operation.back() == ')') {
        const size_t end = std::min(operation.find(" < ", open), operation.size() - 1);
        maker.line = operation.substr(open + 2, end - open - 2);
        operation.resize(open);
    }
    maker.operation = std::move(operation);
    return maker;
}

// A line of ttnn itself, or of no file.
bool is_of_the_library(const api::Frame& frame) {
    return frame.file.find("/ttnn/") != std::string::npos || frame.file.empty() || frame.file.front() == '<';
}

}  // namespace

std::string_view to_string(GroupBy by) {
    for (const auto& [value, word] : kWords) {
        if (value == by) {
            return word;
        }
    }
    return "";
}

std::optional<GroupBy> group_by(std::string_view word) {
    for (const auto& [value, known] : kWords) {
        if (known == word) {
            return value;
        }
    }
    return std::nullopt;
}

std::string tensor_text(const api::Model& model, const api::Buffer& buffer) {
    const std::string label = buffer.label ? *buffer.label + ": " : "";
    if (buffer.tensor) {
        const api::Tensor& tensor = model.tensors[*buffer.tensor];
        return label + shape_text(tensor.shape) + (tensor.data_type.empty() ? "" : " " + tensor.data_type) +
               (tensor.layout.empty() ? "" : " " + tensor.layout) +
               (tensor.memory_layout.empty() ? "" : ", " + tensor.memory_layout);
    }
    std::string text = label + std::to_string(buffer.requested_bytes) + " bytes";
    if (buffer.page_bytes) {
        text += " in pages of " + std::to_string(*buffer.page_bytes);
    }
    return text + (buffer.layout.empty() ? "" : ", " + std::string(buffer.layout));
}

Maker maker_of(const api::Model& model, const api::Buffer& buffer) {
    Maker maker = buffer.region ? maker_in(*buffer.region) : Maker();
    if (!buffer.context) {
        return maker;
    }
    const api::Context& context = model.contexts[*buffer.context];
    if (!maker.operation && !context.operation.empty()) {
        maker.operation = context.operation;
    }
    const auto caller = std::find_if_not(context.stack.begin(), context.stack.end(), is_of_the_library);
    if (caller != context.stack.end()) {
        maker.line = caller->file + ":" + std::to_string(caller->line);
    }
    return maker;
}

std::optional<std::string> holder_name(const api::Model& model, const api::Buffer& buffer, GroupBy by) {
    switch (by) {
        case GroupBy::kScope:
            return maker_of(model, buffer).scope;
        case GroupBy::kOperation:
            return maker_of(model, buffer).operation;
        case GroupBy::kLine:
            return maker_of(model, buffer).line;
        case GroupBy::kTensor:
            return tensor_text(model, buffer);
        case GroupBy::kKind:
            return std::string(to_string(buffer.kind));
    }
    return std::nullopt;
}

std::vector<Holder> holders(const api::Model& model, GroupBy by, std::optional<size_t> device) {
    std::map<std::pair<size_t, std::optional<std::string>>, Holder> found;
    for (const api::Buffer& buffer : model.buffers) {
        if (!api::takes_bytes(buffer.kind) ||
            (device && std::find(buffer.devices.begin(), buffer.devices.end(), *device) == buffer.devices.end())) {
            continue;
        }
        std::optional<std::string> name = holder_name(model, buffer, by);
        Holder& holder = found[{buffer.process, name}];
        holder.process = buffer.process;
        holder.name = std::move(name);
        ++holder.buffers;
        holder.allocated_bytes += buffer.allocated_bytes;
        holder.device_bytes += buffer.allocated_bytes * (device ? 1 : buffer.devices.size());
    }
    std::vector<Holder> all;
    for (auto& [key, holder] : found) {
        all.push_back(std::move(holder));
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const Holder& a, const Holder& b) { return a.device_bytes > b.device_bytes; });
    return all;
}

}  // namespace ttmem::inventory
