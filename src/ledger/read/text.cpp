// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "ledger/read/text.hpp"

#include "base/clean_text.hpp"

namespace ttmem::ledger {

std::string to_utf8(std::string_view text) {
    return clean_text(text);
}

std::string lines_to_utf8(std::string_view text) {
    return clean_lines(text);
}

}  // namespace ttmem::ledger
