// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Plain data as bytes and back, between a server and the tools of the same version on the same machine. The bytes are
// the machine's own (no byte order is turned) and say nothing of themselves: both sides name the members of each
// structure in one function, `members(archive, structure)`, which writes when the archive is a ByteWriter and reads
// when it is a ByteReader; and for each enumeration `last_value(enumeration)` gives its last one.
//
// A value out of bounds (a length beyond the end, a number that an enumeration does not have) makes ok() false, and the
// rest is not read. Whether indexes are within their lists is for the reader of the whole to check.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/clean_text.hpp"
#include "model/ids.hpp"

namespace ttmem::api {

template <typename T>
concept PlainNumber = std::is_arithmetic_v<T>;
template <typename T>
concept Enumeration = std::is_enum_v<T>;

// Goes in the place of a text that may have several lines: line feeds and tabs in it stay.
struct TextLines {
    std::string& text;
};

class ByteWriter {
public:
    template <typename... T>
    void operator()(T&... values) {
        (put(values), ...);
    }
    std::string take() { return std::move(bytes_); }

private:
    void raw(const void* bytes, size_t count) { bytes_.append(static_cast<const char*>(bytes), count); }
    template <PlainNumber T>
    void put(T& value) {
        raw(&value, sizeof value);
    }
    template <Enumeration T>
    void put(T& value) {
        raw(&value, sizeof value);
    }
    template <typename Thing>
    void put(Index<Thing>& value) {
        size_t place = value;
        put(place);
    }
    void put(std::string_view value) {
        const uint64_t count = value.size();
        raw(&count, sizeof count);
        raw(value.data(), value.size());
    }
    void put(std::string& value) { put(std::string_view(value)); }
    void put(TextLines& value) { put(std::string_view(value.text)); }
    template <typename T>
    void put(std::optional<T>& value) {
        bool known = value.has_value();
        put(known);
        if (known) {
            put(*value);
        }
    }
    template <typename T>
    void put(std::vector<T>& values) {
        uint64_t count = values.size();
        put(count);
        for (T& value : values) {
            put(value);
        }
    }
    template <typename Thing>
    void put(List<Thing>& values) {
        put(static_cast<std::vector<Thing>&>(values));
    }
    template <typename T>
    void put(T& structure) {
        members(*this, structure);
    }

    std::string bytes_;
};

class ByteReader {
public:
    explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

    template <typename... T>
    void operator()(T&... values) {
        (get(values), ...);
    }
    bool ok() const { return ok_; }
    bool at_end() const { return rest_.empty(); }

private:
    bool raw(void* to, size_t count) {
        if (!ok_ || rest_.size() < count) {
            ok_ = false;
            return false;
        }
        std::memcpy(to, rest_.data(), count);
        rest_.remove_prefix(count);
        return true;
    }
    // Reads the number of things that take a byte each at least.
    size_t count() {
        uint64_t count = 0;
        raw(&count, sizeof count);
        ok_ = ok_ && count <= rest_.size();
        return ok_ ? static_cast<size_t>(count) : 0;
    }
    void get(bool& value) {
        uint8_t byte = 0;
        raw(&byte, sizeof byte);
        ok_ = ok_ && byte <= 1;
        value = byte == 1;
    }
    template <PlainNumber T>
    void get(T& value) {
        raw(&value, sizeof value);
    }
    template <Enumeration T>
    void get(T& value) {
        T read = value;
        raw(&read, sizeof read);
        ok_ = ok_ && read <= last_value(T());
        value = ok_ ? read : value;
    }
    template <typename Thing>
    void get(Index<Thing>& value) {
        size_t place = 0;
        get(place);
        value = Index<Thing>(place);
    }
    // Another process wrote the texts.
    void get(std::string& value) { value = clean_text(bytes_of_text()); }
    void get(TextLines& value) { value.text = clean_lines(bytes_of_text()); }
    std::string_view bytes_of_text() {
        const size_t size = count();
        const std::string_view bytes = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return bytes;
    }
    // Texts that are literals of the program and live as long as it does. They are few.
    void get(std::string_view& value) {
        static thread_local std::set<std::string, std::less<>> known;
        std::string text;
        get(text);
        value = *known.insert(std::move(text)).first;
    }
    template <typename T>
    void get(std::optional<T>& value) {
        bool known = false;
        get(known);
        value.reset();
        if (ok_ && known) {
            get(value.emplace());
        }
    }
    template <typename T>
    void get(std::vector<T>& values) {
        const size_t size = count();
        values.clear();
        for (size_t i = 0; i < size && ok_; ++i) {
            get(values.emplace_back());
        }
    }
    template <typename Thing>
    void get(List<Thing>& values) {
        get(static_cast<std::vector<Thing>&>(values));
    }
    template <typename T>
    void get(T& structure) {
        members(*this, structure);
    }

    std::string_view rest_;
    bool ok_ = true;
};

template <typename T>
std::string written(const T& value) {
    ByteWriter writer;
    writer(const_cast<T&>(value));  // the same function reads and writes; this one writes
    return writer.take();
}

// All of `bytes` as one T; nothing when they do not fit.
template <typename T>
std::optional<T> read_back(std::string_view bytes) {
    ByteReader reader(bytes);
    T value;
    reader(value);
    return reader.ok() && reader.at_end() ? std::optional<T>(std::move(value)) : std::nullopt;
}

}  // namespace ttmem::api
