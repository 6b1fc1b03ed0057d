// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <utility>

#include "analysis/holder_name.hpp"
#include "base/ttnn_files.hpp"

namespace ttmem::inventory {
namespace {

constexpr std::pair<GroupBy, std::string_view> kWords[] = {
    {GroupBy::kScope, "scope"},       {GroupBy::kOperation, "operation"}, {GroupBy::kLine, "line"},
    {GroupBy::kFunction, "function"}, {GroupBy::kModule, "module"},       {GroupBy::kTensor, "tensor"},
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
        maker.module = maker.line->substr(0, maker.line->rfind(':'));
        operation.resize(open);
    }
    maker.operation = std::move(operation);
    return maker;
}

// A line of ttnn itself, or of no file.
bool is_of_the_library(const api::Frame& frame) {
    return !is_program_file(frame.file);
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

BufferFacts facts_of(const api::Model& model, const api::Buffer& buffer) {
    BufferFacts facts;
    facts.region = buffer.region ? std::string_view(*buffer.region) : std::string_view();
    facts.context = buffer.context ? &model.contexts[*buffer.context] : nullptr;
    facts.tensor = buffer.tensor ? &model.tensors[*buffer.tensor] : nullptr;
    facts.label = buffer.label ? std::string_view(*buffer.label) : std::string_view();
    facts.kind = buffer.kind;
    facts.requested_bytes = buffer.requested_bytes;
    facts.page_bytes = buffer.page_bytes.value_or(0);
    facts.layout = buffer.layout;
    return facts;
}

std::string tensor_text(const BufferFacts& facts) {
    const std::string label = facts.label.empty() ? "" : std::string(facts.label) + ": ";
    if (facts.tensor != nullptr) {
        const api::Tensor& tensor = *facts.tensor;
        return label + shape_text(tensor.shape) + (tensor.data_type.empty() ? "" : " " + tensor.data_type) +
               (tensor.layout.empty() ? "" : " " + tensor.layout) +
               (tensor.memory_layout.empty() ? "" : ", " + tensor.memory_layout);
    }
    std::string text = label + std::to_string(facts.requested_bytes) + " bytes";
    if (facts.page_bytes != 0) {
        text += " in pages of " + std::to_string(facts.page_bytes);
    }
    return text + (facts.layout.empty() ? "" : ", " + std::string(facts.layout));
}

std::string tensor_group(const BufferFacts& facts) {
    std::string label;
    for (size_t begin = 0; begin < facts.label.size();) {
        const size_t end = std::min(facts.label.find('.', begin), facts.label.size());
        const std::string_view step = facts.label.substr(begin, end - begin);
        const bool number = !step.empty() && step.find_first_not_of("0123456789") == std::string_view::npos;
        label += (begin == 0 ? "" : ".") + (number ? "*" : std::string(step));
        begin = end + 1;
    }
    BufferFacts group = facts;
    group.label = label;
    return tensor_text(group);
}

std::string tensor_text(const api::Model& model, const api::Buffer& buffer) {
    return tensor_text(facts_of(model, buffer));
}

Maker maker_of(const BufferFacts& facts) {
    // With a context the region may be its name, which says what the context says in other words.
    const std::string_view region = facts.context != nullptr ? std::string_view(facts.context->scope) : facts.region;
    Maker maker = region.empty() ? Maker() : maker_in(std::string(region));
    if (facts.context == nullptr) {
        return maker;
    }
    const api::Context& context = *facts.context;
    if (!maker.operation && !context.operation.empty()) {
        maker.operation = context.operation;
    }
    // The innermost line, or where the stack has none, as that of a C++ program, the innermost function.
    auto caller = std::find_if(context.stack.begin(), context.stack.end(),
                               [](const api::Frame& frame) { return frame.line != 0 && !is_of_the_library(frame); });
    if (caller != context.stack.end()) {
        maker.line = caller->file + ":" + std::to_string(caller->line);
    } else {
        caller = std::find_if_not(context.stack.begin(), context.stack.end(), is_of_the_library);
    }
    if (caller != context.stack.end()) {
        maker.function = caller->file + ":" + caller->function;
        maker.module = caller->file;
    }
    return maker;
}

Maker maker_of(const api::Model& model, const api::Buffer& buffer) {
    return maker_of(facts_of(model, buffer));
}

std::optional<std::string> holder_name(const BufferFacts& facts, GroupBy by) {
    switch (by) {
        case GroupBy::kScope:
            return maker_of(facts).scope;
        case GroupBy::kOperation:
            return maker_of(facts).operation;
        case GroupBy::kLine:
            return maker_of(facts).line;
        case GroupBy::kFunction:
            return maker_of(facts).function;
        case GroupBy::kModule:
            return maker_of(facts).module;
        case GroupBy::kTensor:
            return tensor_group(facts);
        case GroupBy::kKind:
            return std::string(to_string(facts.kind));
    }
    return std::nullopt;
}

std::optional<std::string> holder_name(const api::Model& model, const api::Buffer& buffer, GroupBy by) {
    return holder_name(facts_of(model, buffer), by);
}

std::vector<Holder> holders(const api::Model& model, GroupBy by, std::optional<api::DeviceIndex> device) {
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
