// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// The tables of a report that is being written, and the rows that go into them. Not thread safe.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "sqlite/sqlite.hpp"

namespace ttmem::visualizer {

class Tables {
public:
    static Result<std::unique_ptr<Tables>> create();

    sqlite::Statement metadata, device, operation, argument, stack, graph, error;
    sqlite::Statement tensor, device_tensor, input, output, consumer, producer, buffer;

    // Adds a row: one value for each column of the statement.
    template <typename... Values>
    void add(sqlite::Statement& to, const Values&... values) {
        good_ = to.bind(values...).done() && good_;
    }

    // The whole file. Error: a row could not be added, or there is no memory.
    Result<std::string> finish();

private:
    explicit Tables(std::unique_ptr<sqlite::Connection> database);

    std::unique_ptr<sqlite::Connection> database_;
    bool good_ = true;
};

}  // namespace ttmem::visualizer
