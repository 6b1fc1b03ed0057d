// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/json_row.hpp"

#include <algorithm>

namespace ttmem::output {
namespace {

using Json = nlohmann::ordered_json;

bool is_plain(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return c >= ' ' && c != '"' && c != '\\' && static_cast<uint8_t>(c) < 0x7f; });
}

}  // namespace

std::string json_line(int indent, int depth) {
    return indent < 0 ? "" : "\n" + std::string(static_cast<size_t>(indent) * static_cast<size_t>(depth), ' ');
}

std::string json_key(std::string_view key, int indent) {
    return "\"" + std::string(key) + (indent < 0 ? "\":" : "\": ");
}

std::string json_text_at(const Json& value, int indent, int depth) {
    const std::string text = value.dump(indent, ' ', false, Json::error_handler_t::replace);
    if (indent < 0 || depth == 0) {
        return text;
    }
    // No text in it has a line break of its own: JSON escapes it.
    const std::string line = json_line(indent, depth);
    std::string inset;
    inset.reserve(text.size() + text.size() / 2);
    for (size_t from = 0; from < text.size();) {
        const size_t end = std::min(text.find('\n', from), text.size());
        inset.append(text, from, end - from);
        if (end < text.size()) {
            inset += line;
        }
        from = end + 1;
    }
    return inset;
}

std::string json_members_at(const Json& object, int indent, int depth) {
    std::string text = json_text_at(object, indent, depth);
    if (object.empty()) {
        return "";
    }
    text.erase(text.size() - json_line(indent, depth).size() - 1);
    text.erase(0, 1);
    return text;
}

void put_json_text(std::string_view text, TextRoom& to) {
    if (is_plain(text)) {
        to.put("\"");
        to.put(text);
        to.put("\"");
    } else {
        to.put(json_text_at(Json(std::string(text)), -1, 0));
    }
}

RowFormat::RowFormat(std::span<const char* const> keys, int indent, int depth) {
    for (const char* key : keys) {
        prefixes_.push_back((prefixes_.empty() ? "{" : ",") + json_line(indent, depth + 1) + json_key(key, indent));
    }
    end_ = json_line(indent, depth) + "}";
}

RowList::RowList(int indent, int depth, TextRoom& to)
    : separator_(json_line(indent, depth + 1)), end_(json_line(indent, depth) + "]"), to_(to) {
    to_.put("[");
}

void RowList::next() {
    if (any_) {
        to_.put(",");
    }
    to_.put(separator_);
    any_ = true;
}

void RowList::end() {
    to_.put(any_ ? std::string_view(end_) : std::string_view("]"));
}

}  // namespace ttmem::output
