// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "monitor/data/row_texts.hpp"

#include <optional>
#include <utility>

#include "analysis/holder_name.hpp"
#include "output/text.hpp"

namespace ttmem::monitor {
namespace {

using inventory::GroupBy;

std::string text_of(const inventory::BufferFacts& facts, RowText which) {
    const auto named = [&facts](GroupBy by) { return inventory::holder_name(facts, by).value_or(""); };
    switch (which) {
        case RowText::kOrigin: {
            const std::string scope = named(GroupBy::kScope);
            const std::string operation = named(GroupBy::kOperation);
            return scope.empty() || operation.empty() ? scope + operation : scope + "/" + operation;
        }
        case RowText::kTensor:
            return facts.tensor == nullptr ? std::string(facts.label) : inventory::tensor_text(facts);
        case RowText::kLine:
            return std::string(short_path(named(GroupBy::kLine)));
        case RowText::kFullLine:
            return named(GroupBy::kLine);
        case RowText::kOperation:
            return named(GroupBy::kOperation);
        case RowText::kFunction:
            return named(GroupBy::kFunction);
        case RowText::kModule:
            return named(GroupBy::kModule);
        case RowText::kScope:
            return named(GroupBy::kScope);
        case RowText::kTensorGroup:
            return inventory::tensor_group(facts);
    }
    return "";
}

}  // namespace

size_t RowTexts::Hash::operator()(const Key& key) const {
    uint64_t hash = reinterpret_cast<uintptr_t>(key.first) * 0x9e3779b97f4a7c15;
    hash = (hash ^ hash >> 29 ^ reinterpret_cast<uintptr_t>(key.second)) * 0xbf58476d1ce4e5b9;
    hash = (hash ^ hash >> 32 ^ key.bytes) * 0x94d049bb133111eb;
    hash = (hash ^ hash >> 31 ^ key.pages) * 0x9e3779b97f4a7c15;
    return hash ^ hash >> 32;
}

void RowTexts::clear() {
    for (auto& known : known_) {
        known.clear();
    }
    texts_.clear();
}

std::string_view RowTexts::text(const inventory::BufferRow& row, RowText which) {
    const inventory::BufferFacts facts = row.facts();
    // Texts of a sidecar lie where they lie until the next reading, so their addresses stand for them.
    Key key{};
    if (which == RowText::kTensor || which == RowText::kTensorGroup) {
        key = {facts.tensor, facts.label.empty() ? nullptr : facts.label.data(), 0, 0};
        if (which == RowText::kTensorGroup && facts.tensor == nullptr) {
            key.bytes = facts.requested_bytes;
            key.pages = uint64_t{facts.page_bytes} << 32 | facts.layout.size();  // no two layouts are equally long
        }
    } else {
        key = {facts.context, facts.region.empty() ? nullptr : facts.region.data(), 0, 0};
    }
    auto& known = known_[static_cast<size_t>(which)];
    const auto found = known.find(key);
    if (found != known.end()) {
        return found->second;
    }
    return known[key] = *texts_.insert(text_of(facts, which)).first;
}

}  // namespace ttmem::monitor
