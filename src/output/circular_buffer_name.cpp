// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "output/circular_buffer_name.hpp"

namespace ttmem::output {

std::string circular_buffer_name(const api::CircularBuffer& buffer) {
    if (buffer.scratchpad) {
        return "scratchpad " + std::to_string(buffer.id);
    }
    const std::string numbers = buffer.index_mask != 0 ? " " + api::index_text(buffer.index_mask) : "";
    const std::string format = buffer.data_format ? " (" + api::data_format_name(*buffer.data_format) + ")" : "";
    return (buffer.dataflow ? "dataflow buffer" : numbers.empty() ? "circular buffer" : "CB") + numbers + format;
}

}  // namespace ttmem::output
