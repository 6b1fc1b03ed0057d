// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "server/http/api_parameters.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "output/history_text.hpp"

namespace ttmem::server {
namespace {

// For an error's text: not endless, and nothing that a terminal or log would act on.
std::string in_quotes(std::string_view text) {
    constexpr size_t kMost = 40;
    std::string result = "'";
    for (const char c : text.substr(0, kMost)) {
        result += c >= ' ' && c <= '~' ? c : '?';
    }
    return result + (text.size() > kMost ? "...'" : "'");
}

std::string listed(const std::vector<std::string>& names) {
    std::string result;
    for (const std::string& name : names) {
        result += (result.empty() ? "" : ", ") + name;
    }
    return result;
}

}  // namespace

Result<Arguments> Arguments::parse(const Parameters& parameters, const std::vector<ParameterSpec>& specs) {
    Arguments arguments;
    for (const auto& [name, text] : parameters) {
        const auto spec =
            std::find_if(specs.begin(), specs.end(),
                         [&, key = std::string_view(name)](const ParameterSpec& s) { return s.name == key; });
        if (spec == specs.end()) {
            std::vector<std::string> names;
            for (const ParameterSpec& known : specs) {
                names.push_back(known.name);
            }
            return Error{"there is no parameter " + in_quotes(name) + " here; " +
                         (names.empty() ? std::string("this path takes none") : "there are: " + listed(names))};
        }
        if (arguments.values_.contains(name)) {
            return Error{name + " is given twice"};
        }
        switch (spec->type) {
            case ParameterType::kInteger: {
                int64_t value = 0;
                const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
                if (error != std::errc() || end != text.data() + text.size() || value < spec->least ||
                    value > spec->most) {
                    return Error{name + " is a whole number from " + std::to_string(spec->least) + " to " +
                                 std::to_string(spec->most) + ", not " + in_quotes(text)};
                }
                arguments.values_.emplace(name, value);
                break;
            }
            case ParameterType::kBoolean:
                if (text != "true" && text != "false" && text != "1" && text != "0") {
                    return Error{name + " is true or false, not " + in_quotes(text)};
                }
                arguments.values_.emplace(name, text == "true" || text == "1");
                break;
            case ParameterType::kChoice:
                if (std::find(spec->choices.begin(), spec->choices.end(), text) == spec->choices.end()) {
                    return Error{name + " is one of " + listed(spec->choices) + ", not " + in_quotes(text)};
                }
                arguments.values_.emplace(name, text);
                break;
            case ParameterType::kTime: {
                const auto now = std::chrono::system_clock::now().time_since_epoch();
                const std::optional<uint64_t> value = history::parse_time(
                    text, static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count()));
                if (!value) {
                    return Error{name +
                                 " is a time like 90s, 10m, 2h or 7d (ago), seconds since 1970, or "
                                 "2026-11-23T05:33 in UTC, not " +
                                 in_quotes(text)};
                }
                arguments.values_.emplace(name, *value);
                break;
            }
        }
    }
    return arguments;
}

}  // namespace ttmem::server
