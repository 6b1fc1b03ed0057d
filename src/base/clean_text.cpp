// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "base/clean_text.hpp"

#include <algorithm>
#include <cstdint>

namespace ttmem {

bool is_safe(const Utf8Character& character) noexcept {
    const char32_t code = character.code;
    if (!character.good || code < 0x20 || (code >= 0x7f && code < 0xa0)) {
        return false;
    }
    if (code < 0x061c) {
        return true;
    }
    const bool steers = code == 0x061c || (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
                        (code >= 0x2060 && code <= 0x2069) || code == 0xfeff || (code >= 0xfff9 && code <= 0xfffb) ||
                        (code >= 0xe0000 && code <= 0xe007f);
    return !steers;
}

namespace {

// `kept`: control characters that stay.
std::string cleaned(std::string_view text, std::string_view kept) {
    const auto is_kept = [kept](char c) { return kept.find(c) != std::string_view::npos; };
    if (std::all_of(text.begin(), text.end(), [&](char c) { return (c >= ' ' && c < 0x7f) || is_kept(c); })) {
        return std::string(text);
    }
    std::string clean;
    clean.reserve(text.size());
    while (!text.empty()) {
        const Utf8Character character = first_utf8_character(text);
        if (is_safe(character) || is_kept(text.front())) {
            clean += text.substr(0, character.bytes);
        } else {
            clean += character.good ? "?" : "\xef\xbf\xbd";
        }
        text.remove_prefix(character.bytes);
    }
    return clean;
}

}  // namespace

std::string clean_text(std::string_view text) {
    return cleaned(text, "");
}

std::string clean_lines(std::string_view text) {
    return cleaned(text, "\n\t");
}

std::string clean_cell(std::string_view text) {
    std::string clean = clean_text(text);
    const size_t first = clean.find_first_not_of(' ');
    if (first != std::string::npos && std::string_view("=+-@").find(clean[first]) != std::string_view::npos &&
        clean.find_first_not_of("+-.0123456789eE", first) != std::string::npos) {
        clean.insert(0, "'");
    }
    return clean;
}

}  // namespace ttmem
