// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/lines.hpp"

namespace ttmem::monitor {

std::string Line::text() const {
    std::string all;
    for (const Span& span : spans) {
        all += span.text;
    }
    return all;
}

}  // namespace ttmem::monitor
