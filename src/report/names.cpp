// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "report/names.hpp"

#include <algorithm>
#include <functional>
#include <string_view>

#include "analysis/holder_name.hpp"
#include "inventory/context_texts.hpp"
#include "inventory/ledger_names.hpp"
#include "ledger/format.hpp"

namespace ttmem::report {

namespace {

// The layout alone: the rest of a form is in no name.
constexpr uint32_t kLayoutOfForm = 3u << 23;

api::BufferKind kind_of(uint8_t account) {
    switch (account) {
        case ledger::kAccountDram:
            return api::BufferKind::kDram;
        case ledger::kAccountL1:
            return api::BufferKind::kL1;
        case ledger::kAccountL1Small:
            return api::BufferKind::kL1Small;
        case ledger::kAccountTrace:
            return api::BufferKind::kTrace;
        default:
            return api::BufferKind::kSystemMemory;
    }
}

}  // namespace

Origin origin_of(const recording::Held& held) {
    const bool known = held.tensor != 0;
    return {held.context,
            held.tensor,
            known ? 0 : held.requested_bytes,
            known ? 0 : held.form & kLayoutOfForm,
            known ? 0 : held.page_bytes,
            held.account};
}

size_t OriginHash::operator()(const Origin& origin) const {
    uint64_t hash = uint64_t{origin.context} << 32 | origin.tensor;
    hash = (hash ^ origin.requested_bytes) * 0x9e3779b97f4a7c15;
    hash =
        (hash ^ (hash >> 29) ^ (uint64_t{origin.form} << 8 | origin.account) ^ origin.page_bytes) * 0xbf58476d1ce4e5b9;
    return hash ^ hash >> 32;
}

Names::Names(const recording::RecordedProcess& process) {
    for (const auto& [id, text] : process.texts.operations) {
        scopes_.emplace(id, &text);
    }
    const inventory::ContextTexts stacks(process.texts);
    for (const auto& [id, record] : process.texts.contexts) {
        if (contexts_.try_emplace(id, model_.contexts.size()).second) {
            const auto scope = scopes_.find(record.scope);
            model_.contexts.push_back(stacks.context(record, scope == scopes_.end() ? std::string() : *scope->second));
        }
    }
    for (const auto& [id, facts] : process.texts.tensors) {
        if (tensors_.try_emplace(id, model_.tensors.size()).second) {
            model_.tensors.push_back(inventory::tensor_of(facts));
        }
    }
}

std::optional<api::ContextIndex> Names::context_index(uint32_t id) {
    const auto found = contexts_.find(id);
    return found == contexts_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<api::TensorIndex> Names::tensor_index(uint32_t id) {
    const auto found = tensors_.find(id);
    return found == tensors_.end() ? std::nullopt : std::optional(found->second);
}

const api::Context* Names::context(uint32_t id) {
    const std::optional<api::ContextIndex> index = context_index(id);
    return index ? &model_.contexts[*index] : nullptr;
}

const api::Tensor* Names::tensor(uint32_t id) {
    const std::optional<api::TensorIndex> index = tensor_index(id);
    return index ? &model_.tensors[*index] : nullptr;
}

const std::string& Names::scope(uint32_t context) {
    static const std::string kNothing;
    if (context >= ledger::kFirstContext) {
        const api::Context* found = this->context(context);
        return found == nullptr ? kNothing : found->scope;
    }
    const auto found = scopes_.find(context);
    return found == scopes_.end() ? kNothing : *found->second;
}

std::string Names::folded(const Origin& origin) {
    std::string all;
    const auto add = [&all](std::string frame) {
        // A semicolon ends a frame, the last space begins its weight.
        std::replace(frame.begin(), frame.end(), ';', ',');
        std::replace(frame.begin(), frame.end(), '\n', ' ');
        all += (all.empty() ? "" : ";") + frame;
    };
    if (const std::string& region = scope(origin.context); !region.empty()) {
        add(region);
    }
    if (const api::Context* found = context(origin.context)) {
        for (auto at = found->stack.rbegin(); at != found->stack.rend(); ++at) {
            const std::string line = at->line == 0 ? "" : ":" + std::to_string(at->line);  // C++ frames have none
            add((at->function.empty() ? "?" : at->function) + " (" + at->file + line + ")");
        }
        if (!found->operation.empty()) {
            add(found->operation);
        }
    }
    return all.empty() ? "(unknown)" : all;
}

std::optional<std::string> Names::name(const Origin& origin, inventory::GroupBy by) {
    api::Buffer buffer;
    buffer.kind = kind_of(origin.account);
    buffer.requested_bytes = origin.requested_bytes;
    buffer.layout = inventory::layout_name(static_cast<uint8_t>(origin.form >> 23));
    if (origin.page_bytes != 0) {
        buffer.page_bytes = origin.page_bytes;
    }
    if (const std::string& region = scope(origin.context); !region.empty()) {
        buffer.region = region;
    }
    buffer.context = context_index(origin.context);
    buffer.tensor = tensor_index(origin.tensor);
    if (by == inventory::GroupBy::kTensor && origin.tensor != 0 && !buffer.tensor) {
        return std::nullopt;  // its facts were lost
    }
    return inventory::holder_name(model_, buffer, by);
}

}  // namespace ttmem::report
