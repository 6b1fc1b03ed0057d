// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "telemetry/parse.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace ttmem::telemetry {
namespace {

constexpr std::string_view kAllOnes = "4294967295";

template <typename T>
Parsed<T> good(T value) {
    return {State::kKnown, std::move(value)};
}

template <typename T>
Parsed<T> none(State why) {
    return {why, std::nullopt};
}

// The whole text as one number of that type, or nothing.
template <typename Number>
std::optional<Number> whole_number(std::string_view text, int base = 10) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

// Numbers between dots, at most `most` of them; empty when the text is anything else.
std::vector<unsigned> dotted(std::string_view text, std::size_t most) {
    std::vector<unsigned> parts;
    for (;;) {
        const std::size_t dot = text.find('.');
        const auto part = whole_number<unsigned>(text.substr(0, dot));
        if (!part || parts.size() == most) {
            return {};
        }
        parts.push_back(*part);
        if (dot == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(dot + 1);
    }
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

Parsed<double> parse_scaled(std::string_view text, const Scale& scale) {
    const auto raw = whole_number<std::int64_t>(trimmed(text));
    if (!raw || *raw < scale.lowest || *raw > scale.highest) {
        return none<double>(State::kImplausible);
    }
    return good(static_cast<double>(*raw) * scale.unit);
}

std::optional<std::uint32_t> parse_u32(std::string_view text) {
    return whole_number<std::uint32_t>(trimmed(text));
}

Parsed<std::uint64_t> parse_counter(std::string_view text) {
    const auto raw = parse_u32(text);
    if (!raw || trimmed(text) == kAllOnes) {
        return none<std::uint64_t>(State::kImplausible);
    }
    return good<std::uint64_t>(*raw);
}

Parsed<std::uint64_t> parse_id(std::string_view text) {
    text = trimmed(text);
    const auto id = whole_number<std::uint64_t>(text, 16);
    if (text.size() != 16 || !id || *id == 0 || *id == std::numeric_limits<std::uint64_t>::max()) {
        return none<std::uint64_t>(State::kImplausible);
    }
    return good(*id);
}

Parsed<std::string> parse_firmware_version(std::string_view text) {
    text = trimmed(text);
    const std::vector<unsigned> parts = dotted(text, 4);
    const bool all_zero = std::all_of(parts.begin(), parts.end(), [](unsigned part) { return part == 0; });
    const bool too_large = std::any_of(parts.begin(), parts.end(), [](unsigned part) { return part > 4095; });
    if (parts.size() < 3 || all_zero || too_large || text == "255.255.255.255" || text == "255.15.4095") {
        return none<std::string>(State::kImplausible);
    }
    return good(std::string(text));
}

Parsed<std::string> parse_card_type(std::string_view text) {
    text = trimmed(text);
    if (text == "unknown") {
        return none<std::string>(State::kUnknown);
    }
    const bool clean = std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
    if (text.empty() || text.size() > 32 || !clean) {
        return none<std::string>(State::kImplausible);
    }
    return good(std::string(text));
}

Parsed<double> parse_link_speed(std::string_view text) {
    text = trimmed(text);
    if (text.starts_with("Unknown")) {
        return none<double>(State::kUnknown);
    }
    struct Speed {
        std::string_view text;
        double gts;
    };
    // Older kernels leave out ".0" for some.
    constexpr std::array<Speed, 9> kSpeeds{{{"2.5", 2.5},
                                            {"5", 5},
                                            {"5.0", 5},
                                            {"8", 8},
                                            {"8.0", 8},
                                            {"16", 16},
                                            {"16.0", 16},
                                            {"32.0", 32},
                                            {"64.0", 64}}};
    const std::size_t space = std::min(text.find(' '), text.size());
    const auto found = std::find_if(kSpeeds.begin(), kSpeeds.end(),
                                    [&](const Speed& speed) { return speed.text == text.substr(0, space); });
    if (found == kSpeeds.end() || !text.substr(space).starts_with(" GT/s")) {
        return none<double>(State::kImplausible);
    }
    return good(found->gts);
}

Parsed<double> parse_link_width(std::string_view text) {
    const auto width = parse_u32(text);
    constexpr std::array<std::uint32_t, 7> kWidths{1, 2, 4, 8, 12, 16, 32};
    if (width && *width == 0) {
        return none<double>(State::kUnknown);
    }
    if (!width || std::find(kWidths.begin(), kWidths.end(), *width) == kWidths.end()) {
        return none<double>(State::kImplausible);
    }
    return good(static_cast<double>(*width));
}

Parsed<PidList> parse_pids(std::string_view text) {
    PidList list;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty()) {
            continue;
        }
        const auto pid = whole_number<int>(line);
        if (!pid || *pid < 0) {
            return none<PidList>(State::kImplausible);
        }
        if (*pid == 0) {
            ++list.hidden;
        } else {
            list.pids.push_back(*pid);
        }
    }
    std::sort(list.pids.begin(), list.pids.end());
    list.pids.erase(std::unique(list.pids.begin(), list.pids.end()), list.pids.end());
    return good(std::move(list));
}

std::optional<std::array<int, 3>> parse_driver_version(std::string_view text) {
    text = trimmed(text);
    const std::vector<unsigned> parts = dotted(text.substr(0, text.find_first_of("-+ ")), 4);
    if (parts.size() < 3) {
        return std::nullopt;
    }
    return std::array<int, 3>{static_cast<int>(parts[0]), static_cast<int>(parts[1]), static_cast<int>(parts[2])};
}

}  // namespace ttmem::telemetry
