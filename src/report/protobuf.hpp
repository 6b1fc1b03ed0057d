// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Writes protocol buffers' wire format: varints, and fields of bytes. Nothing is ever read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ttmem::report {

class Protobuf {
public:
    Protobuf& number(uint32_t field, uint64_t value) {
        varint(uint64_t{field} << 3);
        return varint(value);
    }
    Protobuf& bytes(uint32_t field, std::string_view value) {
        varint(uint64_t{field} << 3 | 2).varint(value.size());
        bytes_.append(value);
        return *this;
    }
    Protobuf& message(uint32_t field, const Protobuf& value) { return bytes(field, value.bytes_); }
    // Repeated numbers in one field.
    Protobuf& packed(uint32_t field, const std::vector<uint64_t>& values) {
        Protobuf all;
        for (const uint64_t value : values) {
            all.varint(value);
        }
        return message(field, all);
    }
    const std::string& text() const { return bytes_; }

private:
    Protobuf& varint(uint64_t value) {
        while (value >= 128) {
            bytes_.push_back(static_cast<char>(value | 128));
            value >>= 7;
        }
        bytes_.push_back(static_cast<char>(value));
        return *this;
    }

    std::string bytes_;
};

}  // namespace ttmem::report
