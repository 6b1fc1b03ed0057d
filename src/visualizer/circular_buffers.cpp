// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "visualizer/circular_buffers.hpp"

#include "ledger/format.hpp"

namespace ttmem::visualizer {

std::string core_range_word(const std::vector<ledger::CoreRange>& cores) {
    const auto core = [](uint16_t x, uint16_t y) { return std::to_string(x) + "-" + std::to_string(y); };
    std::string word;
    for (const ledger::CoreRange& range : cores) {
        word += (word.empty() ? "[" : ", [") + core(range.start_x, range.start_y) + " - " +
                core(range.end_x, range.end_y) + "]";
    }
    return "{" + word + "}";
}

void add_circular_buffers(Graph& graph, const ledger::Program& program, const std::vector<int>& devices) {
    // Memory that is counted as a buffer's already.
    constexpr uint32_t kInOtherMemory = ledger::kCircularBufferGlobal | ledger::kCircularBufferBorrowed;
    for (const int device : devices) {
        graph.add("circular_buffer_deallocate_all", {{"device_id", static_cast<uint64_t>(device)}});
    }
    for (const int device : devices) {
        for (const ledger::CircularBuffer& buffer : program.circular_buffers) {
            if ((buffer.flags & ledger::kCircularBufferAlias) != 0) {
                continue;  // the memory of another one, which the captures list alone
            }
            graph.add("circular_buffer_allocate",
                      {{"address", buffer.address},
                       {"core_range_set", core_range_word(buffer.cores)},
                       {"device_id", static_cast<uint64_t>(device)},
                       {"globally_allocated", (buffer.flags & kInOtherMemory) != 0 ? "1" : "0"},
                       {"size", buffer.bytes}});
        }
    }
}

}  // namespace ttmem::visualizer
