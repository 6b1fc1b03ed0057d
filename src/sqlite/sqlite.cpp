// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "sqlite/sqlite.hpp"

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <utility>

#include "base/clean_text.hpp"

namespace ttmem::sqlite {
namespace {

// How long one waits for another connection's write. The server's recorder is the only writer; what it waits for is a
// reader that happens to restore the file after a crash.
constexpr int kPatienceMs = 2000;
// Bytes of the disk: four times as many as a log grows to.
constexpr uint64_t kShortOfRoom = uint64_t{16} << 20;

std::string uri_of(const std::string& path, const char* options) {
    std::string uri = "file:";
    for (const char c : path) {
        if (c == '?' || c == '#' || c == '%') {
            char escaped[4];
            sqlite3_snprintf(sizeof escaped, escaped, "%%%02X", static_cast<unsigned char>(c));
            uri += escaped;
        } else {
            uri += c;
        }
    }
    return uri + options;
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, Use use) {
    sqlite3* database = nullptr;
    const int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX |
                      (use == Use::kRead ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    int code = sqlite3_open_v2(uri_of(path, "").c_str(), &database, flags, nullptr);
    std::unique_ptr<Connection> connection(new Connection(database));
    const auto readable = [&] {
        return sqlite3_exec(database, "SELECT 1 FROM sqlite_schema", nullptr, nullptr, nullptr);
    };
    if (code == SQLITE_OK) {
        sqlite3_busy_timeout(database, kPatienceMs);
        code = use == Use::kRead ? readable() : SQLITE_OK;
    }
    struct stat status {};
    if (use == Use::kRead && code == SQLITE_CANTOPEN && stat((path + "-wal").c_str(), &status) != 0) {
        // No process writes, and we may not make the shared memory file that readers of a journal need: there is no journal
        // either, so the file is all there is.
        connection.reset();
        code = sqlite3_open_v2(uri_of(path, "?immutable=1").c_str(), &database, flags, nullptr);
        connection.reset(new Connection(database));
        code = code == SQLITE_OK ? readable() : code;
    }
    if (code != SQLITE_OK) {
        return Error{path + ": " + connection->error(), code};
    }
    return connection;
}

Result<std::unique_ptr<Connection>> Connection::open_unchanging(const std::string& path) {
    sqlite3* database = nullptr;
    const int code = sqlite3_open_v2(uri_of(path, "?immutable=1").c_str(), &database,
                                     SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READONLY, nullptr);
    std::unique_ptr<Connection> connection(new Connection(database));
    if (code != SQLITE_OK) {
        return Error{path + ": " + connection->error(), code};
    }
    return connection;
}

Result<std::unique_ptr<Connection>> Connection::in_memory() {
    sqlite3* database = nullptr;
    // memdb keeps the file as one block, which bytes() then copies once.
    const int code =
        sqlite3_open_v2("file:ttmem?vfs=memdb", &database,
                        SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    std::unique_ptr<Connection> connection(new Connection(database));
    if (code != SQLITE_OK || !connection->run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")) {
        return Error{"a database in memory: " + connection->error(), code};
    }
    return connection;
}

std::string Connection::bytes() const {
    sqlite3_int64 count = 0;
    const unsigned char* block = sqlite3_serialize(database_, "main", &count, SQLITE_SERIALIZE_NOCOPY);
    return block == nullptr ? "" : std::string(reinterpret_cast<const char*>(block), static_cast<size_t>(count));
}

Connection::~Connection() {
    sqlite3_close_v2(database_);
}

void fold_log_where_room_is_short(Connection& connection, const std::string& path) {
    struct statvfs space {};
    if (statvfs(path.c_str(), &space) == 0 && static_cast<uint64_t>(space.f_bavail) * space.f_frsize < kShortOfRoom) {
        connection.run("PRAGMA wal_checkpoint(TRUNCATE)");
    }
}

bool Connection::run(const char* statements) {
    return sqlite3_exec(database_, statements, nullptr, nullptr, nullptr) == SQLITE_OK;
}

std::optional<int64_t> Connection::number(const std::string& query) {
    Statement statement(*this, query);
    return statement.step() && !statement.is_null(0) ? std::optional(statement.number(0)) : std::nullopt;
}

std::optional<std::string> Connection::text(const std::string& query) {
    Statement statement(*this, query);
    return statement.step() ? std::optional(statement.text(0)) : std::nullopt;
}

int Connection::code() const {
    return sqlite3_errcode(database_);
}

std::string Connection::error() const {
    return database_ == nullptr ? "out of memory" : sqlite3_errmsg(database_);
}

bool is_damage(int code) {
    return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

Statement::Statement(Connection& connection, std::string_view text) {
    failed_ = sqlite3_prepare_v2(connection.get(), text.data(), static_cast<int>(text.size()), &statement_, nullptr) !=
              SQLITE_OK;
}

Statement::~Statement() {
    sqlite3_finalize(statement_);
}

Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)), failed_(std::exchange(other.failed_, true)) {}

Statement& Statement::operator=(Statement&& other) noexcept {
    std::swap(statement_, other.statement_);
    std::swap(failed_, other.failed_);
    return *this;
}

void Statement::bind_one(int index, int64_t value) {
    failed_ = sqlite3_bind_int64(statement_, index + 1, value) != SQLITE_OK || failed_;
}

void Statement::bind_one(int index, double value) {
    failed_ = sqlite3_bind_double(statement_, index + 1, value) != SQLITE_OK || failed_;
}

void Statement::bind_one(int index, const std::string& value) {
    failed_ = sqlite3_bind_text(statement_, index + 1, value.data(), static_cast<int>(value.size()),
                                SQLITE_TRANSIENT) != SQLITE_OK ||
              failed_;
}

void Statement::bind_null(int index) {
    failed_ = sqlite3_bind_null(statement_, index + 1) != SQLITE_OK || failed_;
}

bool Statement::step() {
    if (failed_) {
        return false;
    }
    const int code = sqlite3_step(statement_);
    failed_ = code != SQLITE_ROW && code != SQLITE_DONE;
    return code == SQLITE_ROW;
}

bool Statement::done() {
    while (step()) {
    }
    const bool good = !failed_;
    reset();
    return good;
}

void Statement::reset() {
    if (statement_ != nullptr) {
        sqlite3_reset(statement_);
        failed_ = false;
    }
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

bool Statement::is_integer(int column) const {
    return sqlite3_column_type(statement_, column) == SQLITE_INTEGER;
}

int64_t Statement::number(int column) const {
    return sqlite3_column_int64(statement_, column);
}

std::optional<uint64_t> Statement::maybe(int column) const {
    return is_null(column) ? std::nullopt : std::optional(static_cast<uint64_t>(number(column)));
}

std::optional<double> Statement::maybe_real(int column) const {
    return is_null(column) ? std::nullopt : std::optional(sqlite3_column_double(statement_, column));
}

std::string Statement::text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return bytes == nullptr ? "" : clean_text({bytes, static_cast<size_t>(sqlite3_column_bytes(statement_, column))});
}

}  // namespace ttmem::sqlite
