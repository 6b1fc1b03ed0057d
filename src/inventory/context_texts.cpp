// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "inventory/context_texts.hpp"

#include <array>
#include <string_view>

namespace ttmem::inventory {

namespace {

// More frames than any stack has that ttmem writes.
constexpr size_t kMostFrames = 1024;

constexpr std::array<std::string_view, 8> kDataTypes{"bfloat16",  "float32", "uint32", "bfloat8_b",
                                                     "bfloat4_b", "uint8",   "uint16", "int32"};
constexpr std::array<std::string_view, 2> kLayouts{"row_major", "tile"};
constexpr std::array<std::string_view, 6> kMemoryLayouts{
    "interleaved", "", "height_sharded", "width_sharded", "block_sharded", "nd_sharded"};

template <size_t kCount>
std::string name_of(const std::array<std::string_view, kCount>& names, std::optional<uint8_t> code) {
    return code && *code < kCount ? std::string(names[*code]) : std::string();
}

}  // namespace

ContextTexts::ContextTexts(const ledger::Sidecar& sidecar) {
    for (const auto& [id, text] : sidecar.texts) {
        texts_.emplace(id, &text);
    }
    frames_.insert(sidecar.frames.begin(), sidecar.frames.end());
    nodes_.insert(sidecar.stack_nodes.begin(), sidecar.stack_nodes.end());
}

const std::string& ContextTexts::text(uint32_t id) const {
    static const std::string kNothing;
    const auto found = texts_.find(id);
    return found == texts_.end() ? kNothing : *found->second;
}

api::Context ContextTexts::context(const ledger::ContextRecord& record, const std::string& scope) const {
    api::Context context;
    context.scope = scope;
    context.operation = text(record.operation);
    context.cut = (record.flags & ledger::kContextCut) != 0;
    for (uint32_t node = record.stack; node != 0 && context.stack.size() < kMostFrames;) {
        const auto found = nodes_.find(node);
        if (found == nodes_.end()) {
            break;
        }
        const auto frame = frames_.find(found->second.frame);
        api::Frame& row = context.stack.emplace_back();
        if (frame != frames_.end()) {
            row = {text(frame->second.file), text(frame->second.function), frame->second.line,
                   text(frame->second.operation)};
        }
        if (found->second.caller >= node) {
            break;  // a caller was known before: this would go round
        }
        node = found->second.caller;
    }
    return context;
}

api::Tensor tensor_of(const ledger::TensorFacts& facts) {
    api::Tensor tensor;
    tensor.shape = facts.shape;
    tensor.padded_shape = facts.padded_shape;
    tensor.shard_shape = facts.shard_shape;
    tensor.data_type = name_of(kDataTypes, facts.data_type);
    tensor.layout = name_of(kLayouts, facts.layout);
    tensor.memory_layout = name_of(kMemoryLayouts, facts.memory_layout);
    if (!facts.shard_shape.empty()) {
        tensor.shard_orientation = facts.shard_column_major ? "col_major" : "row_major";
    }
    static_assert(api::Tensor::kReplicated == ledger::kReplicated);
    tensor.distribution_shape = facts.distribution_shape;
    tensor.divided = facts.divided;
    return tensor;
}

}  // namespace ttmem::inventory
