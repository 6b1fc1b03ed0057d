// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// RAII owners for SQLite: a connection and a prepared statement. Neither is thread safe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace ttmem::sqlite {

class Connection {
public:
    enum class Use { kRead, kWrite };

    static Result<std::unique_ptr<Connection>> open(const std::string& path, Use use);
    // Read-only, as a file that no process changes: no lock is taken, and a journal beside it is not looked at. Nothing of
    // the file has been read yet.
    static Result<std::unique_ptr<Connection>> open_unchanging(const std::string& path);
    // An empty database in memory, of which bytes() gives the file.
    static Result<std::unique_ptr<Connection>> in_memory();
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // Statements that give no rows. False: error() and code() say why.
    bool run(const char* statements);
    // The first column of the first row.
    std::optional<int64_t> number(const std::string& query);
    std::optional<std::string> text(const std::string& query);

    int code() const;  // SQLite's, of the latest call
    std::string error() const;
    // Of an in_memory() database: the file that it would be. Empty: there was no memory for it.
    std::string bytes() const;
    sqlite3* get() const { return database_; }

private:
    explicit Connection(sqlite3* database) : database_(database) {}
    sqlite3* database_;
};

// Whether an answer of SQLite means that the file's content is no longer one.
bool is_damage(int code);

// Folds the write-ahead log into the file where the disk has little room left. A log that fills the disk could not be
// folded any more, since the file grows by it; folded, it gives its own room back.
void fold_log_where_room_is_short(Connection& connection, const std::string& path);

// Parameters and columns count from 0. A failed prepare makes every later call fail too.
class Statement {
public:
    Statement() = default;
    Statement(Connection& connection, std::string_view text);
    ~Statement();
    Statement(Statement&& other) noexcept;
    Statement& operator=(Statement&& other) noexcept;

    // Binds the parameters from the first on; std::nullopt is NULL.
    template <typename... Values>
    Statement& bind(const Values&... values) {
        reset();
        int index = 0;
        (bind_one(index++, values), ...);
        return *this;
    }
    void bind_one(int index, int64_t value);
    void bind_one(int index, double value);
    void bind_one(int index, uint64_t value) { bind_one(index, static_cast<int64_t>(value)); }
    void bind_one(int index, int value) { bind_one(index, int64_t{value}); }
    void bind_one(int index, uint32_t value) { bind_one(index, int64_t{value}); }
    void bind_one(int index, bool value) { bind_one(index, int64_t{value}); }
    void bind_one(int index, const std::string& value);
    void bind_one(int index, const char* value) { bind_one(index, std::string(value)); }
    template <typename T>
    void bind_one(int index, const std::optional<T>& value) {
        if (value) {
            bind_one(index, *value);
        } else {
            bind_null(index);
        }
    }
    void bind_one(int index, std::nullopt_t) { bind_null(index); }
    void bind_null(int index);

    bool step();  // true: a row is there
    bool done();  // runs to the end; false: an error
    void reset();
    bool good() const { return !failed_; }  // no call since the latest bind has failed

    bool is_null(int column) const;
    bool is_integer(int column) const;
    int64_t number(int column) const;
    std::optional<uint64_t> maybe(int column) const;
    std::optional<double> maybe_real(int column) const;
    std::string text(int column) const;

private:
    sqlite3_stmt* statement_ = nullptr;
    bool failed_ = false;
};

}  // namespace ttmem::sqlite
