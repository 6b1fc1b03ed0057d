// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Texts of a buffer's origin in view 4. Many buffers share a context and a tensor's facts, so each text is made once
// for all of them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "inventory/buffer_row.hpp"

namespace ttmem::monitor {

enum class RowText : uint8_t {
    kOrigin,     // scope and operation: "decoder/ttnn.matmul"
    kTensor,     // label and facts; empty where both are unknown
    kLine,       // "models/attention.py:42", the file's folder and name alone
    kFullLine,   // with all of the file's path
    kOperation,  // the others as inventory::GroupBy means them
    kFunction,
    kModule,
    kScope,
    kTensorGroup,  // as inventory::GroupBy means it: with any number in labels, or a size
};
inline constexpr size_t kRowTexts = 9;

// Not thread safe. Rows that it was asked about must be of one reading; clear() before those of the next.
class RowTexts {
public:
    void clear();
    // Empty unknown. The text lives until clear(); equal texts are one: they have one address.
    std::string_view text(const inventory::BufferRow& row, RowText which);

private:
    struct Key {
        const void* first;
        const void* second;
        uint64_t bytes;
        uint64_t pages;
        bool operator==(const Key&) const = default;
    };
    struct Hash {
        size_t operator()(const Key& key) const;
    };

    std::array<std::unordered_map<Key, std::string_view, Hash>, kRowTexts> known_;
    std::unordered_set<std::string> texts_;
};

}  // namespace ttmem::monitor
