// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A database that comes from anywhere. It is opened read-only as a file that does not change; of its schema, tables and
// their indexes are let pass alone: views, triggers, virtual tables, computed columns, functions and extensions are
// refused, each by a sentence. Work and memory are bounded by the file's size.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "base/result.hpp"
#include "sqlite/sqlite.hpp"

namespace ttmem::sqlite {

inline constexpr uint64_t kMostUntrustedBytes = uint64_t{4} << 30;

// Whether the path is a file that begins as a database of SQLite does.
bool is_database(const std::string& path);

class Untrusted {
public:
    // Error: for a person, with the path.
    static Result<std::unique_ptr<Untrusted>> open(const std::string& path);

    // The tables that it has.
    const std::set<std::string>& tables() const { return tables_; }
    // Statements may select columns of tables, and nothing else.
    Connection& connection() { return *connection_; }
    // Why a statement failed, with the path.
    Error error() const;

private:
    Untrusted() = default;
    Result<bool> check_schema();
    Result<bool> check_columns();
    static int count_work(void* self);

    std::string path_;
    std::unique_ptr<Connection> connection_;
    std::set<std::string> tables_;
    uint64_t work_left_ = 0;  // calls of count_work()
    bool is_too_much_ = false;
};

}  // namespace ttmem::sqlite
