// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/read/text.hpp"

#include "base/text.hpp"

namespace ttmem::ledger {

std::string to_utf8(std::string_view text) {
    std::string valid;
    valid.reserve(text.size());
    while (!text.empty()) {
        const Utf8Character character = first_utf8_character(text);
        valid += character.good ? text.substr(0, character.bytes) : "\xef\xbf\xbd";
        text.remove_prefix(character.bytes);
    }
    return valid;
}

}  // namespace ttmem::ledger
