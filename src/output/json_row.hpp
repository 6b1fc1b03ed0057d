// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Objects with always the same keys straight into text, character by character what a tree of their values gives: for
// lists that are too long for such a tree. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "output/text_room.hpp"

namespace ttmem::output {

// `value` as JSON text, inside of `depth` objects and arrays (which only matters with an indent). indent < 0: one line.
// Bytes that are no UTF-8 become U+FFFD.
std::string json_text_at(const nlohmann::ordered_json& value, int indent, int depth);

// The members of an object in that place, without its braces.
std::string json_members_at(const nlohmann::ordered_json& object, int indent, int depth);

// The newline and indent before a line within `depth` objects and arrays; empty without an indent.
std::string json_line(int indent, int depth);

// A key, with the separator before its value.
std::string json_key(std::string_view key, int indent);

// The text in quotation marks, escaped as JSON wants it.
void put_json_text(std::string_view text, TextRoom& to);

// The text that is the same in every row.
class RowFormat {
public:
    RowFormat(std::span<const char* const> keys, int indent, int depth);

private:
    friend class Row;
    std::vector<std::string> prefixes_;  // of each field: what separates it from the one before, and its key
    std::string end_;
};

// Writes a row: a call for each of its keys in order, then end(). The format must outlive it.
class Row {
public:
    Row(const RowFormat& format, TextRoom& to) : format_(format), prefix_(format.prefixes_.begin()), to_(to) {}

    void json(std::string_view text) {
        to_.put(*prefix_++);
        to_.put(text);
    }
    void number(uint64_t value) {
        to_.put(*prefix_++);
        to_.put(value);
    }
    template <typename Number>
    void number(const std::optional<Number>& value) {
        if (value) {
            number(uint64_t{*value});
        } else {
            json("null");
        }
    }
    void flag(bool value) { json(value ? "true" : "false"); }
    void text(std::string_view value) {
        to_.put(*prefix_++);
        put_json_text(value, to_);
    }
    void text_or_null(std::string_view value) {
        if (value.empty()) {
            json("null");
        } else {
            text(value);
        }
    }
    // The next key alone; its value is for the caller to put.
    void key() { to_.put(*prefix_++); }
    void end() { to_.put(format_.end_); }

private:
    const RowFormat& format_;
    std::vector<std::string>::const_iterator prefix_;
    TextRoom& to_;
};

// The brackets and commas of an array of rows.
class RowList {
public:
    // `depth`: objects and arrays around the array.
    RowList(int indent, int depth, TextRoom& to);
    void next();  // before each row
    void end();

private:
    std::string separator_;
    std::string end_;
    TextRoom& to_;
    bool any_ = false;
};

}  // namespace ttmem::output
