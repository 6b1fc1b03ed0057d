// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// Text out of a ledger. Inside the reader only.
#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>

#include "ledger/read/copy_source.hpp"

namespace ttmem::ledger {

// `text` as valid UTF-8 without control characters (base/clean_text.hpp).
std::string to_utf8(std::string_view text);

// The same of a text of several lines: line feeds and tabs stay.
std::string lines_to_utf8(std::string_view text);

// The string in a fixed field. Stops as corrupt if it has no end.
template <size_t kBytes>
std::string checked_string(const char (&field)[kBytes]) {
    const void* end = std::memchr(field, 0, kBytes);
    if (end == nullptr) {
        stop_corrupt("a string has no end");
    }
    return to_utf8({field, static_cast<size_t>(static_cast<const char*>(end) - field)});
}

}  // namespace ttmem::ledger
