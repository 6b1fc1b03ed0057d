// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "visualizer/graph.hpp"

#include "output/json_values.hpp"

namespace ttmem::visualizer {

namespace {

// Frees as a device is closed are one operation, whose graph no one reads node by node.
constexpr size_t kMostNodes = 2000;

}  // namespace

void Graph::node(const char* type, const Parameters& parameters, int level) {
    api::Json values = api::Json::object();
    for (const auto& [name, value] : parameters) {
        std::visit([&values, name = name](const auto& known) { values[name] = known; }, value);
    }
    const bool is_last = std::string(type) == "capture_end";
    const api::Json row{{"id", count_},
                        {"counter", count_},
                        {"node_type", type},
                        {"params", values},
                        {"arguments", api::Json::array()},
                        {"connections", is_last ? api::Json::array() : api::Json::array({count_ + 1})},
                        {"input_tensors", api::Json::array()},
                        {"stacking_level", level}};
    text_ += (count_ == 0 ? "[" : ",") + row.dump(-1, ' ', false, api::Json::error_handler_t::replace);
    ++count_;
}

void Graph::begin(const std::string& operation) {
    text_.clear();
    count_ = 0;
    node("capture_start", {}, 0);
    node("function_start", {{"inputs", "0"}, {"name", operation}}, 1);
}

void Graph::add(const char* type, const Parameters& parameters) {
    if (count_ < kMostNodes) {
        node(type, parameters, 1);
    }
}

std::string Graph::end(const std::string& operation) {
    node("function_end", {{"name", operation}}, 1);
    node("capture_end", {}, 0);
    return std::move(text_) + "]";
}

}  // namespace ttmem::visualizer
