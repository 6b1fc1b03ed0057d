// SPDX-FileCopyrightText: © 2026 The ttmem authors
// SPDX-License-Identifier: Apache-2.0
//
// A ledger directory of the test's own, and reading what a child left in it.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <variant>

#include "ledger/read/reader.hpp"

namespace ttmem::test {

// Sets TT_ALLOC_LEDGER_DIR for the life of the object and removes the directory with it.
class LedgerHome {
public:
    LedgerHome() {
        char name[] = "/dev/shm/ttmem-test-XXXXXX";
        base_ = mkdtemp(name);
        setenv("TT_ALLOC_LEDGER_DIR", base_.c_str(), 1);
    }
    ~LedgerHome() {
        unsetenv("TT_ALLOC_LEDGER_DIR");
        std::filesystem::remove_all(base_);
    }
    LedgerHome(const LedgerHome&) = delete;
    LedgerHome& operator=(const LedgerHome&) = delete;

    const std::string& base() const { return base_; }

    // The only ledger in it, empty when there is none.
    std::string ledger() const {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(base_)) {
            if (entry.path().extension() == ".ledger") {
                return entry.path();
            }
        }
        return {};
    }
    void clear() const {
        for (const auto& entry : std::filesystem::directory_iterator(base_)) {
            std::filesystem::remove_all(entry.path());
        }
    }

private:
    std::string base_;
};

inline std::variant<ledger::Snapshot, ledger::ReadError> read_ledger(const std::string& path, bool halted) {
    UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
    ledger::Reader reader = ledger::Reader::from_fd(std::move(fd));
    ledger::ReadOptions options;
    options.buffers = true;
    options.writer_halted = halted;
    return reader.read(options);
}

// Memory that a forked child shares with its parent. T is made of atomics or plain words.
template <typename T>
class Shared {
public:
    Shared() {
        memory_ = mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        value_ = new (memory_) T{};
    }
    ~Shared() { munmap(memory_, sizeof(T)); }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;
    T* operator->() { return value_; }
    T& operator*() { return *value_; }

private:
    void* memory_;
    T* value_;
};

}  // namespace ttmem::test
