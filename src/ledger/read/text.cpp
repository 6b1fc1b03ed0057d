// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/read/text.hpp"

#include "base/clean_text.hpp"

namespace ttmem::ledger {

std::string to_utf8(std::string_view text) {
    return clean_text(text);
}

std::string lines_to_utf8(std::string_view text) {
    std::string lines;
    for (size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        lines += clean_text(text.substr(0, end)) + '\n';
        text.remove_prefix(end + 1);
    }
    return lines + clean_text(text);
}

}  // namespace ttmem::ledger
