// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The parameters that a route takes: one table both checks requests and describes them (OpenAPI). Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "server/http/http_request.hpp"

namespace ttmem::server {

enum class ParameterType : uint8_t { kInteger, kBoolean, kChoice, kTime };

struct ParameterSpec {
    std::string name;
    ParameterType type = ParameterType::kInteger;
    std::string help;
    int64_t least = 0;  // kInteger
    int64_t most = INT64_MAX;
    std::vector<std::string> choices;  // kChoice
};

// The parameters of a request, checked.
class Arguments {
public:
    std::optional<int64_t> integer(std::string_view name) const { return get<int64_t>(name); }
    bool flag(std::string_view name, bool usual = false) const { return get<bool>(name).value_or(usual); }
    std::optional<std::string> choice(std::string_view name) const { return get<std::string>(name); }
    // ns since the Unix epoch
    std::optional<uint64_t> time(std::string_view name) const { return get<uint64_t>(name); }

    // The error names the parameter and what it may be. A parameter that is not in the table, or comes twice, is one.
    static Result<Arguments> parse(const Parameters& parameters, const std::vector<ParameterSpec>& specs);

private:
    template <typename T>
    std::optional<T> get(std::string_view name) const {
        const auto found = values_.find(name);
        return found == values_.end() ? std::nullopt : std::optional<T>(std::get<T>(found->second));
    }
    std::map<std::string, std::variant<int64_t, bool, std::string, uint64_t>, std::less<>> values_;
};

}  // namespace ttmem::server
