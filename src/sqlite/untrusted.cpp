// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
#include "sqlite/untrusted.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <optional>

#include "base/clean_text.hpp"
#include "base/unique_fd.hpp"

namespace ttmem::sqlite {

namespace {

constexpr char kMagic[] = "SQLite format 3";  // with its NUL, 16 bytes
constexpr size_t kHeaderBytes = 100;
constexpr int kMostObjects = 1000;
constexpr int kOperationsAtOnce = 10'000;  // of SQLite's machine, between two calls of count_work()

// A row takes some ten operations, and six bytes of a file at least; the file is gone through a few times. A damaged
// tree whose pages point at one page again and again has rows without end.
constexpr uint64_t kOperationsPerByte = 40;

uint64_t big_endian(const unsigned char* at, int count) {
    uint64_t value = 0;
    for (int i = 0; i < count; ++i) {
        value = value << 8 | at[i];
    }
    return value;
}

UniqueFd open_file(const std::string& path) {
    return UniqueFd(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
}

bool has_magic(int fd, unsigned char (&header)[kHeaderBytes]) {
    return pread(fd, header, kHeaderBytes, 0) == static_cast<ssize_t>(kHeaderBytes) &&
           std::memcmp(header, kMagic, sizeof kMagic) == 0;
}

// The size of a file that may be one; what is wrong with it otherwise.
Result<uint64_t> check_file(const std::string& path) {
    const UniqueFd fd = open_file(path);
    struct stat status {};
    if (!fd.valid() || fstat(fd.get(), &status) != 0) {
        return Error{path + ": " + std::strerror(errno), errno};
    }
    if (!S_ISREG(status.st_mode)) {
        return Error{path + ": is no regular file", 0};
    }
    const auto bytes = static_cast<uint64_t>(status.st_size);
    unsigned char header[kHeaderBytes] = {};
    if (!has_magic(fd.get(), header)) {
        return Error{path + ": is no database of SQLite", 0};
    }
    if (bytes > kMostUntrustedBytes) {
        return Error{path + ": has more than " + std::to_string(kMostUntrustedBytes >> 30) + " GiB", 0};
    }
    const uint64_t page = big_endian(header + 16, 2) == 1 ? 65536 : big_endian(header + 16, 2);
    const uint64_t pages = big_endian(header + 28, 4);
    const bool size_is_current = big_endian(header + 24, 4) == big_endian(header + 92, 4);
    if (page < 512 || (page & (page - 1)) != 0 || (size_is_current && pages * page > bytes)) {
        return Error{path + ": is cut off, or damaged: its header says " + std::to_string(pages) + " pages of " +
                         std::to_string(page) + " bytes, and the file has " + std::to_string(bytes) + " bytes",
                     0};
    }
    for (const char* const beside : {"-wal", "-journal"}) {
        struct stat other {};
        if (stat((path + beside).c_str(), &other) == 0 && other.st_size > 0) {
            return Error{path + ": is not finished, since " + path + beside + " lies beside it", 0};
        }
    }
    return bytes;
}

// Selecting columns of tables, and nothing that a view or a trigger asks for.
int authorize(void*, int action, const char* name, const char*, const char*, const char* inner) {
    const bool is_list = action == SQLITE_PRAGMA && name != nullptr && std::strcmp(name, "table_xinfo") == 0;
    const bool may = inner == nullptr && (action == SQLITE_SELECT || action == SQLITE_READ || is_list);
    return may ? SQLITE_OK : SQLITE_DENY;
}

bool restrict(sqlite3* database) {
    for (const auto& [option, value] : {std::pair{SQLITE_DBCONFIG_DEFENSIVE, 1},
                                        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                                        {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
                                        {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
                                        {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
                                        {SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0},
                                        {SQLITE_DBCONFIG_DQS_DML, 0},
                                        {SQLITE_DBCONFIG_DQS_DDL, 0}}) {
        if (sqlite3_db_config(database, option, value, nullptr) != SQLITE_OK) {
            return false;
        }
    }
    for (const auto& [limit, value] : {std::pair{SQLITE_LIMIT_LENGTH, 64 << 20},
                                       {SQLITE_LIMIT_SQL_LENGTH, 1 << 16},
                                       {SQLITE_LIMIT_COLUMN, 100},
                                       {SQLITE_LIMIT_EXPR_DEPTH, 20},
                                       {SQLITE_LIMIT_COMPOUND_SELECT, 10},
                                       {SQLITE_LIMIT_VDBE_OP, 10'000},
                                       {SQLITE_LIMIT_FUNCTION_ARG, 4},
                                       {SQLITE_LIMIT_ATTACHED, 0},
                                       {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
                                       {SQLITE_LIMIT_WORKER_THREADS, 0}}) {
        sqlite3_limit(database, limit, value);
    }
    return sqlite3_exec(database, "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0; PRAGMA temp_store = MEMORY",
                        nullptr, nullptr, nullptr) == SQLITE_OK &&
           sqlite3_set_authorizer(database, authorize, nullptr) == SQLITE_OK;
}

}  // namespace

bool is_database(const std::string& path) {
    const UniqueFd fd = open_file(path);
    unsigned char header[kHeaderBytes] = {};
    return fd.valid() && has_magic(fd.get(), header);
}

int Untrusted::count_work(void* self) {
    auto* const untrusted = static_cast<Untrusted*>(self);
    if (untrusted->work_left_ == 0) {
        untrusted->is_too_much_ = true;
        return 1;
    }
    --untrusted->work_left_;
    return 0;
}

Error Untrusted::error() const {
    return {path_ + ": " +
                (is_too_much_ ? "reading it takes far longer than a file of its size should: it is damaged, or made to"
                              : clean_text(connection_->error())),
            0};
}

Result<bool> Untrusted::check_schema() {
    Statement objects(*connection_, "SELECT type, name, sql, rootpage FROM sqlite_schema");
    int seen = 0;
    while (objects.step()) {
        const std::string type = objects.text(0), name = objects.text(1);
        std::string made = objects.text(2).substr(0, 40);
        std::transform(made.begin(), made.end(), made.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        const bool is_virtual = made.find("virtual") != std::string::npos || objects.number(3) <= 0;
        if ((type != "table" && type != "index") || is_virtual) {
            return Error{path_ + ": has a " + (is_virtual && type == "table" ? "virtual table" : type.substr(0, 40)) +
                             " '" + name.substr(0, 80) + "', which no report has: it is not read",
                         0};
        }
        if (++seen > kMostObjects) {
            return Error{path_ + ": has more than " + std::to_string(kMostObjects) + " tables and indexes", 0};
        }
        if (type == "table") {
            tables_.insert(name);
        }
    }
    return objects.good() ? check_columns() : Result<bool>(error());
}

// A computed column calls functions as it is read, which the authorizer is not asked for.
Result<bool> Untrusted::check_columns() {
    for (const std::string& table : tables_) {
        std::string quoted;
        for (const char c : table) {
            quoted += c == '\'' ? "''" : std::string(1, c);
        }
        Statement columns(*connection_, "PRAGMA table_xinfo('" + quoted + "')");
        while (columns.step()) {
            if (columns.number(6) != 0) {
                return Error{path_ + ": has a computed column '" + columns.text(1).substr(0, 80) +
                                 "', which no report has: it is not read",
                             0};
            }
        }
        if (!columns.good()) {
            return error();
        }
    }
    return true;
}

Result<std::unique_ptr<Untrusted>> Untrusted::open(const std::string& path) {
    const Result<uint64_t> bytes = check_file(path);
    if (!bytes) {
        return bytes.error();
    }
    Result<std::unique_ptr<Connection>> opened = Connection::open_unchanging(path);
    if (!opened) {
        return opened.error();
    }
    std::unique_ptr<Untrusted> untrusted(new Untrusted);
    untrusted->path_ = path;
    untrusted->connection_ = std::move(opened.value());
    untrusted->work_left_ = 100 + bytes.value() * kOperationsPerByte / kOperationsAtOnce;
    sqlite3* const database = untrusted->connection_->get();
    if (!restrict(database)) {
        return untrusted->error();
    }
    sqlite3_progress_handler(database, kOperationsAtOnce, count_work, untrusted.get());
    const Result<bool> sound = untrusted->check_schema();
    return sound ? Result<std::unique_ptr<Untrusted>>(std::move(untrusted))
                 : Result<std::unique_ptr<Untrusted>>(sound.error());
}

}  // namespace ttmem::sqlite
