// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "visualizer/tables.hpp"

#include <string_view>
#include <utility>

#include "visualizer/schema.hpp"

namespace ttmem::visualizer {

namespace {

sqlite::Statement inserter(sqlite::Connection& database, std::string_view table, int columns) {
    std::string text = "INSERT INTO " + std::string(table) + " VALUES(?";
    for (int i = 1; i < columns; ++i) {
        text += ",?";
    }
    return {database, text + ")"};
}

}  // namespace

Tables::Tables(std::unique_ptr<sqlite::Connection> database) : database_(std::move(database)) {
    metadata = inserter(*database_, "report_metadata", 2);
    device = inserter(*database_, "devices", 19);
    operation = inserter(*database_, "operations", 4);
    argument = inserter(*database_, "operation_arguments", 4);
    stack = inserter(*database_, "stack_traces", 4);
    graph = inserter(*database_, "captured_graph", 3);
    error = inserter(*database_, "errors", 7);
    tensor = inserter(*database_, "tensors", 10);
    device_tensor = inserter(*database_, "device_tensors", 4);
    input = inserter(*database_, "input_tensors", 4);
    output = inserter(*database_, "output_tensors", 4);
    consumer = inserter(*database_, "tensor_consumers", 4);
    producer = inserter(*database_, "tensor_producers", 4);
    buffer = inserter(*database_, "buffers", 7);
}

Result<std::unique_ptr<Tables>> Tables::create() {
    Result<std::unique_ptr<sqlite::Connection>> opened = sqlite::Connection::in_memory();
    if (!opened) {
        return opened.error();
    }
    std::unique_ptr<sqlite::Connection> database = std::move(opened.value());
    if (!database->run(kTables) || !database->run("BEGIN")) {
        return Error{"a report's tables cannot be made: " + database->error(), 0};
    }
    return std::unique_ptr<Tables>(new Tables(std::move(database)));
}

Result<std::string> Tables::finish() {
    std::string bytes = good_ && database_->run("COMMIT") ? database_->bytes() : std::string();
    return bytes.empty() ? Result<std::string>(Error{"the report cannot be written: " + database_->error(), 0})
                         : Result<std::string>(std::move(bytes));
}

}  // namespace ttmem::visualizer
