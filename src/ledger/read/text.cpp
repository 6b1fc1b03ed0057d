// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/read/text.hpp"

#include <cstdint>

namespace ttmem::ledger {

namespace {

// Bytes of the character at the beginning of `text`, 0 if there is none: RFC 3629, so no overlong forms, no surrogates,
// nothing above U+10FFFF.
size_t character_bytes(std::string_view text) {
    const auto byte = [&text](size_t i) { return static_cast<uint8_t>(text[i]); };
    const uint8_t first = byte(0);
    if (first < 0x80) {
        return 1;
    }
    const size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < bytes) {
        return 0;
    }
    const uint8_t lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const uint8_t highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (byte(1) < lowest || byte(1) > highest) {
        return 0;
    }
    for (size_t i = 2; i < bytes; ++i) {
        if ((byte(i) & 0xc0) != 0x80) {
            return 0;
        }
    }
    return bytes;
}

}  // namespace

std::string to_utf8(std::string_view text) {
    std::string valid;
    valid.reserve(text.size());
    while (!text.empty()) {
        const size_t bytes = character_bytes(text);
        if (bytes == 0) {
            valid += "\xef\xbf\xbd";
            text.remove_prefix(1);
        } else {
            valid.append(text.substr(0, bytes));
            text.remove_prefix(bytes);
        }
    }
    return valid;
}

}  // namespace ttmem::ledger
