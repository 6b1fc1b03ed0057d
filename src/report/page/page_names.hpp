// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Texts, stacks and tensors of a page, each written once and meant by its number. Not thread safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>

#include "output/json_values.hpp"
#include "report/names.hpp"

namespace ttmem::report {

class PageNames {
public:
    // Refers to `names`, which must outlive it.
    explicit PageNames(Names& names) : names_(names) {}

    // -1: not known.
    int64_t text(const std::optional<std::string>& text);
    // Of a buffer's origin: names by which a timeline is stacked.
    struct Groups {
        int64_t scope = -1;
        int64_t operation = -1;
        int64_t line = -1;
    };
    Groups groups(const recording::Held& held);
    int64_t context(const recording::Held& held);
    int64_t tensor(const recording::Held& held);

    // "strings", "frames" and "contexts".
    void write(api::Json& to) const;

private:
    int64_t frame(const api::Frame& frame);

    Names& names_;
    std::unordered_map<std::string, int64_t> texts_;
    std::unordered_map<uint32_t, Groups> groups_;
    std::unordered_map<uint32_t, int64_t> contexts_;
    std::unordered_map<uint32_t, int64_t> tensors_;
    std::map<std::tuple<int64_t, int64_t, uint32_t, int64_t>, int64_t> frames_;
    api::Json strings_list_ = api::Json::array();
    api::Json frames_list_ = api::Json::array();
    api::Json contexts_list_ = api::Json::array();
};

}  // namespace ttmem::report
