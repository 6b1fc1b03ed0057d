// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The graph of one operation, as ttnn captures it: JSON nodes from capture_start to capture_end, connected in their
// order.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace ttmem::visualizer {

class Graph {
public:
    using Parameters = std::vector<std::pair<const char*, std::variant<std::string, uint64_t>>>;

    void begin(const std::string& operation);
    void add(const char* type, const Parameters& parameters);
    // Ends the operation and gives the whole text.
    std::string end(const std::string& operation);

private:
    void node(const char* type, const Parameters& parameters, int level);

    std::string text_;
    size_t count_ = 0;
};

}  // namespace ttmem::visualizer
