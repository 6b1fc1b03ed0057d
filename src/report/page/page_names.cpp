// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "report/page/page_names.hpp"

namespace ttmem::report {

int64_t PageNames::text(const std::optional<std::string>& text) {
    if (!text || text->empty()) {
        return -1;
    }
    const auto [at, is_new] = texts_.try_emplace(*text, static_cast<int64_t>(strings_list_.size()));
    if (is_new) {
        strings_list_.push_back(*text);
    }
    return at->second;
}

PageNames::Groups PageNames::groups(const recording::Held& held) {
    const auto [at, is_new] = groups_.try_emplace(held.context);
    if (is_new) {
        const Origin origin{held.context, 0, 0, 0, 0, held.account};
        at->second = {text(names_.name(origin, inventory::GroupBy::kScope)),
                      text(names_.name(origin, inventory::GroupBy::kOperation)),
                      text(names_.name(origin, inventory::GroupBy::kLine))};
    }
    return at->second;
}

int64_t PageNames::frame(const api::Frame& frame) {
    const std::tuple key{text(frame.function), text(frame.file), frame.line, text(frame.operation)};
    const auto [at, is_new] = frames_.try_emplace(key, static_cast<int64_t>(frames_list_.size()));
    if (is_new) {
        frames_list_.push_back({std::get<0>(key), std::get<1>(key), frame.line, std::get<3>(key)});
    }
    return at->second;
}

int64_t PageNames::context(const recording::Held& held) {
    const auto [at, is_new] = contexts_.try_emplace(held.context, -1);
    if (!is_new) {
        return at->second;
    }
    const Groups of = groups(held);
    api::Json stack = api::Json::array();
    if (const api::Context* found = names_.context(held.context)) {
        for (const api::Frame& one : found->stack) {
            stack.push_back(frame(one));
        }
    }
    at->second = static_cast<int64_t>(contexts_list_.size());
    contexts_list_.push_back({of.scope, of.operation, of.line, std::move(stack)});
    return at->second;
}

int64_t PageNames::tensor(const recording::Held& held) {
    if (held.tensor == 0) {
        return -1;
    }
    const auto [at, is_new] = tensors_.try_emplace(held.tensor, -1);
    if (is_new) {
        at->second = text(names_.name(origin_of(held), inventory::GroupBy::kTensor));
    }
    return at->second;
}

void PageNames::write(api::Json& to) const {
    to["strings"] = strings_list_;
    to["frames"] = frames_list_;
    to["contexts"] = contexts_list_;
}

}  // namespace ttmem::report
